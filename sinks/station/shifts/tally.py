"""Tally of what a line did in some time: plain sums, so that those of minutes add up to that of their shift."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

BELT, INVALID, UNKNOWN = "background", "invalid", "unknown"
"""What samples are called that are of no class."""
EJECTED = "ejected"


@dataclass(slots=True)
class Part:
    """Stones of one decision. `samples`: by class, of those stones; `area_mm2`: NaN where a sample's size is not
    known."""

    stones: int = 0
    pixels: int = 0
    area_mm2: float = 0.0
    samples: Counter[str] = field(default_factory=Counter)

    def add(self, other: Part) -> None:
        self.stones, self.pixels = self.stones + other.stones, self.pixels + other.pixels
        self.area_mm2 += other.area_mm2
        self.samples.update(other.samples)


@dataclass(slots=True)
class Tally:
    """Tally of some time.

    `lines`: with labels. `lost`: by reason, in lower case, those that nobody has, and `reference` those that became
    one. `missed`, `missed_stones`: those that only who counts here did not get. `shed`: that the sorter passed over.
    `samples`: of the lines, by class. `rock_mm2`: area of those that are rock. `parts`: stones by decision, as
    "ejected", or "ejected 2" for a second product. `time_ns`: by state, "sorting", "held", "calibrating" and "down",
    by CLOCK_MONOTONIC; `down_ns`: the last of them by reason. `alarms`: how often each came, as "priority: title".
    `in_force`: recipes, models and references by kind, each with the moment when it was first seen.
    """

    lines: int = 0
    missed: int = 0
    shed: int = 0
    reference: int = 0
    missed_stones: int = 0
    rock_mm2: float = 0.0
    lost: Counter[str] = field(default_factory=Counter)
    samples: Counter[str] = field(default_factory=Counter)
    time_ns: Counter[str] = field(default_factory=Counter)
    down_ns: Counter[str] = field(default_factory=Counter)
    alarms: Counter[str] = field(default_factory=Counter)
    parts: dict[str, Part] = field(default_factory=dict)
    in_force: dict[str, dict[str, int]] = field(default_factory=dict)

    @property
    def acquired(self) -> int:
        """Scene lines whose fate is known, or was not seen here."""
        return self.lines + self.missed + sum(self.lost.values())

    def see(self, kind: str, value: str, wall_ns: int) -> None:
        """Something is in force at a moment."""
        if value:
            seen = self.in_force.setdefault(kind, {})
            seen[value] = min(wall_ns, seen.get(value, wall_ns))

    def take_stone(self, decision: str, pixels: int, samples: Mapping[str, int], pitch_mm: float) -> None:
        """A stone, whose samples are by class."""
        part = Part(1, pixels, area_mm2(pixels, pitch_mm), Counter(samples))
        self.parts.setdefault(decision, Part()).add(part)

    def take_samples(self, samples: Mapping[str, int], pitch_mm: float) -> None:
        """Samples of lines, by class."""
        self.samples.update(samples)
        self.rock_mm2 += area_mm2(rock(samples), pitch_mm)

    def take_time(self, state: str, ns: int, reason: str = "") -> None:
        """Some time in a state; none where clocks say that it ran backwards."""
        self.time_ns[state] += max(0, ns)
        if state == "down":
            self.down_ns[reason] += max(0, ns)

    def add(self, other: Tally) -> Self:
        """Add what was counted at another time."""
        for one in fields(self):
            mine, theirs = getattr(self, one.name), getattr(other, one.name)
            if isinstance(mine, Counter):
                mine.update(theirs)
            elif isinstance(mine, int | float):
                setattr(self, one.name, mine + theirs)
        for decision, part in other.parts.items():
            self.parts.setdefault(decision, Part()).add(part)
        for kind, seen in other.in_force.items():
            for value, wall_ns in seen.items():
                self.see(kind, value, wall_ns)
        return self

    def together(self, *decisions: str) -> Part:
        """The stones of some decisions; of all where none is named."""
        total = Part()
        for decision, part in self.parts.items():
            if not decisions or decision in decisions:
                total.add(part)
        return total

    @property
    def product(self) -> Part:
        """What was ejected."""
        return self.together(*filter(is_product, self.parts), "")

    @property
    def tails(self) -> Part:
        """What went on on the belt, whatever for."""
        return self.together(*(one for one in self.parts if not is_product(one)), "")

    @property
    def plain(self) -> dict[str, Any]:
        """All of it, for JSON."""
        parts = {decision: _fields(part) for decision, part in self.parts.items()}
        return _fields(self) | {"parts": parts}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Self:
        """The tally that `plain` was made from."""
        kinds = {one.name: one.default_factory for one in fields(cls)}
        made: Any = {name: Counter(value) if kinds[name] is Counter else value for name, value in plain.items()}
        parts = {name: Part(**{**part, "samples": Counter(part["samples"])}) for name, part in plain["parts"].items()}
        return cls(**{**made, "parts": parts})


def _fields(one: Tally | Part) -> dict[str, Any]:
    return {each.name: getattr(one, each.name) for each in fields(one)}


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum of some."""
    result = Tally()
    for one in tallies:
        result.add(one)
    return result


def is_product(decision: str) -> bool:
    """True of stones that were shot at."""
    return decision.split()[0] == EJECTED


def rock(samples: Mapping[str, int]) -> int:
    """How many samples are rock."""
    return sum(n for name, n in samples.items() if name not in (BELT, INVALID))


def area_mm2(pixels: int, pitch_mm: float) -> float:
    """Area of samples that are as long as wide; NaN where their size is not known."""
    return pixels * pitch_mm * pitch_mm if pitch_mm > 0 else float("nan") if pixels else 0.0
