"""Checks of a scanned box: what a technician is told, of one thing that is wrong at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oreline.messages import BACKGROUND, INVALID, UNKNOWN, Flag
from sinks.core.qc.checks import of_scan
from sinks.core.qc.finding import Finding, Level
from sinks.core.qc.limits import QcLimits
from sinks.core.scan import Scan
from tests.sinks.core.qc.scans import LINES, box_scan, passage, rows

LIMITS = QcLimits()


def found(scan: Scan | None = None, **of_lines: object) -> dict[str, Level]:
    findings = of_scan(scan or box_scan(), passage(**of_lines), rows(), LIMITS)
    assert all(one.words and one.action for one in findings)
    return {one.check: one.level for one in findings}


def test_a_good_box_passes() -> None:
    assert found() == {}


def test_an_empty_table_is_no_box() -> None:
    scan = box_scan()
    nothing = replace(scan, rock=np.zeros_like(scan.rock), codes=np.full_like(scan.codes, BACKGROUND))
    assert found(nothing) == {"no_rock": Level.RESCAN}


@pytest.mark.parametrize(
    ("flag", "check", "level"),
    [
        (Flag.NO_LIGHT, "no_light", Level.RESCAN),
        (Flag.LAMP, "lamp", Level.RESCAN),
        (Flag.STALE, "reference_stale", Level.LOOK),
        (Flag.ENCODER, "encoder", Level.LOOK),
    ],
)
def test_what_a_line_was_flagged_for_is_said_of_its_box(flag: Flag, check: str, level: Level) -> None:
    flags = np.zeros(LINES, np.uint16)
    flags[50:54] = flag
    assert found(flags=flags) == {check: level}


@pytest.mark.parametrize(("lines", "level"), [(1, Level.LOOK), (20, Level.RESCAN)])
def test_core_that_shines_is_told_by_how_much_of_it_is_lost(lines: int, level: Level) -> None:
    scan = box_scan()
    scan.codes[60 : 60 + lines, 10:45], scan.rock[60 : 60 + lines, 10:45] = INVALID, False
    assert found(scan) == {"saturated": level}


def test_a_lost_line_is_missing_and_not_saturated() -> None:
    scan = box_scan()
    scan.codes[60], scan.rock[60], scan.missing[60] = INVALID, False, True
    assert found(scan) == {"missing": Level.LOOK}


def test_a_long_stretch_of_lost_lines_asks_for_another_scan_and_many_short_ones_do_not() -> None:
    short, long = box_scan(), box_scan()
    short.missing[40:160:10] = True
    long.missing[40:52] = True
    for scan in (short, long):
        scan.codes[scan.missing], scan.rock[scan.missing] = INVALID, False
    assert found(short) == {"missing": Level.LOOK}
    assert found(long) == {"missing": Level.RESCAN}


@pytest.mark.parametrize(("samples", "sample"), [(slice(0, 5), "0"), (slice(95, 100), "99")])
def test_a_row_that_the_field_of_view_cuts_is_told_with_its_end(samples: slice, sample: str) -> None:
    scan = box_scan()
    scan.rock[20:180, samples] = True
    (finding,) = of_scan(scan, passage(), rows(), LIMITS)
    assert (finding.check, finding.level, finding.values["sample"]) == ("edge", Level.RESCAN, sample)


@pytest.mark.parametrize(("lines", "check"), [(slice(0, 20), "front"), (slice(180, 200), "back")])
def test_a_box_whose_end_was_not_seen_is_scanned_again(lines: slice, check: str) -> None:
    scan = box_scan()
    scan.rock[lines, 10:45] = True
    assert found(scan) == {check: Level.RESCAN}


def test_a_speck_of_noise_on_the_first_line_is_no_box_that_began_too_late() -> None:
    scan = box_scan()
    scan.rock[0, 33] = True
    assert found(scan) == {}


def test_specks_of_a_metal_wall_are_no_box_that_began_too_late() -> None:
    scan = box_scan()
    for line in range(20):
        scan.rock[line, line % 10 : 100 : 11] = True
    scan.rock[:3, 60:62] = True
    assert found(scan) == {}


def test_dust_is_a_column_dark_in_all_lines_and_the_wall_between_rows_is_none() -> None:
    scan = box_scan()
    scan.rock[:, 30:32] = False
    (finding,) = of_scan(scan, passage(), rows(), LIMITS)
    assert (finding.check, finding.values["columns"]) == ("dust", "30-31")


def test_gaps_in_most_of_the_rows_are_those_of_another_box_and_no_dust() -> None:
    scan = box_scan()
    scan.rock[:, 16:20] = scan.rock[:, 60:64] = False
    (finding,) = of_scan(scan, passage(), rows(), LIMITS)
    assert (finding.check, finding.level) == ("stripes", Level.RESCAN)
    assert "2 of its 2 rows have a stripe without core" in finding.words
    assert "See that it is this box" in finding.action


def test_a_fracture_along_the_core_is_no_dust() -> None:
    scan = box_scan()
    scan.rock[20:120, 30] = False
    assert found(scan) == {}


def test_an_encoder_that_slips_now_and_then_is_looked_at_and_one_that_slips_on_is_not_believed() -> None:
    slips, hangs = passage().encoder.copy(), passage().encoder.copy()
    slips[100:] += 25
    slips[120:] -= 25
    slips[130:] += 12
    hangs[50:150] = hangs[50]
    assert found(encoder=slips) == {"encoder": Level.LOOK}
    assert found(encoder=hangs) == {"encoder": Level.RESCAN}
    assert found(encoder=-passage().encoder) == {}


def test_missing_lines_are_no_steps_of_the_encoder() -> None:
    scan = box_scan()
    scan.missing[60:64] = True
    scan.rock[60:64] = False
    assert found(scan) == {"missing": Level.LOOK}


def test_rock_without_a_mineral_is_told_and_wood_is_no_rock() -> None:
    scan = box_scan()
    scan.codes[20:130, 10:90][scan.rock[20:130, 10:90]] = UNKNOWN
    assert found(scan) == {"unknown": Level.LOOK}
    scan.reasons[20:130] = 0
    assert found(scan) == {}


@pytest.mark.parametrize(("lines", "level"), [(40, Level.LOOK), (110, Level.RESCAN)])
def test_rock_that_is_too_dark_or_noisy_is_told(lines: int, level: Level) -> None:
    scan = box_scan()
    scan.codes[20 : 20 + lines][scan.rock[20 : 20 + lines]] = UNKNOWN
    scan.reasons[20 : 20 + lines] = 2
    assert found(scan)["noisy"] is level


def test_a_model_that_tells_no_reason_is_understood() -> None:
    scan = replace(box_scan(), reason_names=())
    scan.codes[scan.rock] = UNKNOWN
    assert found(scan) == {"unknown": Level.LOOK}


def test_a_box_with_another_row_than_the_session_has_is_looked_at() -> None:
    scan = box_scan()
    assert list(of_scan(scan, passage(), rows()[:1], LIMITS)) == [
        Finding("rows", Level.LOOK, {"share": "50 %", "rows": "1"})
    ]
