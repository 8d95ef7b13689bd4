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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from oreline.errors import ConfigError, OrelineError
from oreline.files import append_whole
from oreline.guard import refusal
from oreline.ownership import open_own

SCANS = "scans.jsonl"
"""In the folder of a hole."""


@dataclass(frozen=True, slots=True)
class BoxScan:
    """Scan `scan`, counted from 1, of a box: lines `first_seq` to `last_seq`, both of it, of run `run` (hex). `cut`:
    why it was cut short, empty where the box was seen whole."""

    box: int
    scan: int
    run: str
    first_seq: int
    last_seq: int
    who: str
    when: str
    cut: str = ""

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
            there = _parsed(file.read()).of(scan.box)
            for one in there:
                if (one.run, one.first_seq) == (scan.run, scan.first_seq):
                    return one
            numbered = replace(scan, scan=1 + max((one.scan for one in there), default=0))
            _append(file, asdict(numbered))
        return numbered

    def choose(self, choice: Choice) -> None:
        """Write which scan of a box is in force from now on. Raises ConfigError where there is none such, StoreFailed
        and SystemRefused."""
        with self._open() as file:
            _parsed(file.read()).find(choice.box, choice.chosen)
            _append(file, asdict(choice))

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
            else:
                scans.append(BoxScan(**said))
        except (ValueError, TypeError):
            continue
    return BoxScans(tuple(scans), chosen)
