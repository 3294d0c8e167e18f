"""The campaign's helpers lie beside the tests of the command line and of embedding."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent / name) for name in ("cli", "embedding")]
