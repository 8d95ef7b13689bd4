"""Clock: whether times in journals and reports are those of the plant."""

from __future__ import annotations

from collections.abc import Iterator

from oreline.doctor.answer import WARNING, Answer, Check, bad, good, unknown
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs


def synchronised(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """The wall clock is kept by a server."""
    told = machine.clock()
    if told is None:
        yield unknown("the kernel does not say whether the clock is synchronised")
    elif told[0]:
        yield good(f"synchronised, {1e3 * told[1]:.0f} ms off at most")
    else:
        yield bad("the clock is not synchronised", "apt install chrony, or timedatectl set-ntp true")


CHECKS = (Check("clock", "synchronised", "adjtimex(2) says that a server keeps it", WARNING, synchronised),)
