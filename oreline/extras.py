"""What a command needs that not every installation has."""

from __future__ import annotations

import sys
from pathlib import Path

from oreline.errors import ConfigError

ROOT = Path(__file__).parents[1]


def lacking(what: str, error: ModuleNotFoundError, extra: str) -> ConfigError:
    """The refusal of what needs an extra of Oreline's own, from where Oreline came: an index may have somebody else's
    package of that name."""
    checkout = (ROOT / "pyproject.toml").exists()
    source = f"-e '{ROOT}[{extra}]'" if checkout else f"'WHEEL[{extra}]', where WHEEL is the file that Oreline came in"
    return ConfigError(f"{what} needs {error.name}: {sys.executable} -m pip install {source}")
