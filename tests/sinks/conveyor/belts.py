"""Pictures of a belt, and a conveyor's settings for them."""

from __future__ import annotations

import time
from typing import Any

from oreline.messages import BACKGROUND, LabelLine
from oreline.testing import label_line
from sinks.conveyor import Conveyor
from sinks.conveyor.settings import ConveyorSettings

DISTANCE = 5000
SETTINGS: dict[str, Any] = {
    "recipe": {"ore": ["calcite"], "min_fraction": 0.5, "min_pixels": 4},
    "distance_counts": DISTANCE,
    "valves": 32,
    "deadline_ms": 4000,
    "send_ms": 10,
}
PATIENT = {"timeout_ms": 100}
"""With a PLC on a machine that has much else to do."""
EMPTY = [BACKGROUND] * 32
STONE = [BACKGROUND] * 4 + [0] * 4 + [BACKGROUND] * 24
BARREN = [BACKGROUND] * 20 + [1] * 4 + [BACKGROUND] * 8
VALVES_OF_STONE = [0b11110000, 0, 0, 0, 0, 0, 0, 0]


def settings(**changes: Any) -> ConveyorSettings:
    """Settings of a conveyor from SETTINGS and others, those of its valve output among them."""
    table = SETTINGS | changes
    return ConveyorSettings.model_for(table).model_validate(table)


class Clock:
    """CLOCK_MONOTONIC, set forward at will."""

    def __init__(self) -> None:
        self.ahead_ns = 0

    def __call__(self) -> int:
        return time.monotonic_ns() + self.ahead_ns


def belt(*pictures: list[int], first: int = 0) -> list[LabelLine]:
    return [label_line(first + i, labels=labels) for i, labels in enumerate(pictures)]


def feed(conveyor: Conveyor, *messages: Any) -> None:
    conveyor.consume(list(messages))
    conveyor.commit()
