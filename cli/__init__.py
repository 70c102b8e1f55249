"""`ev`: the command line. One module a command, each with `add(commands)`."""
