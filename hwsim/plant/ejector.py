"""The bar of nozzles: from rows of valves to jets of air.

A row opens its valves for the counts of one line; rows of a valve that follow each other, to half a line, are one
pulse. The jet lags behind: it reaches the stones `open_ms` after the command and leaves them `close_ms` after its end.
It comes and goes over `ramp_ms`: its pressure is the delayed command smoothed by a moving mean of that length, so a
shorter pulse never comes to full pressure. A valve that is told to open again before its jet is gone stays open.

The defaults are of a belt at 3 m/s: a lag of 5 ms from command to stone is 15 mm there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hwsim.plant.belt import Floats, Motion
from hwsim.plant.program import ValveFault
from oreline.config import Section

Positive = Annotated[float, Field(gt=0)]
Milliseconds = Annotated[float, Field(ge=0, le=1000)]
FOREVER_S = 1e6


class Ejector(Section):
    """Nozzles that stand evenly across the belt, where stones fly past after the belt's end."""

    distance_counts: int | None = None
    """Encoder counts from the camera's line to the nozzles. None: the line was commissioned well, so that at the belt's
    mean speed the middle of a row's jet meets the middle of its line."""
    open_ms: Milliseconds = 5.0
    """Time from the command to half of the jet's pressure at the stones."""
    close_ms: Milliseconds = 5.0
    """Time from the end of the command to half of that pressure again."""
    ramp_ms: Milliseconds = 2.0
    """Time from no pressure to all of it."""
    jet_mm: Positive | None = None
    """Width of a jet across the belt. None: the nozzles' pitch."""
    flight_mm: Annotated[float, Field(ge=0)] = 100.0
    """Way from the end of the belt to the nozzles."""
    speed_spread: Annotated[float, Field(ge=0, le=0.2)] = 0.01
    """Standard deviation of the speed at which stones leave the belt, relative: some roll or slip."""
    lift_kg_m2: Positive = 200.0
    """Mass per area of the heaviest stone that a jet deflects when it covers all of it. In terms of the air, pressure
    on the stone times the time in the jet over the speed across that clears the splitter."""
    graze: Annotated[float, Field(ge=0, lt=1)] = 0.5
    """Share of what a stone needs at which it begins to be deflected at times."""
    seed: Annotated[int, Field(ge=0, lt=1 << 63)] = 1
    """Seed of the speeds and of the chance with which a stone is deflected."""

    def bar(self, aim_counts: int, counts_per_line: float, counts_per_s: float) -> float:
        """Encoder counts from the camera's line to the nozzles; `aim_counts` is where the sorter takes them to be."""
        if self.distance_counts is not None:
            return float(self.distance_counts)
        return aim_counts + counts_per_line / 2 + counts_per_s * (self.open_ms + self.close_ms) / 2e3


@dataclass(frozen=True, slots=True, eq=False)
class Jets:
    """The pulses of one valve, in order: half of the pressure is reached at `on` and left at `off`, s, float64 (n,)."""

    on: Floats
    off: Floats
    ramp_s: float

    def pressure(self, time_s: Floats) -> Floats:
        """0..1 of the full pressure at each time."""
        if not len(self.on):
            return np.zeros_like(time_s)
        half, peak = self.ramp_s / 2, np.ones(len(self.on))
        if self.ramp_s:
            peak = np.minimum(1.0, (self.off - self.on) / self.ramp_s)
        inner = np.sort([self.on + half, self.off - half], axis=0)
        knots = np.stack([self.on - half, *inner, self.off + half], axis=1).ravel()
        level = np.stack([np.zeros_like(peak), peak, peak, np.zeros_like(peak)], axis=1).ravel()
        return np.asarray(np.interp(time_s, knots, level))

    def pulses_at(self, time_s: Floats) -> NDArray[np.int64]:
        """The pulses, by index, that blow at any of these times."""
        index = np.searchsorted(self.on - self.ramp_s / 2, time_s, side="right") - 1
        index, time_s = index[index >= 0], time_s[index >= 0]
        return np.unique(index[time_s < self.off[index] + self.ramp_s / 2])


def jets_of(
    rows: NDArray[Any], valves: int, motion: Motion, ejector: Ejector, faults: Iterable[ValveFault] = ()
) -> list[Jets]:
    """The jets of each of `valves` valves that rows (of dtype ROW) make, by those of its faults."""
    return [
        _jets(rows[_opens(rows, valve)], motion, ejector, [fault for fault in faults if fault.valve == valve])
        for valve in range(valves)
    ]


def _opens(rows: NDArray[Any], valve: int) -> NDArray[np.bool_]:
    return np.asarray(rows["valves"][:, valve // 16] >> valve % 16 & 1, np.bool_)


def _jets(rows: NDArray[Any], motion: Motion, ejector: Ejector, faults: list[ValveFault]) -> Jets:
    rows = np.sort(rows, order="encoder")
    opens, closes = _united(rows["encoder"], rows["encoder"] + rows["counts"], rows["counts"][1:] / 2)
    on = motion.time_at(opens) + ejector.open_ms / 1e3
    off = motion.time_at(closes) + ejector.close_ms / 1e3
    for fault in faults:
        begins = -FOREVER_S if fault.from_count is None else float(motion.time_at(fault.from_count))
        on, off = _broken(fault, begins, on, off)
    ramp_s = ejector.ramp_ms / 1e3
    return Jets(*_united(on, off, ramp_s), ramp_s)


def _united(start: NDArray[Any], stop: NDArray[Any], gap: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Spans that leave at most `gap` between them are one."""
    stop = np.maximum.accumulate(stop)
    apart = start[1:] - stop[:-1] > gap
    return start[np.r_[True, apart][: len(start)]], stop[np.r_[apart, True][: len(stop)]]


def _broken(fault: ValveFault, begins: float, on: Floats, off: Floats) -> tuple[Floats, Floats]:
    """Pulses as a fault leaves them from `begins` on."""
    after = on >= begins
    if fault.kind == "slow":
        late = after * fault.lag_ms / 1e3
        return on + late, off + late
    on, off = on[~after], np.minimum(off[~after], begins)
    if fault.kind == "stuck_open":
        return np.r_[on, begins], np.r_[off, FOREVER_S]
    return on, off
