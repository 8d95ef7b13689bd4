"""Judging the jets: each stone goes to the concentrate or to the tails.

A stone leaves the belt at the belt's speed v, up to some that roll or slip, and flies freely past the nozzles:

    time at the nozzles = time of release + flight / v * (1 + slip)

Air does not slow it (30 mm at 3 m/s loses less than 0.1 % of its speed to drag over 0.1 m), and all fall alike. A jet
that reaches the share s of a stone gives it the momentum pressure * area * s * t, where t is the time that each place
takes to cross the jet. Over the mass, that is a speed across; the one that clears the splitter needs

    s = need = (mass / area) / lift

At `need` and above, a stone is always deflected; below `graze` * need never; between them, with a chance that rises
evenly, by a number that belongs to the stone. That goes for all stones alike, so neighbours that a jet touches are
deflected with the one it was meant for: co-deflection, which Udoudo (Modelling the efficiency of an automated
sensor-based sorter, University of Exeter, 2010) found to be the main loss of a sorter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.plant.belt import Floats, Motion
from hwsim.plant.ejector import Ejector, Jets, jets_of
from hwsim.plant.program import Route, ValveFault
from hwsim.plant.stones import TrueStone, masses

Mask = NDArray[np.bool_]
LINES_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """Stones on the belt: `ids`, integers (lines, samples), the stone under each pixel, 0 for none; `counts`, float
    (lines,), the encoder count of each line."""

    stones: Sequence[TrueStone]
    ids: NDArray[Any]
    counts: Floats
    motion: Motion
    pixel_mm: float
    mm_per_count: float

    def whole(self, lines: range) -> Feed:
        """Only the stones that lie wholly in these lines."""
        stones = [s for s in self.stones if lines.start <= s.first_line and s.last_line < lines.stop]
        return Feed(stones, self.ids, self.counts, self.motion, self.pixel_mm, self.mm_per_count)


@dataclass(frozen=True, slots=True)
class Bar:
    """The nozzles as they stand, `distance` encoder counts from the camera's line."""

    ejector: Ejector
    valves: int
    distance: float
    faults: Sequence[ValveFault] = ()


@dataclass(frozen=True, slots=True)
class Aim:
    """Stones that the recipe wants in the concentrate."""

    ore: frozenset[str]
    min_fraction: float
    min_pixels: int

    def wants(self, stone: TrueStone) -> bool:
        ore = sum(fraction for name, fraction in stone.species.items() if name in self.ore)
        return stone.pixels >= self.min_pixels and ore >= self.min_fraction


@dataclass(frozen=True, slots=True)
class Stream:
    """Some of the stones. `ore_kg`: the ore's minerals in them."""

    stones: int
    mass_kg: float
    ore_kg: float

    @property
    def grade(self) -> float | None:
        """Share of its mass that is ore; None where there is nothing."""
        return self.ore_kg / self.mass_kg if self.mass_kg else None


@dataclass(frozen=True, slots=True)
class Result:
    """Result of a run, as a plant manager reads it.

    `ejected`: stones that were wanted and got into the concentrate; `missed`: wanted, in the tails; `wrong`: not
    wanted, in the concentrate; `passed`: neither. `shots`: pulses of a valve; `air_shots`: those that met no stone.
    """

    feed: Stream
    concentrate: Stream
    tails: Stream
    ejected: int
    missed: int
    wrong: int
    passed: int
    misplaced_ore_kg: float
    misplaced_waste_kg: float
    shots: int
    air_shots: int

    @property
    def recovery(self) -> float | None:
        """Share of the feed's ore that is in the concentrate; None where there is none."""
        return self.concentrate.ore_kg / self.feed.ore_kg if self.feed.ore_kg else None

    @property
    def mass_pull(self) -> float | None:
        """Share of the feed's mass that is in the concentrate; None where there is none."""
        return self.concentrate.mass_kg / self.feed.mass_kg if self.feed.mass_kg else None


def judge(rows: NDArray[Any], changes: NDArray[Any], feed: Feed, bar: Bar, aim: Aim) -> Result:
    """Result for a feed of rows (dtype ROW) and routes (dtype CHANGE)."""
    fired = rows[_route_at(changes, rows["encoder"]) == Route.SORT]
    area, covered, met = _cover(feed, bar, jets_of(fired, bar.valves, feed.motion, bar.ejector, bar.faults))
    ids = np.array([stone.id for stone in feed.stones], np.int64)
    density = np.array([stone.density for stone in feed.stones])
    mass = masses(area[ids] * 1e-6, density)
    ore = mass * np.array([stone.share(aim.ore) for stone in feed.stones])
    hit = _deflected(covered[ids] / area[ids], mass / (area[ids] * 1e-6), _lots(bar.ejector, len(area))[ids], bar)
    centres = np.interp([s.centre_line for s in feed.stones], np.arange(len(feed.counts)), feed.counts)
    route = _route_at(changes, centres + bar.distance)
    hit = np.where(route == Route.SORT, hit, route == Route.ACCEPT)
    wanted = np.array([aim.wants(stone) for stone in feed.stones], np.bool_)
    return Result(
        feed=_stream(mass, ore, np.ones_like(hit)),
        concentrate=_stream(mass, ore, hit),
        tails=_stream(mass, ore, ~hit),
        ejected=int((wanted & hit).sum()),
        missed=int((wanted & ~hit).sum()),
        wrong=int((~wanted & hit).sum()),
        passed=int((~wanted & ~hit).sum()),
        misplaced_ore_kg=float(mass[wanted & ~hit].sum()),
        misplaced_waste_kg=float(mass[~wanted & hit].sum()),
        shots=sum(map(len, met)),
        air_shots=sum(int((~one).sum()) for one in met),
    )


def _cover(feed: Feed, bar: Bar, jets: list[Jets]) -> tuple[Floats, Floats, list[Mask]]:
    """By id, the area of each stone and how much of it the jets covered, mm2; by valve, which pulses met a stone."""
    ids_used = int(feed.ids.max(initial=0)) + 1
    area, covered = np.zeros((2, ids_used))
    met = [np.zeros(len(jet.on), np.bool_) for jet in jets]
    passing, in_flight = _flight(feed, bar)
    late = in_flight * bar.ejector.speed_spread
    slip = np.random.default_rng([bar.ejector.seed, 1]).standard_normal(ids_used)
    pixel_mm2 = np.gradient(feed.counts) * feed.mm_per_count * feed.pixel_mm
    columns = _columns(feed, bar)
    for first in range(0, len(feed.ids), LINES_AT_ONCE):
        piece = np.asarray(feed.ids[first : first + LINES_AT_ONCE])
        sample, line = np.nonzero(piece.T)
        who, line = piece[line, sample], line + first
        pressure = _pressure(sample, passing[line] + late[line] * slip[who], jets, columns, met)
        area += np.bincount(who, pixel_mm2[line], ids_used)
        covered += np.bincount(who, pixel_mm2[line] * pressure, ids_used)
    return area, covered, met


def _flight(feed: Feed, bar: Bar) -> tuple[Floats, Floats]:
    """When each line passes the nozzles, and how long it has flown by then, s."""
    flight = bar.ejector.flight_mm / feed.mm_per_count
    released = feed.motion.time_at(feed.counts + bar.distance - flight)
    in_flight = flight / feed.motion.speed_at(released)
    return released + in_flight, in_flight


def _columns(feed: Feed, bar: Bar) -> NDArray[np.int64]:
    """First sample under the jet of each valve and the one after its last, (valves, 2)."""
    pitch = feed.ids.shape[1] / bar.valves
    width = bar.ejector.jet_mm / feed.pixel_mm if bar.ejector.jet_mm else pitch
    centre = (np.arange(bar.valves) + 0.5) * pitch - 0.5
    edges: NDArray[np.int64] = np.ceil(np.stack([centre - width / 2, centre + width / 2], axis=1)).astype(np.int64)
    return edges


def _pressure(
    sample: NDArray[np.int64], time_s: Floats, jets: list[Jets], columns: NDArray[np.int64], met: list[Mask]
) -> Floats:
    """Of the jets on pixels that are sorted by sample, 0..1; where two jets meet, the stronger. Notes what was met."""
    pressure = np.zeros_like(time_s)
    for jet, span, noted in zip(jets, np.searchsorted(sample, columns), met, strict=True):
        under = slice(*span)
        np.maximum(pressure[under], jet.pressure(time_s[under]), out=pressure[under])
        noted[jet.pulses_at(time_s[under])] = True
    return pressure


def _deflected(share: Floats, kg_m2: Floats, lot: Floats, bar: Bar) -> Mask:
    graze = bar.ejector.graze
    chance = (share * bar.ejector.lift_kg_m2 / kg_m2 - graze) / (1 - graze)
    return np.asarray(chance > lot)


def _lots(ejector: Ejector, n: int) -> Floats:
    """A number in 0..1 for each stone."""
    return np.random.default_rng([ejector.seed, 2]).random(n)


def _route_at(changes: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.int64]:
    """The route in force when the belt is at each count; SORT before the first change."""
    routes = np.r_[int(Route.SORT), changes["route"].astype(np.int64)]
    return np.asarray(routes[np.searchsorted(changes["count"], counts, side="right")])


def _stream(mass: Floats, ore: Floats, which: Mask) -> Stream:
    return Stream(int(which.sum()), float(mass[which].sum()), float(ore[which].sum()))
