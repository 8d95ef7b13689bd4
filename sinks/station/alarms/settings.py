"""Settings of the alarms."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from oreline.config import Section


class AlarmSettings(Section):
    """[sinks.NAME.alarms]: limits of a line beyond which somebody is called."""

    camera_c: float | None = None
    """Warmest that the camera may be, in degrees Celsius; without it none is too warm."""
    free_gb: Annotated[float, Field(ge=0)] = 2.0
    """Least room for the output folder, in GB."""
    unknown_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Most of the rock of a minute that may be unknown."""
