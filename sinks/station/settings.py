"""Settings of the operator's station."""

from __future__ import annotations

from oreline.config import Section


class StationSettings(Section):
    """The operator's station: each of its faces has a table of its own."""
