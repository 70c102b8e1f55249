"""Benchmarks: speed as ratios against references of the same run."""

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
FUNCTIONS: Final = ROOT / "functions"
PACK: Final = ROOT / "policy"

# Neither is a package of the project: Lambda unpacks the functions, and the pack stands alone.
sys.path[:0] = [str(FUNCTIONS), str(PACK)]
