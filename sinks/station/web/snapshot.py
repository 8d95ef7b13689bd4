"""Snapshots of the hub for the page, as JSON. A number that nobody knows is null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from oreline import messages
from oreline.answers import Answer
from oreline.false_colours import bands_of
from oreline.messages import StoneRecord, StreamInfo
from oreline.moment import Moment
from oreline.recordings.envi_writer import SPECIAL_CLASSES
from oreline.recordings.label_picture import PATTERNS, Paint
from sinks.log.picture import PLAIN
from sinks.station.alarms.alarm import Alarm
from sinks.station.status import Status
from sinks.station.web.spectra import StoneSpectrum

LEFT_OUT = ("counts",)
UNKNOWN = SPECIAL_CLASSES[messages.UNKNOWN].name
TOLD = (
    "first_line", "last_line", "first_sample", "stop_sample", "pixels", "decision", "why", "measure", "product",
    "recipe", "reference_id", "cut", "clump",
)  # fmt: skip
"""Of a stone."""


def text(topic: str, **what: Any) -> str:
    """A message of a topic."""
    return json.dumps({"topic": topic, **plain(what)}, separators=(",", ":"), allow_nan=False)


def plain(value: Any) -> Any:
    """What JSON can say of a value."""
    if isinstance(value, Moment):
        return value.text
    if isinstance(value, Enum):
        return value.value if isinstance(value.value, str) else value.name.lower()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value) if one.name not in LEFT_OUT}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def status(now: Status) -> str:
    """How the line stands."""
    return text("status", status=now)


def stream(info: StreamInfo, answer: Answer, *, reflectance: bool = False) -> str:
    """What the lines are, and how their codes are painted: as on every map. `reflectance`: whether there is any, whose
    false colours are those of three bands, in nm."""
    paint = Paint(answer.classes, plain=PLAIN)
    groups = dict(enumerate(answer.groups))
    classes = [
        {
            "code": code,
            "name": one.name,
            "group": groups.get(code, ""),
            "colour": one.colour,
            "ink": paint.ink(code),
            "pattern": paint.pattern(code),
        }
        for code, one in paint.known.items()
    ]
    return text(
        "stream",
        run=info.run.hex(),
        samples=info.samples,
        pitch_mm=info.pitch_mm,
        line_rate_hz=info.line_rate_hz,
        classes=classes,
        patterns=PATTERNS.astype(int).tolist(),
        false_colours=[round(info.wavelengths_nm[band]) for band in bands_of(info.wavelengths_nm)]
        if reflectance
        else None,
    )


def spectrum(of_stone: StoneSpectrum | None, info: StreamInfo | None) -> dict[str, Any]:
    """A stone's, one value a band; null where there is none."""
    if of_stone is None or info is None or info.bands != len(of_stone.mean):
        return {"spectrum": None}
    mean = [round(value, 4) for value in of_stone.mean.tolist()]
    return {
        "spectrum": plain(
            {"nm": info.wavelengths_nm, "mean": mean, "lines": of_stone.lines, "samples": of_stone.samples}
        )
    }


def stone(one: StoneRecord, info: StreamInfo) -> str:
    """A stone that was decided, whose samples are counted by the classes of its stream; of another it tells none.
    `measure` is null where nothing was compared."""
    names = [*(told.name for told in info.classes), UNKNOWN]
    counts = one.counts.tolist() if len(one.counts) == len(names) else [0] * len(names)
    shares = {name: n / one.pixels for name, n in zip(names, counts, strict=True) if n and one.pixels}
    told = {name: getattr(one, name) for name in TOLD}
    valves = [valve for valve in range(one.valves.bit_length()) if one.valves >> valve & 1]
    shares = dict(sorted(shares.items(), key=lambda item: -item[1]))
    outline = one.outline.ravel().tolist()
    whole = plain(told) | {"number": one.stamp.seq, "valves": valves, "shares": shares, "outline": outline}
    return json.dumps(whole, separators=(",", ":"), allow_nan=False)


def alarms(all_of_them: Sequence[Alarm]) -> str:
    """Alarms as they stand, in the order in which they call, with what is to be done."""
    told = [
        {
            "key": one.key,
            "source": one.source,
            "state": one.state,
            "priority": one.rule.priority,
            "words": one.words,
            "raised": one.raised.astimezone().isoformat() if one.raised else None,
            **{name: getattr(one, name) for name in ("present", "latched", "acknowledged", "hidden", "times", "by")},
            **{name: getattr(one.rule, name) for name in ("title", "cause", "consequence", "action", "ne107")},
        }
        for one in all_of_them
    ]
    return text("alarms", alarms=told)
