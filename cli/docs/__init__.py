"""Pages of docs/ that are written from the code: `python -m cli.docs`, which `make docs` runs."""
