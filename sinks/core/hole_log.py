"""Hole as it was scanned: the session and the scans in force, and what follows from them: rows and depths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from oreline.errors import ConfigError
from sinks.core.box_scans import BoxScan
from sinks.core.depth import Flag, HoleDepth, RowFind
from sinks.core.depth_tables import method_of
from sinks.core.doubts import SPARSE
from sinks.core.hole_folder import HoleFolder
from sinks.core.qc.wavelengths import last_words
from sinks.core.registration import register
from sinks.core.rows import beside, find_rows
from sinks.core.scan import Scan, core_in
from sinks.core.scan_reading import Which, read_scan
from sinks.core.session import Box, Session
from sinks.core.session_file import read_session
from sinks.core.session_in_force import box_of, digest, known
from sinks.core.trays_in_order import Counted, count


@dataclass(frozen=True)
class HoleLog:
    """Log of the hole of a folder. Each box is read when it is asked for, so that memory holds one at a time, and
    nothing is written. `which`: the answer, None for the usual one. `given`: the session where it is not that of the
    folder, which need not be there: trays that passed are its boxes in order, where none is written down."""

    folder: HoleFolder
    which: Which | None = None
    given: Session | None = None

    @classmethod
    def of(cls, hole: Path, output: Path | None, which: Which | None = None) -> HoleLog:
        """That of the folder of a hole; or of a session whose journal is in `output`. Raises ConfigError."""
        if output is None:
            return cls(HoleFolder.at(hole), which)
        folder, session = known(hole, output)
        return cls(folder, which, session)

    @cached_property
    def session(self) -> Session:
        return self.given or read_session(self.folder.session)

    @cached_property
    def counted(self) -> Counted:
        """Scans as they are written down, or else counted. Raises ConfigError, RecordingError."""
        written = self.folder.scans.read()
        return Counted(written) if written.all or self.given is None else count(self.folder, self.given)

    @cached_property
    def scans(self) -> dict[int, BoxScan]:
        """Scans in force by box, of boxes that the session has. Raises ConfigError where there are none."""
        numbers = {box.number for box in self.session.boxes}
        found = {number: one for number, one in self.counted.scans.in_force.items() if number in numbers}
        if not found:
            cut = "".join(f"; {one.name}: {one.cut}" for one in self.counted.scans.all)
            where = self.folder.scans.path
            raise ConfigError(
                f"no box of {self.session.hole.id} has been scanned{' whole' * bool(cut)} yet: {where}{cut}"
            )
        return found

    def must_have_scans(self) -> None:
        """Raises ConfigError, RecordingError where no box has been scanned."""
        assert self.scans

    def seen(self, at: BoxScan) -> Scan:
        """A scan, from the journal. Raises ConfigError, RecordingError."""
        return read_scan(self.folder.output, at, self.which, self.session.pixel_mm, self.session.line_mm)

    def rows(self, scan: Scan) -> tuple[RowFind, ...]:
        """Rows of core in a scan. Raises ConfigError."""
        box, rock = box_of(self.session, scan.box), core_in(scan, self.session.tray)
        return find_rows(rock, scan.along_mm, scan.pixel_mm, self.session, box, scan.missing)

    @cached_property
    def depth(self) -> HoleDepth:
        """Depths of all boxes in force. Raises ConfigError where the session contradicts itself or them."""
        finds, alongs, flags = {}, {}, list[Flag]()
        for number, at in self.scans.items():
            scan = self.seen(at)
            finds[number], alongs[number] = self.rows(scan), scan.along_mm
            flags += [*beside(scan.rock, finds[number], number), *_short(scan, box_of(self.session, number))]
        flags += self._left_out()
        laid = register(self.session, finds, alongs)
        return replace(laid, flags=(*flags, *laid.flags))

    def _left_out(self) -> Iterator[Flag]:
        """What is to be said of scans that are in no table."""
        scans = self.counted.scans
        yield from map(Flag, self.counted.notes)
        for number in sorted(scans.in_force.keys() - self.scans.keys()):
            yield Flag("it was scanned, but the session has no such box", number)
        for one in {one.box: one for one in scans.all if one.box not in scans.in_force}.values():
            yield Flag(f"cut short: {one.cut}; in no table until it is scanned again, or chosen", one.box)

    def depth_of(self, scan: Scan) -> HoleDepth:
        """Depths of one box by itself: of runs that go on in others, what can be known without them. Raises
        ConfigError."""
        return register(self.session, {scan.box: self.rows(scan)}, {scan.box: scan.along_mm})

    @property
    def header(self) -> dict[str, Any]:
        """What holds for all that is made of it, besides what samples say of themselves."""
        return {
            "session_sha256": digest(self.session),
            **method_of(self.session),
            "wavelength_check": last_words(self.folder),
            "earlier_scans": [one.name for one in self.counted.scans.all if one != self.scans.get(one.box)],
        }


def _short(scan: Scan, box: Box) -> Iterator[Flag]:
    """What is to be said of a scan that saw but a part of its box: what it did not see is taken for missing core."""
    hole_m, way_m = box.to_m - box.from_m, box.rows * float(np.ptp(scan.along_mm)) / 1e3
    if hole_m > SPARSE * way_m:
        words = f"{hole_m:.2f} m of hole for {way_m:.2f} m of rows that were scanned: see whether all of the box passed"
        yield Flag(words, box.number)
