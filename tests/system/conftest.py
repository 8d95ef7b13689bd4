"""Makes the helpers beside the tests importable."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from tests_system import belt, cli, line

__all__ = ["belt", "cli", "line"]
