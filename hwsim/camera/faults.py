"""Scripted faults: made into a definite list beforehand, carried out by the camera, written down.

The camera does them exactly at their lines, and `write` records what it did. A line that is lost shows no other fault,
whatever was scripted for it; what did not happen is not counted as done. Two faults of one kind may not meet at a line.
A fault that is done is over, also where the scene is played again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.camera.event import Event
from hwsim.camera.fault_kinds import Fault, When
from hwsim.camera.layout import EVENTS, FOR_EVER, NEXT, FaultKind
from hwsim.camera.sim_camera import SimCamera
from oreline.errors import ConfigError

__all__ = ["Fault", "plan", "truth", "write"]

ACCESSES = (FaultKind.REGISTER_ERROR, FaultKind.EVENT_ERROR, FaultKind.FAILED_START)


def plan(faults: Sequence[When], lines: int | None, rate: float) -> list[Event]:
    """All that is to happen, by line, to a scene of `lines` (None: without an end) at `rate` lines/s.

    Raises ConfigError where a fault begins beyond the end of the scene, meets another one of its kind, or they are more
    than the camera's table holds.
    """
    events = []
    for number, fault in enumerate(faults):
        dice = np.random.default_rng((fault.seed, number))
        for line in fault.starts(lines, rate, dice):
            events += fault.events(line, dice)
    events.sort(key=lambda event: (event.line, event.kind))
    _check(events, lines)
    return events


def _check(events: list[Event], lines: int | None) -> None:
    if len(events) > EVENTS:
        raise ConfigError(f"{len(events)} faults are scripted, a camera keeps {EVENTS}: script fewer, or longer ones.")
    for event in events:
        if lines is not None and event.view == "scene" and event.line >= lines:
            raise ConfigError(f"{event.kind.name.lower()} at line {event.line}: the scene has {lines} lines, from 0.")
    for kind in {event.kind for event in events}.difference(ACCESSES):
        for view in ("scene", "dark", "white"):
            _check_apart([event for event in events if event.kind is kind and event.view == view])


def _check_apart(events: list[Event]) -> None:
    """`events` of one kind, by line. Two frames change places, and there is one counter."""
    for event, later in pairwise(events):
        taken = event.end + (event.kind is FaultKind.OUT_OF_ORDER)
        if later.line < taken or event.kind is FaultKind.ENCODER_ROLLOVER:
            raise ConfigError(
                f"{event.kind.name.lower()} at lines {event.line} and {later.line}: they meet; leave one out."
            )


def is_truth(path: Path) -> bool:
    """Whether a file is one that `write` has made."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, list) and all(isinstance(one, dict) and "outcome" in one for one in told)


def truth(camera: SimCamera) -> list[dict[str, Any]]:
    """Each event as it was asked for (`line` None: at once, `n` None: for ever), and what the camera did of it; see
    `Event` and `Outcome`."""
    table = camera.faults
    return [
        _told(event) | {"outcome": asdict(outcome)} for event, outcome in zip(table.events, table.outcomes, strict=True)
    ]


def _told(event: Event) -> dict[str, Any]:
    line, n = (None if event.line == NEXT else event.line), (None if event.n == FOR_EVER else event.n)
    return asdict(event) | {"kind": event.kind.name.lower(), "line": line, "n": n}


def write(path: Path, camera: SimCamera) -> None:
    """Write the truth as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(truth(camera), indent=1) + "\n", encoding="utf-8")
