"""Doctor: is this machine fit for a line? A file a subject, each a list of checks: pure functions of what was
read of the machine and of what a line needs. Nothing is changed, and nothing needs root.

What only a package knows it adds itself, by its module `doctor`: `CHECKS`, and `needs`, which adds to a line's needs.
"""

from oreline.doctor import clock, cpu, disk, link, memory, peers, real_time, rights, sockets, software
from oreline.doctor.answer import Answer, Check, Verdict, bad, good, unknown
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs

CHECKS: tuple[Check, ...] = (
    *link.CHECKS, *sockets.CHECKS, *cpu.CHECKS, *real_time.CHECKS, *memory.CHECKS, *clock.CHECKS, *disk.CHECKS,
    *rights.CHECKS, *software.CHECKS, *peers.CHECKS,
)  # fmt: skip
"""Checks of the machine itself, in the order in which they are shown."""

__all__ = ["CHECKS", "Answer", "Check", "Machine", "Needs", "Verdict", "bad", "good", "unknown"]
