"""Ore: which samples grade and recovery are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oreline.answers import group_of
from oreline.config import Config
from oreline.sink import SORTER
from sinks.station.shifts.settings import ShiftsSettings


def ore_of(config: Config, settings: ShiftsSettings) -> tuple[str, ...]:
    """What ore is: by the settings, or else by the recipe in a line's file; nothing where neither says."""
    sorter = next(iter(config.sinks(SORTER)), "")
    recipe = config.tables.get("sinks", {}).get(sorter, {}).get("recipe", {})
    told = recipe.get("ore", ()) if isinstance(recipe, dict) else ()
    return settings.ore or tuple(map(str, told))


def ore_in(samples: Mapping[str, int], ore: Sequence[str]) -> int:
    """How many samples are of it: of its classes, and of its groups."""
    return sum(n for name, n in samples.items() if name in ore or group_of(name) in ore)
