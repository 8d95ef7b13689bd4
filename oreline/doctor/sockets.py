"""Sockets: the kernel's buffers between the camera's card and its driver."""

from __future__ import annotations

import time
from collections.abc import Iterator

from oreline.doctor.answer import ALARM, WARNING, Answer, Check, bad, good, unknown
from oreline.doctor.link import NOT_ON_NETWORK
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs

FRAMES = 2
"""Lines of the camera that a socket is to hold."""
LEAST_BACKLOG = 1000
WATCHED_S = 0.5
FILE = "/etc/sysctl.d/90-oreline.conf"


def _sysctl(key: str, value: int) -> str:
    return f"echo '{key} = {value}' >> {FILE} && sysctl --system"


def receive_buffer(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """The largest receive buffer that a driver may ask for."""
    wanted = FRAMES * needs.frame_bytes
    yield _at_least(machine, needs, "net.core.rmem_max", wanted, f"{FRAMES} lines of the camera are {wanted} bytes")


def backlog(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Packets that may wait for a core."""
    yield _at_least(machine, needs, "net.core.netdev_max_backlog", LEAST_BACKLOG, "so many packets may come at once")


def _at_least(machine: Machine, needs: Needs, key: str, wanted: int, why: str) -> Answer:
    if not needs.on_network:
        return good(NOT_ON_NETWORK)
    value = machine.number(f"proc/sys/{key.replace('.', '/')}")
    if value is None:
        return unknown(f"{key} cannot be read")
    if value >= wanted:
        return good(f"{key} is {value}")
    return bad(f"{key} is {value}, and {why}", _sysctl(key, wanted))


def overruns(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Datagrams that found their socket full, now."""
    before = _errors(machine)
    if before is None:
        yield unknown("/proc/net/snmp cannot be read")
        return
    time.sleep(WATCHED_S)
    now = _errors(machine) or before
    if now > before:
        wanted = 4 * FRAMES * needs.frame_bytes
        yield bad(
            f"{now - before} datagrams were dropped in {WATCHED_S} s, since nobody took them from their socket in time",
            _sysctl("net.core.rmem_max", wanted) + ", and let the camera's driver ask for as much",
        )
    else:
        yield good(f"no datagram was dropped in {WATCHED_S} s, {now} since the host was started")


def _errors(machine: Machine) -> int | None:
    rows = [line.split() for line in (machine.read("proc/net/snmp") or "").splitlines() if line.startswith("Udp:")]
    try:
        return int(dict(zip(*rows[:2], strict=True))["RcvbufErrors"])
    except (TypeError, ValueError, KeyError):
        return None


CHECKS = (
    Check(
        "sockets", "receive buffer", f"net.core.rmem_max holds {FRAMES} lines of the camera", WARNING, receive_buffer
    ),
    Check("sockets", "backlog", f"net.core.netdev_max_backlog is {LEAST_BACKLOG} at least", WARNING, backlog),
    Check("sockets", "overruns", "UDP's RcvbufErrors do not grow", ALARM, overruns),
)
