"""A stack's program under `set_mocks`, as the unit tests run it: `python -m bench.under_mocks <stack>`."""

import sys

from tests.recording import record_program

if __name__ == "__main__":
    record_program(sys.argv[1])
