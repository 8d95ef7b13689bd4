"""An independent witness: `python -m tests.faults.witness OUT RING...` writes down every record as it is appended.

It maps the rings and reads nothing but their tables; no stream, no consumer, no process of the line knows of it.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import numpy as np

from oreline.errors import RingError
from oreline.ring import RingReader

SEEN = np.dtype([("ring", "<u1"), ("index", "<u8"), ("first", "<u8"), ("n", "<u8"), ("crc", "<u4"), ("seen_ns", "<i8")])
"""A record: its ring (in the order of the command line), what its entry says, CLOCK_MONOTONIC when it was seen."""
LOOK_S = 0.005


class Watched:
    """One ring, from its first record on."""

    def __init__(self, number: int, path: Path) -> None:
        self._number, self._path = number, path
        self._reader: RingReader | None = None
        self._next = 0
        self.missed = 0

    def look(self) -> list[tuple[int, ...]]:
        """The records since the last look. Those that were overwritten before it are counted as missed."""
        if self._reader is None:
            try:
                self._reader = RingReader(self._path)
            except RingError:
                return []
        now, found, head = time.monotonic_ns(), [], self._reader.head
        for index in range(self._next, head):
            entry = self._reader.entry(index)
            if entry is None:
                self.missed += 1
            else:
                found.append((self._number, index, entry.first, entry.n, entry.crc, now))
        self._next = max(self._next, head)
        return found


def main(out: str, *paths: str) -> None:
    """Until SIGTERM. The last line of standard output says how many records were missed."""
    going = True

    def stop(*_: object) -> None:
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, stop)
    watched = [Watched(number, Path(path)) for number, path in enumerate(paths)]
    with Path(out).open("wb") as file:
        while going:
            for ring in watched:
                file.write(np.array(ring.look(), SEEN).tobytes())
            time.sleep(LOOK_S)
    print(sum(ring.missed for ring in watched))


if __name__ == "__main__":
    main(*sys.argv[1:])
