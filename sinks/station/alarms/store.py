"""Store of the alarms: a file that has all of their state, written whole, so that a restart of the station keeps it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from oreline.files import write_whole
from oreline.moment import Moment
from oreline.ownership import open_own
from sinks.station.alarms.acts import MOST_SHELVED_S
from sinks.station.alarms.alarm import Alarm
from sinks.station.alarms.engine import Engine
from sinks.station.alarms.heard import Heard
from sinks.station.alarms.track import S

ALARMS = "alarms.json"
"""In the output folder."""
VERSION = 1
MOST_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class _Saved:
    """An alarm, all but its rule, which is known by its name."""

    name: str
    source: str
    number: int
    present: bool
    latched: bool
    acknowledged: bool
    chattering: bool
    suppressed_by: tuple[str, ...]
    until_ns: int
    out_of_service: bool
    times: int
    words: str
    raised: datetime | None
    returned: datetime | None
    by: str
    comment: str


@dataclass(frozen=True, slots=True)
class _State:
    version: int
    boot: str
    wall_ns: int
    t_ns: int
    number: int
    since_ns: int
    heard: dict[str, int]
    alarms: list[_Saved]


_CHECKED = TypeAdapter(_State)


def packed(engine: Engine, now: Moment) -> bytes:
    """All that is to be kept of an engine."""
    alarms = [
        _Saved(alarm.rule.name, **{one.name: getattr(alarm, one.name) for one in fields(_Saved) if one.name != "name"})
        for alarm in engine.alarms
    ]
    heard = engine.heard
    at = now.boot.hex(), now.wall_ns, now.t_ns
    return _CHECKED.dump_json(_State(VERSION, *at, engine.book.number, heard.since_ns, heard.numbers, alarms))


def save(path: Path, content: bytes) -> None:
    """Write it in place of what was there. Raises OSError."""
    write_whole(path, content)


def load(path: Path) -> bytes | None:
    """What was saved; None where nothing was. Raises OSError, also where others may have written it."""
    try:
        number = open_own(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    with os.fdopen(number, "rb") as file:
        return file.read(MOST_BYTES)


def heard_of(content: bytes) -> Heard:
    """What was heard by then. Raises ValueError where the content is none."""
    state = _state(content)
    return Heard(state.boot, state.since_ns, state.heard)


def restore(engine: Engine, content: bytes, now: Moment) -> None:
    """Have an engine go on with it; alarms whose rules are no more are left out. Raises ValueError where the content is
    none."""
    state = _state(content)
    engine.book.restore(_alarms(engine, state, now), state.number, now)


def _state(content: bytes) -> _State:
    try:
        state = _CHECKED.validate_json(content)
    except ValidationError as error:
        raise ValueError(f"it is damaged ({error.error_count()} mistakes)") from None
    if state.version != VERSION:
        raise ValueError(f"it is of version {state.version}, not {VERSION}")
    return state


def _alarms(engine: Engine, state: _State, now: Moment) -> Iterator[Alarm]:
    for saved in state.alarms:
        rule = engine.book.rules.get(saved.name)
        if rule is not None:
            said = asdict(saved) | {"until_ns": _until(saved.until_ns, state, now)}
            said.pop("name")
            yield Alarm(rule, **said)


def _until(until_ns: int, saved: _State, now: Moment) -> int:
    """End of a shelving, by CLOCK_MONOTONIC of this boot. Of another only the wall's clock tells how long ago that was;
    one that was set back tells nothing, and one that was set forward ends it."""
    if not until_ns:
        return 0
    left_ns = until_ns - saved.t_ns
    same_boot = saved.boot == now.boot.hex() and saved.t_ns <= now.t_ns
    gone_ns = now.t_ns - saved.t_ns if same_boot else max(0, now.wall_ns - saved.wall_ns)
    return now.t_ns + min(max(1, left_ns - gone_ns), round(MOST_SHELVED_S * S))
