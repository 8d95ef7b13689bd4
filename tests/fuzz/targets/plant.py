"""The virtual PLC's scan: it meets whatever anyone wrote to its registers, one frame a scan."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from hypothesis import strategies as st

from hwsim.plant.program import VirtualPlc
from oreline import plc
from oreline.errors import PlcError
from tests.fuzz.target import Frames, Target
from tests.fuzz.targets.plc import BATCHES, frame, words

SCAN_NS = 5_000_000
IMAGE = plc.start(plc.STATUS) + plc.size(plc.STATUS)
COMMAND = plc.size(plc.COMMAND)

Batches = tuple[plc.Batch, ...]


def _encode(batches: Batches) -> Frames:
    return tuple(frame(plc.encode(batch))[0] for batch in batches)


def _decode(frames: Frames) -> Batches:
    """The batches that a fresh PLC takes. Raises PlcError where it takes none."""
    clock = count(0, SCAN_NS)
    program, taken = VirtualPlc(clock=lambda: next(clock)), []
    for one in frames:
        registers = (words((one,)) + [0] * IMAGE)[:IMAGE]
        before = program.batches
        program.scan(registers)
        status = plc.decode_status(registers[plc.start(plc.STATUS) :])
        if program.batches > before:
            taken.append(plc.decode(registers[:COMMAND]))
            assert status.acknowledged == taken[-1].sequence
    if not taken:
        raise PlcError("no batch was taken")
    return tuple(taken)


def target(_folder: Path) -> Target:
    of_belt = BATCHES.filter(lambda batch: not batch.test)
    batches = st.lists(of_belt, min_size=1, max_size=3, unique_by=lambda batch: batch.sequence).map(tuple)
    return Target(batches, _encode, _decode, PlcError, share=5)
