"""Scan of a box: where core lies in it."""

from __future__ import annotations

import numpy as np

from oreline.messages import BACKGROUND, UNKNOWN
from sinks.core.registration import register
from sinks.core.rows import find_rows
from sinks.core.scan import core_in
from sinks.core.session import Box, Hole, Session
from tests.sinks.core.scans import KAOLINITE, NO_BANDS, REASON_NAMES, WOOD, a_scan

UNNAMED = np.uint8(REASON_NAMES.index("no bands"))


def test_metal_that_is_labelled_as_rock_without_bands_is_no_core_and_gaps_are_seen() -> None:
    codes = np.full((300, 60), BACKGROUND, np.uint8)
    codes[20:280, 5:55] = NO_BANDS
    codes[20:120, 10:50] = codes[160:260, 10:50] = KAOLINITE
    codes[60:66, 20:26] = NO_BANDS
    scan, box = a_scan(codes), Box(number=1, from_m=0.0, to_m=0.2, rows=1, core=40.0)
    session = Session(hole=Hole(id="A"), boxes=(box,), tray="metal")
    (find,) = find_rows(core_in(scan, session.tray), scan.along_mm, 1.0, session, box)
    assert np.flatnonzero(np.diff(find.kind)).tolist() == [19, 119, 159, 259]
    depth = register(session, {1: [find]}, {1: scan.along_mm}).boxes[1].rows[0].depth_m
    assert abs(depth[[50, 190]] - [0.0305, 0.1305]).max() < 0.001


def test_core_without_bands_is_core_in_a_tray_of_wood_and_wood_never_is() -> None:
    codes = np.array([[NO_BANDS, WOOD, KAOLINITE, UNKNOWN, BACKGROUND]], np.uint8)
    reasons = np.array([[255, 255, 255, UNNAMED, 255]], np.uint8)
    scan = a_scan(codes, reasons)
    assert core_in(scan, "wood").tolist() == [[True, False, True, True, False]]
    assert core_in(scan, "metal").tolist() == [[False, False, True, False, False]]
