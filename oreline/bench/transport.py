"""Lines from one process to another: one copy into the ring, a word about where they lie, checked where they lie."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic, monotonic_ns, perf_counter, process_time, sleep

import numpy as np

from oreline.bench.case import BANDS, LINE_BYTES, SAMPLES, Case
from oreline.bench.ceilings import MEMCPY
from oreline.errors import StreamError
from oreline.messages import Flag, Kind, RawLine, Stamp, StreamInfo
from oreline.ring import Ring, slot_bytes
from oreline.sink import Policy
from oreline.stream import Inbox, Outbox
from oreline.wire import HEADER_LIMIT

RUN = b"oreline  bench  "
SLOTS = 64
SKIPPED = 500
"""Lines that pass before the clock starts: both sides are up, and the ring is no longer filled in advance."""
PATIENCE_S = 60.0


def cases(folder: Path, quick: bool) -> list[Case]:
    """Against memcpy of the same bytes: a line is read once and written once."""
    lines = 4_000 if quick else 10_000
    return [
        Case("ring + descriptor", lambda: _measure(folder, lines), 2 * LINE_BYTES / 1e9,
             "GB/s", MEMCPY, fast=False)
    ]  # fmt: skip


def _measure(parent: Path, lines: int) -> float:
    """Seconds a line at the consumer's side. Each time a new ring: an old one would be gone on with."""
    with tempfile.TemporaryDirectory(dir=parent) as name, closing(_inbox(Path(name))) as inbox:
        producer = subprocess.Popen([sys.executable, "-m", "oreline.bench.transport", name, str(lines)])
        try:
            _receive(inbox, lambda: inbox.next >= SKIPPED)
            begin, before = perf_counter(), inbox.next
            _receive(inbox, lambda: inbox.next >= lines)
            seconds = (perf_counter() - begin) / (lines - before)
            _receive(inbox, lambda: producer.poll() is not None)
        finally:
            producer.kill()
            producer.wait()
    return seconds


def _inbox(folder: Path) -> Inbox:
    return Inbox(_endpoint(folder), "bench", Policy.COMPLETE, ring=folder / "raw.ring", borrow=True)


def _receive(inbox: Inbox, enough: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE_S
    while not enough():
        inbox.receive(5)
        inbox.ack()
        if monotonic() > deadline:
            raise StreamError(f"transport stands still after {inbox.next} lines")


def _endpoint(folder: Path) -> str:
    return f"ipc://{folder}/raw.sock"


def consume(folder: Path, lines: int) -> float:
    """Take so many lines, and return what processor time they took."""
    with closing(_inbox(folder)) as inbox:
        _receive(inbox, lambda: inbox.next > 0)
        before = process_time()
        _receive(inbox, lambda: inbox.next >= lines)
        return process_time() - before


def produce(folder: Path, lines: int, rate_hz: float = 0.0) -> float:
    """Store lines as fast as there is room, or so many a second, until all are committed. Returns processor time."""
    ring = Ring.open(folder / "raw.ring", SLOTS, slot_bytes(HEADER_LIMIT, LINE_BYTES, 8 * BANDS))
    wavelengths = tuple(np.linspace(900.0, 1700.0, BANDS).tolist())
    info = StreamInfo(RUN, 0, 0, "bench", "bench", wavelengths, SAMPLES, 0, 4095, 1000.0, 1.0, 670.0, 1.0, 1.0)
    counts = np.ones((BANDS, SAMPLES), np.uint16)
    with closing(Outbox(_endpoint(folder), ring, complete=["bench"])) as outbox:
        outbox.put(info)
        begin, before = monotonic(), process_time()
        for seq in range(lines):
            if rate_hz:
                sleep(max(0.0, begin + seq / rate_hz - monotonic()))
            while not outbox.has_room():
                outbox.pump(1)
            outbox.put(RawLine(Stamp(RUN, 0, seq, seq, monotonic_ns(), seq), Kind.SCENE, Flag.NONE, counts))
            outbox.pump()
        while not outbox.drained:
            outbox.pump(5)
        return process_time() - before


if __name__ == "__main__":
    produce(Path(sys.argv[1]), int(sys.argv[2]))
