"""Settings of the shifts."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, model_validator

from oreline.config import Section

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,16}$")]


class ShiftsSettings(Section):
    """Shifts of the plant, and what its rock is taken for."""

    zone: str = "UTC"
    """Zone of the plant, by its IANA name, such as "America/Santiago": shifts begin by its clocks."""
    starts: Annotated[dict[Name, time], Field(min_length=1, max_length=24)] = {"day": time(7), "night": time(19)}
    """When each shift begins, by its name; it lasts until the next one does."""
    ore: tuple[str, ...] = ()
    """Classes or groups that grade and recovery are of. Empty: the ore of the sorter's recipe in this file."""
    tonnes_per_m2: Annotated[float, Field(gt=0)] | None = None
    """Tonnes that a square metre of rock, as the camera sees it, stands for: to be found against a belt scale. None:
    areas are told, and no tonnes."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"zone: {self.zone!r} is no zone of this host; say it like America/Santiago") from None
        if any(start.second or start.microsecond or start.tzinfo for start in self.starts.values()):
            raise ValueError("starts: a shift begins at a full minute by the plant's clocks, such as 07:00")
        if len(set(self.starts.values())) < len(self.starts):
            raise ValueError("starts: two shifts begin at the same time")
        return self
