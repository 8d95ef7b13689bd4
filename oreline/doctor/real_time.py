"""Real time: what the system lets a process take that waits for nobody."""

from __future__ import annotations

from collections.abc import Iterator

from oreline.doctor.answer import INFO, WARNING, Answer, Check, bad, good, unknown
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs

PRIORITY = 50
"""That of acquisition; see deploy/systemd."""
FILE = "/etc/security/limits.d/oreline.conf"
CAP_IPC_LOCK, CAP_SYS_NICE = 14, 23


def _may(machine: Machine, capability: int) -> bool:
    return bool(int(machine.fields("proc/self/status").get("CapEff", "0"), 16) >> capability & 1)


def _limits(item: str, value: object) -> str:
    return f"echo '* - {item} {value}' >> {FILE}, and log in again (units have it from LimitRTPRIO= and LimitMEMLOCK=)"


def priority(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Priority in real time that a process of this user may take."""
    most = machine.limit("Max realtime priority")
    if most is None:
        yield unknown("/proc/self/limits cannot be read")
    elif most >= PRIORITY or _may(machine, CAP_SYS_NICE):
        yield good("priorities of real time may be taken")
    else:
        yield bad(f"no priority of real time above {most:g} may be taken (RLIMIT_RTPRIO)", _limits("rtprio", PRIORITY))


def locked_memory(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Memory that may be kept from the swap: the rings of the line."""
    most, wanted = machine.limit("Max locked memory"), sum(needs.rings.values()) or 256 * needs.frame_bytes
    if most is None:
        yield unknown("/proc/self/limits cannot be read")
    elif most >= wanted or _may(machine, CAP_IPC_LOCK):
        yield good("as much memory may be locked as rings have")
    else:
        yield bad(
            f"{most / 1e6:.0f} MB may be locked (RLIMIT_MEMLOCK), and rings have {wanted / 1e6:.0f} MB",
            _limits("memlock", "unlimited"),
        )


def runtime(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Share of each second that real time may have."""
    value = machine.number("proc/sys/kernel/sched_rt_runtime_us")
    if value is None:
        yield unknown("kernel.sched_rt_runtime_us cannot be read")
    elif 0 <= value < 900_000:
        yield bad(
            f"processes in real time have {value} us of each second (kernel.sched_rt_runtime_us)",
            "sysctl -w kernel.sched_rt_runtime_us=950000",
        )
    else:
        yield good(f"kernel.sched_rt_runtime_us is {value}")


CHECKS = (
    Check(
        "real time", "priority", f"RLIMIT_RTPRIO is {PRIORITY} at least, or CAP_SYS_NICE is there", WARNING, priority
    ),
    Check(
        "real time", "locked memory", "RLIMIT_MEMLOCK holds the rings, or CAP_IPC_LOCK is there", INFO, locked_memory
    ),
    Check("real time", "share", "kernel.sched_rt_runtime_us leaves real time nine tenths", WARNING, runtime),
)
