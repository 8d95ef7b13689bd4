"""Payloads: what is told of a line by MQTT, topic by topic. docs/reference/mqtt.md is made from FIELDS."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from oreline.messages import StoneRecord
from oreline.moment import Moment
from sinks.station.alarms.alarm import Alarm
from sinks.station.hub import Hub
from sinks.station.shifts.minutes import named
from sinks.station.status import Recipe, Status

SCHEMA = 1
STATE, STATUS, RECIPE, ALARMS = "state", "status", "recipe", "alarms"
STONES, MINUTE, SHIFT, LAST_SHIFT = "stones", "minute", "shift/running", "shift/last"
RETAINED = (STATE, STATUS, RECIPE, f"{ALARMS}/KEY", SHIFT, LAST_SHIFT)
SPOOLED = (STONES, MINUTE)
_HEAD = {
    "schema": f"of this payload, {SCHEMA}: it grows where a field changes its meaning or goes",
    "time": "when this was said, in UTC",
    "line": "name of the line",
}
_SUMMARY = {"…": "the fields of a [summary](shifts.md#what-is-counted)"}
_SPOOLED = {"id": "identity of the message: one that comes twice, as QoS 1 allows, has the same", **_HEAD}
FIELDS: dict[str, dict[str, str]] = {
    STATE: {
        **_HEAD,
        "state": '"online" (birth, at each connect), "offline" (ended in order), "dead" (the will: nobody knows why)',
        "session": "number of this connection, rising: a will tells of the birth of the same number",
        "version": "release of Oreline; in a birth alone",
        "camera, serial, samples": "of the stream; in a birth alone",
        "classes": "names of the stream's classes; in a birth alone",
        "topics": "what is published below this topic; in a birth alone",
    },
    STATUS: {
        **_HEAD,
        "phase": "`starting`, `calibrating`, `held`, `running`, `no_lines` or `ended`",
        "run": "of the stream, in hex digits",
        "held": "true where somebody holds the sorter's fire",
        "line_rate_hz, lines_per_s": "set, and seen over the last second",
        "belt_m_per_s": "by the encoder",
        "latency_p50_ms, latency_p99_ms, budget_ms": "from the sensor to the sorter, and the most that is allowed",
        "lines, lost, shed": "counters of the run's processes",
        "shares": "of the rock of the last minute, by class",
        "camera_temperature_c, lamp_ok": "sensors",
        "reference_id, reference_age_s, reference_limit_s, reference_stale": "the reference in force",
        "plc": "`connected`, `inhibit`, `valves`, `faulty`, `faults`",
        "processes": "whether each process of the line answers",
        "spool": "what waits for the broker: `messages`, `bytes`; and `dropped`: by topic, `messages` and `items` "
        "(stones, minutes) that were dropped ever, since the spool was full",
    },
    RECIPE: {
        **_HEAD,
        "name, version": "of the recipe in force",
        "words": "the same for people",
        "cut_off": "its least share of ore; null where it has none",
    },
    f"{ALARMS}/KEY": {
        **_HEAD,
        "key": "name for ever; in the topic, what is no letter, digit, `_`, `-`, `.` or `:` is `_`",
        "state": "after ISA-18.2, such as `unacknowledged`, `shelved`",
        "priority": "`low`, `medium`, `high` or `critical`",
        "ne107": "0 normal, 1 failure, 2 check function, 3 off spec, 4 maintenance required",
        "title, words, cause, consequence, action": "for people",
        "raised": "when it came; null where it has not yet",
        "times": "how often it came since it was normal",
        "by": "who acted on it last",
    },
    STONES: {
        **_SPOOLED,
        "run": "of the stream, in hex digits",
        "first, last": "numbers of the first and the last stone in this message; each run begins at 0",
        "missed": "stones before `first` that are never told by MQTT: the station did not get or could not keep them",
        "stones": "each with `seq`, `time` (of its last line), `first_line`, `last_line`, `first_sample`, "
        "`stop_sample`, `pixels`, `counts` (samples by class), `decision`, `why`, `measure` (what was compared with "
        "the limit; null where nothing was), `valves` (those that opened), `product`, `encoder`, `recipe`, `model`, "
        "`reference`, `cut`, `clump`",
    },
    MINUTE: {**_SPOOLED, **_SUMMARY},
    SHIFT: {**_HEAD, **_SUMMARY},
    LAST_SHIFT: {**_HEAD, **_SUMMARY},
}
"""By topic, after the first part that the settings say, the fields of its payload."""


def head(line: str, at: Moment) -> dict[str, Any]:
    """What every payload has."""
    return {"schema": SCHEMA, "time": text(at.wall_ns), "line": line}


def text(wall_ns: int) -> str:
    """A moment in UTC."""
    return datetime.fromtimestamp(wall_ns * 1e-9, UTC).isoformat(timespec="milliseconds")


def birth(hub: Hub, session: int) -> dict[str, Any]:
    """What is told first of each connection."""
    status, info = hub.status, hub.info
    return {
        "state": "online",
        "session": session,
        "version": metadata.version("oreline"),
        "camera": status.camera,
        "serial": status.serial,
        "samples": status.samples,
        "classes": [one.name for one in info.classes] if info else [],
        "topics": list(FIELDS),
    }


def status_of(status: Status, spool: Mapping[str, Any]) -> dict[str, Any]:
    """The line now."""
    names = (", ".join(FIELDS[STATUS])).split(", ")
    own = [name for name in names if name not in (*_HEAD, "plc", "spool", "phase")]
    plc = status.plc
    return {
        "phase": str(status.phase),
        **{name: plain(getattr(status, name)) for name in own},
        "plc": {
            "connected": plc.connected,
            "inhibit": plc.inhibit,
            "valves": plc.valves,
            "faulty": list(plc.faulty),
            "faults": plc.faults,
        },
        "spool": dict(spool),
    }


def plain(value: Any) -> Any:
    """A value as JSON has it: null for a number that is not known."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def recipe_of(recipe: Recipe) -> dict[str, Any]:
    """The recipe in force."""
    return {
        "name": recipe.name,
        "version": recipe.version,
        "words": recipe.words,
        "cut_off": plain(recipe.cut_off),
    }


def alarm_topic(key: str) -> str:
    """Topic of an alarm: its key, without what means something in a topic."""
    return f"{ALARMS}/{re.sub(r'[^A-Za-z0-9_.:-]', '_', key)}"


def alarm_of(alarm: Alarm) -> dict[str, Any]:
    """One alarm, as it stands."""
    rule = alarm.rule
    return {
        "key": alarm.key,
        "state": str(alarm.state),
        "priority": rule.priority.name.lower(),
        "ne107": int(rule.ne107),
        "title": rule.title,
        "words": alarm.words,
        "cause": rule.cause,
        "consequence": rule.consequence,
        "action": rule.action,
        "raised": alarm.raised.isoformat() if alarm.raised else None,
        "times": alarm.times,
        "by": alarm.by,
    }


def stones_of(stones: Sequence[StoneRecord], missed: int, names: Sequence[str], offset_ns: int) -> dict[str, Any]:
    """A batch of stones of one run, in order; `offset_ns`: from their CLOCK_MONOTONIC to the wall's."""
    return {
        "run": stones[0].stamp.run.hex(),
        "first": stones[0].stamp.seq,
        "last": stones[-1].stamp.seq,
        "missed": missed,
        "stones": [_stone(one, names, offset_ns) for one in stones],
    }


def _stone(stone: StoneRecord, names: Sequence[str], offset_ns: int) -> dict[str, Any]:
    stamp = stone.stamp
    return {
        "seq": stamp.seq,
        "time": text(stamp.t_ns + offset_ns),
        "first_line": stone.first_line,
        "last_line": stone.last_line,
        "first_sample": stone.first_sample,
        "stop_sample": stone.stop_sample,
        "pixels": stone.pixels,
        "counts": dict(named(stone.counts, names)),
        "decision": stone.decision.name.lower(),
        "why": stone.why,
        "measure": plain(float(stone.measure)),
        "valves": [valve for valve in range(stone.valves.bit_length()) if stone.valves >> valve & 1],
        "product": stone.product,
        "encoder": stamp.encoder,
        "recipe": stone.recipe,
        "model": stone.model,
        "reference": stone.reference_id,
        "cut": stone.cut,
        "clump": stone.clump,
    }
