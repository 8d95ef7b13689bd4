"""Status of a line: all that a face shows of it besides lines, stones and alarms. One immutable value, made anew a few
times a second."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from oreline.messages import Flag
from oreline.moment import NEVER, Moment

UNKNOWN_NUMBER = math.nan
"""Of a number that nobody has told."""


class Phase(StrEnum):
    """Phase of a line."""

    STARTING = "starting"
    """No line has come yet."""
    CALIBRATING = "calibrating"
    """Dark or white is taken, or made ready; no rock is to be fed."""
    HELD = "held"
    """Lines are labelled; somebody has the sorter hold its fire."""
    RUNNING = "running"
    NO_LINES = "no_lines"
    """Lines should come, and none do."""
    ENDED = "ended"
    """The stream has ended in order."""


@dataclass(frozen=True, slots=True)
class PlcStatus:
    """PLC or bank of valves. `connected`: None where the line has none, or nothing is known of it. `valves`: how many;
    `faulty`: which do not answer, counted from 0, and `faults` how many where the bank tells no more. `shots`: by
    valve, since it is new; empty where that is not counted."""

    connected: bool | None = None
    inhibit: bool = False
    valves: int = 0
    faults: int = 0
    faulty: tuple[int, ...] = ()
    worn: tuple[int, ...] = ()
    shots: tuple[int, ...] = ()
    testing: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """Recipe in force. `words`: for people. `cut_off`: its least share of ore; NaN where it has none."""

    name: str = ""
    version: int = 0
    words: str = ""
    cut_off: float = UNKNOWN_NUMBER


@dataclass(frozen=True, slots=True)
class Status:
    """Status of a line at a moment. Numbers are NaN where nobody has told them.

    `run`: in hex digits. `lines_per_s`: seen over the last second; `line_rate_hz`: set. `belt_m_per_s`: from the
    encoder, for square samples of `pitch_mm`. `latency_p50_ms`, `latency_p99_ms`: from the sensor to the sorter, or to
    inference where there is no sorter, over the last seconds, and the sorter's `budget_ms`. `lines`, `lost`, `shed`:
    scene lines since the start of the run's processes, what came to inference, what nobody got, what the sorter passed
    over. `stones`: by decision, since the sorter's process began; `stones_per_minute`, `ejected_share`: of the last
    minute. `flags`: of the last block of lines, of any of them. `shares`: by name, of the rock of the last minute, all
    together 1. `reference_age_s` and the age `reference_limit_s` beyond which it is too old. `core`: boxes of core, as
    `CoreDesk.state` has them, None where the line logs none. `queues`: records that wait, by stream. `broker`: why the
    plant's broker is not told of the line, empty where it is, None where it is not to be. `processes`: whether each
    process of the line answers. `counts`: every sample of the processes' metrics, by process."""

    at: Moment = NEVER
    site: str = ""
    phase: Phase = Phase.STARTING
    run: str = ""
    camera: str = ""
    serial: str = ""
    model: str = ""
    samples: int = 0
    pitch_mm: float = 0.0
    line_rate_hz: float = UNKNOWN_NUMBER
    lines_per_s: float = 0.0
    belt_m_per_s: float = UNKNOWN_NUMBER
    last_line_age_s: float = UNKNOWN_NUMBER
    latency_p50_ms: float = UNKNOWN_NUMBER
    latency_p99_ms: float = UNKNOWN_NUMBER
    budget_ms: float = UNKNOWN_NUMBER
    lines: int = 0
    lost: int = 0
    shed: int = 0
    shares: Mapping[str, float] = field(default_factory=dict)
    stones: Mapping[str, int] = field(default_factory=dict)
    stones_per_minute: float = UNKNOWN_NUMBER
    ejected_share: float = UNKNOWN_NUMBER
    flags: Flag = Flag.NONE
    camera_temperature_c: float = UNKNOWN_NUMBER
    lamp_ok: bool = True
    reference_id: str = ""
    reference_age_s: float = UNKNOWN_NUMBER
    reference_limit_s: float = UNKNOWN_NUMBER
    reference_stale: bool = False
    held: bool = False
    sorts: bool = False
    plc: PlcStatus = field(default_factory=PlcStatus)
    recipe: Recipe = field(default_factory=Recipe)
    core: Mapping[str, Any] | None = None
    queues: Mapping[str, int] = field(default_factory=dict)
    broker: str | None = None
    processes: Mapping[str, bool] = field(default_factory=dict)
    counts: Mapping[str, Mapping[tuple[str, ...], float]] = field(default_factory=dict, repr=False)
