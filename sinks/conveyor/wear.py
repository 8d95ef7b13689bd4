"""Wear of the valves: how often each has opened since it was new, over all runs into an output folder.

Counted and written by the thread that writes shots, each 10 s and at the end, whole: a sorter that is killed forgets
10 s at most. A valve is new when `REPLACED` says so with another time than before.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from oreline.files import read_plain, write_whole
from oreline.incidents import report
from oreline.orders import OrderReader
from oreline.sorting import REPLACED
from sinks.conveyor.schedule import Row
from sinks.conveyor.stand_ins import valves_in

SHOTS = "valves.json"
WRITE_NS = 10_000_000_000
_MOST = 1 << 20
Count = Annotated[int, Field(ge=0)]


class _Kept(BaseModel):
    """`shots`: of each valve since it is new; `replaced`: when it was, as it was said."""

    shots: dict[int, Count] = {}
    replaced: dict[int, str] = {}


class Wear:
    """Wear of so many valves. `life`: openings after which one is worn. `clock`: CLOCK_MONOTONIC in ns. One thread
    calls `count`, `look` and `close`; what `shots` says is good in every thread."""

    def __init__(
        self, folder: Path, valves: int, life: int | None, clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._path, self._life, self._clock = folder / SHOTS, life, clock
        self._kept = self._read()
        self.shots = [self._kept.shots.get(valve, 0) for valve in range(valves)]
        self._orders = OrderReader(folder / REPLACED, clock)
        self._worn = set[int]()
        self._last: Row | None = None
        self._changed, self._failed = False, False
        self._next_ns = clock() + WRITE_NS

    def count(self, rows: Iterable[Row]) -> None:
        """Rows that the bank took, in order. A valve that is open in one line and in the next has opened once."""
        for row in rows:
            follows = self._last is not None and row.seq == self._last.seq + 1
            before = self._last.bitmap if self._last is not None and follows else 0
            for valve in valves_in(row.bitmap & ~before):
                if valve < len(self.shots):
                    self.shots[valve] += 1
            self._last, self._changed = row, True

    def look(self) -> None:
        """Take note of valves that are new, say which are worn, and write when it is time; costs little otherwise."""
        self._renew(self._orders.poll() or {})
        if self._changed:
            self._say_worn()
        if self._changed and self._clock() >= self._next_ns:
            self._write()

    def close(self) -> None:
        if self._changed:
            self._write()

    def _renew(self, replaced: dict[str, object]) -> None:
        for name, when in replaced.items():
            valve = int(name) if name.isdecimal() and len(name) < 4 else len(self.shots)
            if valve >= len(self.shots) or not isinstance(when, str):
                self._orders.refuse(f"there is no valve {name!r}, or no time when it was replaced")
            elif self._kept.replaced.get(valve) != when:
                self._kept.replaced[valve] = when
                self.shots[valve], self._changed, self._next_ns = 0, True, 0
                self._worn.discard(valve)

    def _say_worn(self) -> None:
        if self._life is None:
            return
        for valve, shots in enumerate(self.shots):
            if shots >= self._life and valve not in self._worn:
                self._worn.add(valve)
                words = f"valve {valve} has opened {shots} times, of {self._life} that it is good for: change it, then"
                report("", "valve_worn", f"{words} oreline valves replaced {valve}")

    def _read(self) -> _Kept:
        """What was counted before. What makes no sense is put aside, and said."""
        try:
            return _Kept.model_validate_json(read_plain(self._path, _MOST))
        except FileNotFoundError:
            return _Kept()
        except (OSError, ValidationError) as error:
            aside = self._path.with_suffix(".damaged")
            try:
                self._path.replace(aside)
            except OSError:
                aside = self._path
            reason = error.strerror if isinstance(error, OSError) else "it is not what was written"
            report("", "no_wear", f"{self._path}: {reason}; it is {aside} now, and shots are counted from 0")
            return _Kept()

    def _write(self) -> None:
        kept = {"shots": dict(enumerate(self.shots)), "replaced": self._kept.replaced}
        self._next_ns = self._clock() + WRITE_NS
        try:
            write_whole(self._path, json.dumps(kept).encode())
            self._changed = self._failed = False
        except OSError as error:
            if not self._failed:
                report("", "no_wear", f"{self._path}: {error.strerror}; it is tried again")
            self._failed = True
