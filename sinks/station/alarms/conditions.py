"""Conditions of a line that call somebody. Each says of a `Look` where it holds, by source, with words; None where
that cannot be known now."""

from __future__ import annotations

import math
from collections.abc import Callable

from oreline.messages import Flag
from sinks.station.alarms.look import Look
from sinks.station.status import Phase, PlcStatus

Holds = dict[str, str] | None
NO: dict[str, str] = {}
SILENT_S, PERIODS = 0.6, 5
"""Lines that do not come for so long, and as many periods, are missed."""
NEARLY_FULL = 0.8
MOST_VALVES = 4
"""Valves that are told one by one; of more, that there are many."""


def _if(holds: bool, words: str) -> dict[str, str]:
    return {"": words} if holds else NO


def over_with_lines(look: Look) -> Holds:
    """Never by itself; it is known to be over when the camera's lines come, or the stream has ended."""
    taken = look.gained("acquisition", "oreline_lines_total", "scene", "acquisition")
    return NO if taken > 0 or look.lines_come or look.now.phase is Phase.ENDED else None


def no_lines(look: Look) -> Holds:
    """Lines should come, and none do."""
    status = look.now
    if status.phase in (Phase.STARTING, Phase.CALIBRATING, Phase.ENDED):
        return NO
    rate = status.line_rate_hz
    patience_s = max(SILENT_S, PERIODS / rate) if rate > 0 else math.inf
    return _if(status.phase is Phase.NO_LINES or status.last_line_age_s > patience_s, "no line comes")


def with_flag(flag: Flag, words: str) -> Callable[[Look], Holds]:
    """The condition that lines carry a flag; not known while none come."""

    def condition(look: Look) -> Holds:
        """Lines that come say so themselves."""
        return _if(flag in look.now.flags, words) if look.lines_come else None

    return condition


def lost(look: Look) -> Holds:
    """Lines are lost that nobody gets."""
    return _if(look.now.lost > look.before.lost, "lines are lost")


def shed(look: Look) -> Holds:
    """The sorter passes over lines that come too late for it."""
    return _if(look.now.shed > look.before.shed, "the sorter is sent lines that are too old, and passes them over")


def latency(look: Look) -> Holds:
    """A line in a hundred takes longer than the sorter has."""
    status = look.now
    if math.isnan(status.latency_p99_ms) or math.isnan(status.budget_ms):
        return None
    words = f"one line in a hundred takes over {status.budget_ms:.0f} ms"
    return _if(status.latency_p99_ms > status.budget_ms, words)


def disk(look: Look) -> Holds:
    """There is little room for what the line writes."""
    if math.isnan(look.free_bytes):
        return None
    free_gb = look.free_bytes * 1e-9
    return _if(free_gb < look.limits.free_gb, f"{free_gb:.1f} GB are free")


def ring(look: Look) -> Holds:
    """A consumer is so far behind that its ring is nearly full."""
    return {
        stream: f"{depth} of {look.rings[stream]} records wait"
        for stream, depth in look.now.queues.items()
        if depth > NEARLY_FULL * look.rings.get(stream, math.inf)
    }


def stale(look: Look) -> Holds:
    """The reference has passed a limit."""
    return _if(look.now.reference_stale, "the reference in force has passed a limit") if look.lines_come else None


def camera_warm(look: Look) -> Holds:
    """The camera is warmer than it may be."""
    celsius, limit = look.now.camera_temperature_c, look.limits.camera_c
    if limit is None:
        return NO
    return None if math.isnan(celsius) else _if(celsius > limit, f"it has {celsius:.1f} °C, more than {limit:g} °C")


def unknown(look: Look) -> Holds:
    """Much of the rock is like nothing that the model knows."""
    share = look.now.shares.get("unknown", 0.0)
    words = f"{share:.0%} of the rock of the last minute is unknown"
    return _if(share > look.limits.unknown_share, words) if look.lines_come else None


def process_gone(look: Look) -> Holds:
    """A process that was there does not answer."""
    if look.now.phase in (Phase.STARTING, Phase.ENDED):
        return NO
    gone = (name for name, answers in look.now.processes.items() if not answers and name in look.answered)
    return {name: f"{name} does not answer" for name in gone}


def broker_lost(look: Look) -> Holds:
    """The plant's broker is not told."""
    broker = look.now.broker
    return None if broker is None else _if(bool(broker), broker)


def plc_lost(look: Look) -> Holds:
    """The bank of valves does not answer."""
    connected = look.now.plc.connected
    return None if connected is None else _if(not connected, "it does not answer")


def plc_inhibit(look: Look) -> Holds:
    """The bank of valves is in its safe state."""
    plc = look.now.plc
    return _if(plc.inhibit, "it is in its safe state") if plc.connected else None


def valves(look: Look) -> Holds:
    """Valves do not do as they are told."""
    plc = look.now.plc
    if not plc.connected:
        return None
    if len(plc.faulty) > MOST_VALVES:
        return {"several": f"{len(plc.faulty)} valves: {', '.join(map(str, plc.faulty))}"}
    if plc.faults and not plc.faulty:
        return {"several": f"{plc.faults} of {plc.valves} valves; the bank does not tell which"}
    return {str(valve): f"valve {valve}{_loss(plc, valve)}" for valve in plc.faulty}


def _loss(plc: PlcStatus, valve: int) -> str:
    """What is lost by a valve, in words: its share of all openings, before its neighbours stand in, and no less than
    that of a valve among equals, since one that is new has few."""
    openings = sum(plc.shots)
    own = plc.shots[valve] / openings if openings and valve < len(plc.shots) else 0.0
    share = max(own, 1 / plc.valves if plc.valves else 0.0)
    return f": up to {100 * share:.1f} % of what is shot is lost" if share else ""


def worn(look: Look) -> Holds:
    """Valves have fired more often than they last."""
    if len(look.now.plc.worn) > MOST_VALVES:
        return {"several": f"{len(look.now.plc.worn)} valves: {', '.join(map(str, look.now.plc.worn))}"}
    return {str(valve): f"valve {valve}" for valve in look.now.plc.worn}
