"""Scans of a hole's boxes: which lines of which run are box 3, by whom and when.

They stand in `scans.jsonl`, one a line, which is only ever added to: a line is on the disk whole when `add` returns,
and of one that a power cut has torn nothing is believed. A box that was scanned again has several; the last that is
whole is in force, unless somebody chose another. One that was cut short is kept, and in force only where somebody chose
it.
"""

from __future__ import annotations

import fcntl
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median_low
from typing import Any

from oreline.errors import ConfigError, OrelineError
from oreline.files import append_whole
from oreline.guard import refusal
from oreline.ownership import open_own

SCANS = "scans.jsonl"
"""In the folder of a hole."""
LONG = 1.5
"""Way of a tray, as a multiple of that of the others, from which on it is taken for two."""
BOARDS_MM = 60.0
"""Of a tray, besides its rows."""


def usual_way_mm(ways_mm: Iterable[float], row_mm: float | None) -> float:
    """Way of a tray by those of others, or else by the length of its rows; 0 where neither is known."""
    known = [one for one in ways_mm if one]
    return median_low(known) if known else row_mm + BOARDS_MM if row_mm else 0.0


@dataclass(frozen=True, slots=True)
class BoxScan:
    """Scan `scan`, counted from 1, of a box: lines `first_seq` to `last_seq`, both of it, of run `run` (hex). `cut`:
    why it was cut short, empty where the box was seen whole. `way_mm`: of its tray by the encoder, 0 where it is not
    known. `counted`: its number was counted over lines that nobody saw, and nobody has said it since. `was`: the box
    that it was taken for before somebody said which it is, 0 for none."""

    box: int
    scan: int
    run: str
    first_seq: int
    last_seq: int
    who: str
    when: str
    cut: str = ""
    way_mm: float = 0.0
    counted: bool = False
    was: int = 0

    @property
    def name(self) -> str:
        """As people call it."""
        return f"box {self.box}" if self.scan == 1 else f"box {self.box}, scan {self.scan}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A scan of a box that somebody chose to be in force."""

    box: int
    chosen: int
    who: str
    when: str
    why: str


@dataclass(frozen=True, slots=True)
class Move:
    """Scan `moved` that was taken for a box, and is box `to`, as somebody says."""

    box: int
    moved: int
    to: int
    who: str
    when: str
    why: str


@dataclass(frozen=True, slots=True)
class BoxScans:
    """All scans, in the order in which they were made, and by box the one that was chosen."""

    all: tuple[BoxScan, ...] = ()
    chosen: Mapping[int, int] = field(default_factory=dict)

    def of(self, box: int) -> list[BoxScan]:
        """Those of a box, oldest first."""
        return [one for one in self.all if one.box == box]

    def find(self, box: int, scan: int) -> BoxScan:
        """Raises ConfigError where there is none such."""
        for one in self.of(box):
            if one.scan == scan:
                return one
        known = ", ".join(f"scan {one.scan} of {one.when}" for one in self.of(box)) or "none yet"
        raise ConfigError(f"box {box} has no scan {scan}: {known}")

    @property
    def in_force(self) -> dict[int, BoxScan]:
        """By box, in order of their numbers, the scan that tables are made of."""
        found = {one.box: one for one in self.all if not one.cut}
        found |= {one.box: one for one in self.all if self.chosen.get(one.box) == one.scan}
        return dict(sorted(found.items()))


class BoxScansFile:
    """File of a hole's scans. `path`: scans.jsonl in its folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> BoxScans:
        """What stands in it; nothing where it is not there. Raises SystemRefused where it cannot be read."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return BoxScans()
        except OSError as error:
            raise refusal(error, self.path) from None
        return _parsed(content)

    def add(self, scan: BoxScan) -> BoxScan:
        """Write a scan, numbered behind those of its box; one of the same lines is not written twice. Raises
        StoreFailed and SystemRefused."""
        with self._open() as file:
            all_of_them = _parsed(file.read())
            for one in all_of_them.all:
                if scan.box in (one.box, one.was) and (one.run, one.first_seq) == (scan.run, scan.first_seq):
                    return one
            there = all_of_them.of(scan.box)
            numbered = replace(scan, scan=1 + max((one.scan for one in there), default=0))
            _append(file, asdict(numbered))
        return numbered

    def choose(self, choice: Choice) -> None:
        """Write which scan of a box is in force from now on. Raises ConfigError where there is none such, StoreFailed
        and SystemRefused."""
        with self._open() as file:
            _parsed(file.read()).find(choice.box, choice.chosen)
            _append(file, asdict(choice))

    def move(self, move: Move) -> BoxScan:
        """Write which box a scan is, and return it as that. Raises ConfigError where there is none such, StoreFailed
        and SystemRefused."""
        with self._open() as file:
            content = file.read()
            _parsed(content).find(move.box, move.moved)
            _append(file, asdict(move))
            return _moved(list(_parsed(content).all), move)

    @contextmanager
    def _open(self) -> Iterator[io.FileIO]:
        """The file, for nobody else meanwhile, at its beginning; what a crash left behind its last whole line goes."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with io.FileIO(open_own(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640), "r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                content = file.read()
                file.truncate(content.rfind(b"\n") + 1)
                file.seek(0)
                yield file
        except OrelineError:
            raise
        except OSError as error:
            raise refusal(error, self.path) from None


def _append(file: io.FileIO, said: Mapping[str, Any]) -> None:
    append_whole(file, json.dumps(said, ensure_ascii=False).encode() + b"\n")
    os.fsync(file.fileno())


def _parsed(content: bytes) -> BoxScans:
    """Lines that are whole and make sense; others are passed over."""
    scans, chosen = list[BoxScan](), dict[int, int]()
    for line in content[: content.rfind(b"\n") + 1].splitlines():
        try:
            said = json.loads(line)
            if "chosen" in said:
                choice = Choice(**said)
                chosen[choice.box] = choice.chosen
            elif "moved" in said:
                move = Move(**said)
                _moved(scans, move)
                chosen.pop(move.to, None)
                if chosen.get(move.box) == move.moved:
                    del chosen[move.box]
            else:
                scans.append(BoxScan(**said))
        except (ValueError, TypeError):
            continue
    return BoxScans(tuple(scans), chosen)


def _moved(scans: list[BoxScan], move: Move) -> BoxScan:
    """Scans with one that is another box now, which is its latest. Raises ValueError where there is none such."""
    places = [at for at, one in enumerate(scans) if (one.box, one.scan) == (move.box, move.moved)]
    if not places:
        raise ValueError(f"no scan {move.moved} of box {move.box}")
    scan = scans.pop(places[0])
    number = 1 + max((one.scan for one in scans if one.box == move.to), default=0)
    scans.append(replace(scan, box=move.to, scan=number, who=move.who, counted=False, was=scan.was or move.box))
    return scans[-1]
