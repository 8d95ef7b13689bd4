"""Kinds of camera: a file each, and one line in this table."""

from __future__ import annotations

from acquisition.source import Source
from oreline.registry import Registry

SOURCES = Registry(
    "oreline.sources",
    "camera source",
    {
        "genicam": "acquisition.genicam:GenicamSource",
    },
    Source,
)
