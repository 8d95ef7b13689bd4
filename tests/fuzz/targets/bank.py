"""`sinks.conveyor.outputs.udp_bank.UdpBank`: whatever comes as the answer of a bank of valves."""

from __future__ import annotations

import socket
from pathlib import Path

from hypothesis import strategies as st

from oreline.errors import PlcError
from oreline.plc import MAX_VALVES, State
from sinks.conveyor.outputs.output import BankStatus
from sinks.conveyor.outputs.udp_bank import ANSWER, FAULTY, VERSION, UdpBank, UdpSettings
from sinks.conveyor.schedule import Row
from tests.fuzz.target import Frames, Target
from tests.fuzz.targets.plc import DOUBLE, WORD

SESSION, NOW_NS = 0x5E5510, 10**12
STATUSES = st.builds(
    BankStatus,
    seen_ns=st.just(NOW_NS),
    encoder=DOUBLE,
    inhibit=st.booleans(),
    valve_faults=WORD,
    late=WORD,
    faulty=st.integers(0, 2**MAX_VALVES - 1),
)


def _encode(status: BankStatus) -> Frames:
    """The answer to the first datagram of a session, which has a row."""
    said = (status.inhibit, SESSION, 1, status.encoder, status.valve_faults, status.late)
    answer = ANSWER.pack(b"OA", VERSION, *said)
    return (answer + FAULTY.pack(status.faulty.to_bytes(FAULTY.size, "little")) if status.faulty else answer,)


def _decode(frames: Frames) -> BankStatus:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        ours.setblocking(False)
        output = UdpBank(ours, UdpSettings(), lambda: NOW_NS)
        output._session = SESSION  # as if it had been drawn
        output.offer([Row(0, 100, 1, NOW_NS)])
        output.pump(State.RUN)
        for frame in frames[:8]:
            theirs.send(frame[:4096])
        output.pump(State.RUN)
    if not output.status.seen_ns:
        raise PlcError("nothing of that is an answer")
    return output.status


def target(_folder: Path) -> Target:
    return Target(STATUSES, _encode, _decode, PlcError, share=1)
