"""`python -m cli` is `ev`."""

import sys

from cli.main import main

sys.exit(main())
