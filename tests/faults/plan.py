"""What happens to a line, and when: drawn from a seed, so that a failure can be done again."""

from __future__ import annotations

import random
from dataclasses import dataclass

STAGES = ("acquisition", "inference", "log", "conveyor")
QUIET_S = 4.0
"""Nothing happens so long after the first lines, and before the end."""
SHORTEST_S, LONGEST_S = 0.05, 3.0


@dataclass(frozen=True)
class Kind:
    """`every_s`: mean interval of it, for each target."""

    name: str
    targets: tuple[str, ...]
    every_s: float


KINDS = (
    Kind("kill", STAGES, 12.0),
    Kind("kill", ("camera",), 120.0),
    Kind("freeze", STAGES, 60.0),
    Kind("starve_cpu", STAGES, 120.0),
    Kind("starve_memory", ("inference", "log"), 180.0),
    Kind("fill_disk", ("log",), 180.0),
    Kind("cut_tcp", ("conveyor",), 60.0),
    Kind("drop_tcp", ("conveyor",), 60.0),
    Kind("visit", ("raw", "labels"), 60.0),
    Kind("second_start", ("line",), 180.0),
)


@dataclass(frozen=True)
class Event:
    """`at_s` from the first line on; `seconds` is how long it lasts, where it lasts."""

    at_s: float
    kind: str
    target: str
    seconds: float


def plan(seed: int, duration_s: float) -> list[Event]:
    """Events in order of time. Of each kind and target there are as many as the duration asks for, one at least, in an
    order and with pauses that the seed decides."""
    dice = random.Random(seed)
    deck = [
        (kind.name, target)
        for kind in KINDS
        for target in kind.targets
        for _ in range(max(1, round(duration_s / kind.every_s)))
    ]
    dice.shuffle(deck)
    times = sorted(dice.uniform(QUIET_S, duration_s - QUIET_S) for _ in deck)
    return [
        Event(round(at, 3), name, target, round(dice.uniform(SHORTEST_S, LONGEST_S), 3))
        for at, (name, target) in zip(times, deck, strict=True)
    ]
