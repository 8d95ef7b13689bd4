"""Extras: what a command needs that not every installation has."""

from __future__ import annotations

import sys
from pathlib import Path

from oreline.errors import ConfigError

ROOT = Path(__file__).parents[1]
EXTRAS = {
    "lasio": "core", "matplotlib": "report", "pytest": "test", "rasterio": "core", "sklearn": "train",
    "threadpoolctl": "train", "xarray": "reading",
    **dict.fromkeys(("aiomqtt", "argon2", "asyncua", "paho", "starlette", "uvicorn", "websockets"), "station"),
}  # fmt: skip
"""Packages that a line does not need, and the extra of pyproject.toml that has them."""


def lacking(error: ModuleNotFoundError) -> ConfigError | None:
    """The refusal of a command whose extra is not installed; None where the module that is missing is of none. It is
    installed from where Oreline came: an index may have somebody else's package of that name."""
    if (extra := EXTRAS.get((error.name or "").partition(".")[0])) is None:
        return None
    checkout = (ROOT / "pyproject.toml").exists()
    source = f"-e '{ROOT}[{extra}]'" if checkout else f"'WHEEL[{extra}]', where WHEEL is the file that Oreline came in"
    return ConfigError(f"this needs {error.name}, of the extra [{extra}]: {sys.executable} -m pip install {source}")
