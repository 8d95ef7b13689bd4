"""Link: the network card of the camera."""

from __future__ import annotations

from collections.abc import Iterator

from oreline.doctor.answer import ALARM, WARNING, Answer, Check, bad, good, unknown
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs

JUMBO = 9000
"""Bytes of the largest packet that GigE Vision cameras are set to."""
HEADS = 36
"""Bytes of IP, UDP and GVSP in a packet."""
NOT_ON_NETWORK = "the camera is not on the network"
NAME_IT = "name the camera's card with --card"
_SYS = "sys/class/net"
_CARDS_OF_NO_CAMERA = ("lo", "docker", "br-", "virbr", "wl")


def cards(machine: Machine, needs: Needs) -> list[str]:
    """Cards at which a camera may be: the one that was named, or those that are up, without the one of the default
    route where there are others."""
    if needs.card is not None:
        return [needs.card]
    names = [path.rpartition("/")[2] for path in machine.names(f"{_SYS}/*")]
    up = [name for name in names if _is_up(machine, name)]
    others = [name for name in up if name not in _default_routes(machine)]
    return others or up


def _is_up(machine: Machine, name: str) -> bool:
    is_theirs = not name.startswith(_CARDS_OF_NO_CAMERA)
    return is_theirs and machine.read(f"{_SYS}/{name}/operstate") in ("up", "unknown")


def _default_routes(machine: Machine) -> set[str]:
    rows = (line.split() for line in (machine.read("proc/net/route") or "").splitlines()[1:])
    return {row[0] for row in rows if len(row) > 1 and row[1] == "00000000"}


def _each_card(machine: Machine, needs: Needs) -> tuple[list[str], Answer | None]:
    """Cards to judge, or why there are none."""
    if not needs.on_network:
        return [], good(NOT_ON_NETWORK)
    found = cards(machine, needs)
    missing = needs.card is not None and machine.read(f"{_SYS}/{needs.card}/mtu") is None
    if missing:
        return [], bad(f"there is no network card {needs.card}", "`ip link` lists those that there are")
    return found, None if found else unknown(f"no network card is up; {NAME_IT}")


def mtu(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Packets as large as cameras send them."""
    found, answer = _each_card(machine, needs)
    if answer is not None:
        yield answer
    for card in found:
        size = machine.number(f"{_SYS}/{card}/mtu") or 0
        packets = -(-needs.frame_bytes // max(1, size - HEADS))
        if size >= JUMBO:
            yield good(f"{card} takes packets of {size} bytes")
        else:
            yield bad(
                f"{card} takes packets of {size} bytes, so a line is {packets} of them",
                f"ip link set {card} mtu {JUMBO}",
            )


def speed(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Lines a second that the card carries."""
    found, answer = _each_card(machine, needs)
    if answer is not None:
        yield answer
    for card in found:
        megabits = machine.number(f"{_SYS}/{card}/speed") or 0
        carried = megabits * 1e6 / 8 * 0.97 / needs.frame_bytes
        words = f"{card}, {megabits} Mbit/s, carries {carried:.0f} lines/s of {needs.frame_bytes} bytes"
        if megabits <= 0:
            yield unknown(f"{card} does not tell its speed")
        elif carried >= needs.line_rate_hz:
            yield good(words)
        else:
            yield bad(
                f"{words}, but {needs.line_rate_hz:g} are wanted",
                f"put the camera at a card of {_card_for(needs)} Gbit/s (`ethtool {card}` says what this one could), "
                "or lower AcquisitionFrameRate or Height in acquisition.features",
            )


def _card_for(needs: Needs) -> str:
    gigabits = needs.bytes_per_s * 8 / 0.97e9
    return next((f"{size:g}" for size in (1, 2.5, 5, 10, 25) if size >= gigabits), "100")


CHECKS = (
    Check("link", "packets", f"the camera's card takes packets of {JUMBO} bytes", WARNING, mtu),
    Check("link", "speed", "the camera's card carries bands x samples x rate x 2 bytes", ALARM, speed),
)
