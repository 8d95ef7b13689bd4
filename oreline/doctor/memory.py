"""Memory: room for rings, and what makes it slow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from oreline.doctor.answer import ALARM, INFO, WARNING, Answer, Check, bad, good, unknown
from oreline.doctor.machine import Machine, existing
from oreline.doctor.needs import Needs

CALM = 10
"""vm.swappiness up to which a kernel rather gives up copies of files than memory of processes."""
_THP = "sys/kernel/mm/transparent_hugepage/enabled"


def rings(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Room for the rings of a line, where they will be."""
    if needs.config is None or not needs.rings:
        yield unknown("a line's file tells how much its rings take")
        return
    folder = needs.config.line.folder
    there = sum(path.stat().st_blocks * 512 for path in folder.glob("*.ring")) if folder.is_dir() else 0
    free, wanted = machine.room(folder)[0] + there, sum(needs.rings.values())
    told = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in needs.rings.items())
    if free >= wanted:
        yield good(f"{existing(folder)} has {free / 1e6:.0f} MB free for rings of {wanted / 1e6:.0f} MB ({told})")
    else:
        size = _mebibytes(wanted + machine.room(folder)[1] - free)
        mount = _tmpfs_of(machine, existing(folder))
        enlarged = f"mount -o remount,size={size}M {mount} (a container: --shm-size), " if mount else ""
        yield bad(
            f"{existing(folder)} has {free / 1e6:.0f} MB free, and rings take {wanted / 1e6:.0f} MB ({told}): "
            f"{(wanted - free) / 1e6:.0f} MB short",
            f"{enlarged}another folder as line.state, or smaller acquisition.ring_lines",
        )


def _mebibytes(size: int) -> int:
    return -(-size // (1 << 20))


def _tmpfs_of(machine: Machine, folder: Path) -> str:
    """Where the disk in memory is mounted on which a folder is; empty where it is on another."""
    rows = (line.split() for line in (machine.read("proc/mounts") or "").splitlines())
    mounts = [(row[1], row[2]) for row in rows if len(row) > 2 and folder.is_relative_to(row[1])]
    place, kind = max(mounts, key=lambda mount: len(mount[0]), default=("", ""))
    return place if kind == "tmpfs" else ""


def available(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Memory that rings can be in, since a disk in memory promises more than there is."""
    found = re.match(r"(\d+) kB", machine.fields("proc/meminfo").get("MemAvailable", ""))
    wanted = sum(needs.rings.values()) + 64 * needs.frame_bytes
    if found is None:
        yield unknown("/proc/meminfo does not tell")
    elif int(found[1]) * 1024 >= wanted:
        yield good(f"{int(found[1]) / 1e6:.1f} GB are available")
    else:
        yield bad(
            f"{int(found[1]) / 1e3:.0f} MB are available, and rings and buffers take {wanted / 1e6:.0f} MB",
            "end what else takes memory (`ps --sort -rss -eo rss,args | head`), or smaller acquisition.ring_lines",
        )


def huge_pages(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Huge pages only for who asks: to make them stops a process for milliseconds."""
    chosen = re.search(r"\[(\w+)\]", machine.read(_THP) or "")
    if chosen is None:
        yield unknown(f"/{_THP} does not tell")
    elif chosen[1] == "always":
        yield bad("memory is gathered into huge pages unasked, which stops a process", f"echo madvise > /{_THP}")
    else:
        yield good(f"huge pages: {chosen[1]}")


def swap(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Swap that does not take what a line needs once an hour."""
    total, eager = machine.fields("proc/meminfo").get("SwapTotal"), machine.number("proc/sys/vm/swappiness")
    if total is None or eager is None:
        yield unknown("/proc/meminfo or vm.swappiness cannot be read")
    elif total.startswith("0 ") or eager <= CALM:
        yield good("no swap" if total.startswith("0 ") else f"vm.swappiness is {eager}")
    else:
        yield bad(
            f"memory of a line may go to the swap (vm.swappiness is {eager})",
            "echo 'vm.swappiness = 1' > /etc/sysctl.d/91-oreline.conf && sysctl --system",
        )


CHECKS = (
    Check("memory", "room for rings", "the rings fit where they will be", ALARM, rings),
    Check("memory", "available", "as much is available as rings and buffers take", ALARM, available),
    Check("memory", "huge pages", "transparent_hugepage is madvise or never", INFO, huge_pages),
    Check("memory", "swap", f"there is none, or vm.swappiness is {CALM} at most", WARNING, swap),
)
