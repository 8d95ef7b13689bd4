"""Hole as it was scanned: the session and the scans in force, and what follows from them: rows, depths, samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from oreline.errors import ConfigError
from sinks.core.box_scans import BoxScan
from sinks.core.counting import samples_of
from sinks.core.depth import Flag, HoleDepth, RowFind
from sinks.core.depth_tables import method_of
from sinks.core.doubts import SPARSE
from sinks.core.hole_folder import HoleFolder
from sinks.core.qc.wavelengths import last_words
from sinks.core.registration import register
from sinks.core.rows import beside, find_rows
from sinks.core.samples import CoreSamples
from sinks.core.scan import Scan, core_in
from sinks.core.scan_reading import Which, read_scan
from sinks.core.session import Box, Session
from sinks.core.session_file import read_session
from sinks.core.session_in_force import box_of, digest


@dataclass(frozen=True)
class HoleLog:
    """Log of the hole of a folder. Each box is read when it is asked for, so that memory holds one at a time. `which`:
    the answer, None for the usual one."""

    folder: HoleFolder
    which: Which | None = None

    @cached_property
    def session(self) -> Session:
        return read_session(self.folder.session)

    @cached_property
    def scans(self) -> dict[int, BoxScan]:
        """Scans in force by box, of boxes that the session has. Raises ConfigError where there are none."""
        numbers = {box.number for box in self.session.boxes}
        found = {number: one for number, one in self.folder.scans.read().in_force.items() if number in numbers}
        if not found:
            raise ConfigError(f"no box of {self.session.hole.id} has been scanned yet: {self.folder.scans.path}")
        return found

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
        strangers = sorted(self.folder.scans.read().in_force.keys() - self.scans.keys())
        flags += [Flag("it was scanned, but the session has no such box", number) for number in strangers]
        laid = register(self.session, finds, alongs)
        return replace(laid, flags=(*flags, *laid.flags))

    def depth_of(self, scan: Scan) -> HoleDepth:
        """Depths of one box by itself: of runs that go on in others, what can be known without them. Raises
        ConfigError."""
        return register(self.session, {scan.box: self.rows(scan)}, {scan.box: scan.along_mm})

    def samples(self) -> Iterator[CoreSamples]:
        """Samples of all boxes in force, box after box."""
        for at in self.scans.values():
            yield samples_of(self.session.hole.id, self.seen(at), self.depth)

    @property
    def header(self) -> dict[str, Any]:
        """What holds for all that is made of it, besides what samples say of themselves."""
        return {
            "session_sha256": digest(self.session),
            **method_of(self.session),
            "wavelength_check": last_words(self.folder),
            "earlier_scans": [one.name for one in self.folder.scans.read().all if one != self.scans.get(one.box)],
        }


def _short(scan: Scan, box: Box) -> Iterator[Flag]:
    """What is to be said of a scan that saw but a part of its box: what it did not see is taken for missing core."""
    hole_m, way_m = box.to_m - box.from_m, box.rows * float(np.ptp(scan.along_mm)) / 1e3
    if hole_m > SPARSE * way_m:
        words = f"{hole_m:.2f} m of hole for {way_m:.2f} m of rows that were scanned: see whether all of the box passed"
        yield Flag(words, box.number)
