"""Settings of the core log of a line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from oreline.config import Section
from sinks.core.qc.limits import QcLimits


class CoreSettings(Section):
    """The core log: boxes as they pass, a verdict and tables of each, and files of the hole when the run ends. It needs
    a sink of kind log on this host, from whose journal all of it is made."""

    session: Path
    """Session of the hole: the technician's file. Where it changes, it is taken anew."""
    boxes: Literal["trays", "orders"] = "trays"
    """What begins a box: each tray that passes is the next one of the session, or `oreline core box` says so."""
    least_share: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Share of the samples that see more than the dark table, from which on a line sees a tray."""
    table_mm: Annotated[float, Field(ge=15)] = 20.0
    """Stretch of table that ends a tray."""
    qc: QcLimits = QcLimits()
    """When a box is looked at, or scanned again: a table of its own."""
