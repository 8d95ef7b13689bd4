"""Disk: room for results, and whether it takes them as fast as they come."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from oreline.doctor.answer import ALARM, Answer, Check, bad, good, unknown
from oreline.doctor.machine import Machine, existing
from oreline.doctor.needs import Needs

LEAST_FREE = 0.05
LEAST_HOURS = 8.0
MARGIN = 1.5
"""A disk is to take so many times what comes."""
NO_LINE = "a line's file tells what is written, and where"


def room(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Days until the disk of the output folder is full."""
    if needs.config is None:
        yield unknown(NO_LINE)
        return
    output = needs.config.line.output
    free, total = machine.room(output)
    rate = sum(needs.recorded.values())
    hours = free / rate / 3600 if rate else float("inf")
    words = f"{existing(output)} has {free / 1e9:.1f} GB free" + (f", full in {_long(hours)}" if rate else "")
    if free < LEAST_FREE * total or hours < LEAST_HOURS:
        yield bad(words + _writers(needs), _make_room(output))
    else:
        yield good(words)


def _make_room(output: Path) -> str:
    return f"free space there (`du -xh {existing(output)} | sort -h | tail`), or name another disk in line.output"


def _long(hours: float) -> str:
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.0f} days"


def _writers(needs: Needs) -> str:
    told = ", ".join(f"{name} {rate / 1e6:.1f}" for name, rate in needs.recorded.items())
    return f"; MB/s: {told}" if told else ""


def pace(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Measure what the disk takes, a line's worth at a time."""
    if needs.config is None:
        yield unknown(NO_LINE)
        return
    output = needs.config.line.output
    try:
        times = machine.disk_times(output)
    except OSError as error:
        yield unknown(f"{existing(output)} takes no file to measure by: {error.strerror}")
        return
    rate, worst_s = sum(needs.recorded.values()), max(times.worst_s, times.sync_s)
    words = (
        f"{existing(output)} takes {times.bytes_per_s / 1e6:.0f} MB/s, {rate / 1e6:.1f} are wanted; a write took "
        f"{1e3 * times.mean_s:.1f} ms, {1e3 * times.worst_s:.0f} at worst, a sync {1e3 * times.sync_s:.0f} (99 %)"
    )
    if times.bytes_per_s < MARGIN * rate:
        yield bad(words, "name a faster disk in line.output, or `what` and `packed` of a recorder that write less")
    elif needs.waits_s is not None and worst_s > needs.waits_s:
        yield bad(
            f"{words}: lines can wait for {needs.waits_s:.1f} s",
            f"name a faster disk in line.output, or rings {worst_s / needs.waits_s:.0f} times as long (ring_lines)",
        )
    else:
        yield good(words)


CHECKS = (
    Check(
        "disk", "room", f"{LEAST_FREE:.0%} are free, and {LEAST_HOURS:g} hours of what is written".replace("%", " %"),
        ALARM, room,
    ),
    Check("disk", "pace", f"it takes {MARGIN:g} times what is written, and no write outlasts a ring", ALARM, pace),
)  # fmt: skip
