"""Kinds of camera: a file each, and one line in this table."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from oreline.errors import ConfigError, nearest

SOURCES = {
    "genicam": "acquisition.genicam:GenicamSource",
}


def source_named(name: str) -> str:
    """Module and class of a source. Raises ConfigError."""
    if name not in SOURCES:
        raise ConfigError(
            f"there is no camera source {name!r}: use one of {', '.join(SOURCES)}.{nearest(name, SOURCES)}"
        )
    return SOURCES[name]


def find(name: str) -> Any:
    """The class of a source; its module, and what that needs, is imported only now. Raises ConfigError."""
    module, _, attribute = source_named(name).partition(":")
    return getattr(import_module(module), attribute)
