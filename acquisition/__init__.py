"""Kinds of camera: a file each, and one line in this table."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from oreline.errors import ConfigError, nearest

SOURCES = {
    "genicam": "acquisition.genicam:GenicamSource",
}


def find(name: str) -> Any:
    """The class of a source; its module, and what that needs, is imported only now. Raises ConfigError."""
    if name not in SOURCES:
        raise ConfigError(
            f"there is no camera source {name!r}: use one of {', '.join(SOURCES)}.{nearest(name, SOURCES)}"
        )
    module, _, attribute = SOURCES[name].partition(":")
    return getattr(import_module(module), attribute)
