"""Rules that databases of drill holes hold: intervals in order and apart, and nothing below the hole's end."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from oreline.errors import ConfigError
from sinks.core.export.names import hole_id
from sinks.core.session import Session, Survey
from sinks.core.table import FROM, HOLE, TO, N

DECIMALS = 6
"""Of depths in m, as files have them."""


@dataclass(frozen=True, slots=True, eq=False)
class Hole:
    """A hole and its intervals as databases take them. `id`: its name there. `max_depth_m`: of its end; no interval
    goes below it. `survey`: begins at the collar, in order of depth. `table`: intervals, depths to 6 decimals.
    `notes`: what was assumed or changed, each a sentence."""

    id: str
    x: float
    y: float
    z: float
    crs: str
    max_depth_m: float
    survey: tuple[Survey, ...]
    table: pa.Table
    notes: tuple[str, ...]

    @property
    def from_m(self) -> NDArray[np.float64]:
        """Beginnings of the intervals in m, float64 (n,)."""
        return np.asarray(self.table[FROM], np.float64)

    @property
    def to_m(self) -> NDArray[np.float64]:
        """Ends of the intervals in m, float64 (n,)."""
        return np.asarray(self.table[TO], np.float64)


def ruled(session: Session, table: pa.Table) -> Hole:
    """The hole of a session with its intervals. Raises ConfigError where they break a rule that nothing mends."""
    notes: list[str] = []
    names = set(table[HOLE].to_pylist())
    if not names:
        raise ConfigError(f"no interval of hole {session.hole.id}: nothing of it was scanned, so there is no table")
    if names != {session.hole.id}:
        told = ", ".join(sorted(str(name) for name in names))
        raise ConfigError(f"the session is of hole {session.hole.id}, and the intervals are of {told}")
    hole = session.hole
    known = [*(box.to_m for box in session.boxes), *(one.depth_m for one in hole.survey)]
    end = round(hole.max_depth_m or max(known, default=float(_depths(table, TO)[-1])), DECIMALS)
    if (name := hole_id(hole.id)) != hole.id:
        notes.append(f"the hole {hole.id!r} is {name!r} in these files, since not every program takes its name")
    if not np.isfinite([hole.x, hole.y, hole.z]).all():
        raise ConfigError(f"the collar of {hole.id} has no place: give hole.x, hole.y and hole.z as numbers")
    if hole.x == hole.y == hole.z == 0:
        notes.append("the collar stands at 0, 0, 0, since the session says no coordinates")
    return Hole(
        name, hole.x, hole.y, hole.z, hole.crs, end, _surveyed(session, end, notes), _fitted(table, end, notes),
        tuple(notes),
    )  # fmt: skip


def _depths(table: pa.Table, column: str) -> NDArray[np.float64]:
    depths: NDArray[np.float64] = np.asarray(table[column].to_numpy(), np.float64).round(DECIMALS)
    if not np.isfinite(depths).all():
        raise ConfigError(f"an interval has no {column}: it cannot be exported")
    return depths


def _fitted(table: pa.Table, end: float, notes: list[str]) -> pa.Table:
    """Intervals in order, apart, and above the hole's end: the last one is cut there."""
    first, last = _depths(table, FROM), _depths(table, TO)
    _refuse(first >= last, first, last, "ends before it begins")
    _refuse(np.append(False, first[1:] < last[:-1]), first, last, "overlaps the one before it")
    _refuse(first < 0, first, last, "lies above the collar")
    below = first >= end
    empty = below & (np.nan_to_num(np.asarray(table[N].to_numpy(zero_copy_only=False), np.float64)) == 0)
    _refuse(below & ~empty, first, last, f"lies below the hole's end at {end:g} m: correct hole.max_depth_m")
    if (last > end).any():
        notes.append(f"intervals are cut at the hole's end, {end:g} m")
    places = {FROM: first, TO: np.minimum(last, end)}
    for column, depths in places.items():
        table = table.set_column(table.schema.get_field_index(column), column, pa.array(depths))
    return table.filter(pa.array(~empty))


def _refuse(broken: NDArray[np.bool_], first: NDArray[np.float64], last: NDArray[np.float64], words: str) -> None:
    if broken.any():
        at = int(np.argmax(broken))
        raise ConfigError(f"the interval {first[at]:g} to {last[at]:g} m {words}")


def _surveyed(session: Session, end: float, notes: list[str]) -> tuple[Survey, ...]:
    """Directions from the collar on: a program wants one at depth 0."""
    survey = session.hole.survey
    if not survey:
        notes.append("the hole has no survey, so it is taken to be vertical")
        return (Survey(depth_m=0, azimuth_deg=0, dip_deg=-90),)
    depths = [one.depth_m for one in survey]
    if any(later <= earlier for earlier, later in itertools.pairwise(depths)):
        raise ConfigError("the survey's depths must grow from one to the next: correct hole.survey")
    if depths[-1] > end:
        raise ConfigError(
            f"the survey goes to {depths[-1]:g} m, below the hole's end at {end:g} m: correct hole.max_depth_m"
        )
    if depths[0] > 0:
        notes.append(f"the survey begins at {depths[0]:g} m: its first direction is taken for the collar's too")
        return (survey[0].model_copy(update={"depth_m": 0.0}), *survey)
    return survey
