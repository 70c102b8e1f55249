"""The rider API as a container: the function's own handler behind a WSGI server."""
