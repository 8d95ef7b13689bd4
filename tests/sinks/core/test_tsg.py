"""Core as TSG logged it: its trays, rows, depths, minerals, masks and scalars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oreline.errors import SpectraRefused
from sinks.core.counting import samples_of
from sinks.core.tsg import read_tsg

TRAY = Path("field/tsg_core_PE257D/PE257D_0001_tsg.tsg")
ROCKS = Path("field/tsg_testrocks_HL4/HL4_testrocks_tsg.tsg")


@pytest.mark.shared
def test_a_real_tray_is_a_scan_of_its_rows(shared_data: Path) -> None:
    hole, (scan,), depth = read_tsg(shared_data / TRAY)
    assert (hole, scan.box, scan.which, scan.codes.shape, scan.pixel_mm) == ("PE257D", 1, "sTSAS", (125, 5), 8.0)
    assert [row.depth_m[0] for row in depth.boxes[1].rows] == pytest.approx(
        [65.902869 + 0.717131 * n for n in range(5)], abs=1e-5
    )
    assert sum(row.length_m.sum() for row in depth.boxes[1].rows) == pytest.approx(3.585655, abs=1e-3)
    samples = samples_of(hole, scan, depth)
    kinds = dict(zip(samples.reason_names, samples.reasons.sum(axis=0).tolist(), strict=True))
    assert {name: n for name, n in kinds.items() if n} == {"no bands": 21, "not told": 10}
    assert (samples.counts.sum(), samples.not_rock.sum(), samples.masked.sum()) == (575, 19, 0)


@pytest.mark.shared
def test_each_mineral_has_a_colour_of_its_own_a_tint_of_that_of_its_group(shared_data: Path) -> None:
    for tray in (TRAY, ROCKS):
        _, (scan, *_), _ = read_tsg(shared_data / tray)
        of = [(group, info.colour) for info, group in zip(scan.answer.classes, scan.answer.groups, strict=True)]
        rock = [colour for group, colour in of if group != "not rock"]
        assert len(set(rock)) == len(rock) > 3


@pytest.mark.shared
def test_a_mask_takes_spectra_out_and_they_are_counted_apart(shared_data: Path) -> None:
    hole, scans, depth = read_tsg(shared_data / TRAY, masks=("sec_end_mask",))
    samples = samples_of(hole, scans[0], depth)
    assert samples.masked.sum() == 10
    assert samples.counts.sum() + samples.reasons.sum() + samples.not_rock.sum() == 615


@pytest.mark.shared
def test_its_other_answer_may_be_asked_for_and_one_that_it_has_not_is_refused(shared_data: Path) -> None:
    _, (scan,), _ = read_tsg(shared_data / TRAY, "sTSAV")
    assert "Goethite" in [info.name for info in scan.answer.classes]
    with pytest.raises(SpectraRefused, match="no answer uTSAS; it has sTSAS, sTSAV"):
        read_tsg(shared_data / TRAY, "uTSAS")
    with pytest.raises(SpectraRefused, match="no scalar 'mask'"):
        read_tsg(shared_data / TRAY, masks=("mask",))


@pytest.mark.shared
def test_its_scalars_are_features_where_they_are_deep_enough(shared_data: Path) -> None:
    hole, (scan,), depth = read_tsg(shared_data / ROCKS)
    assert scan.features is not None
    assert [info.name for info in scan.feature_infos] == ["1400", "2200", "2250", "2320", "2390"]
    nm, deep = scan.features[:, 1, 0], scan.features[:, 1, 1]
    assert nm[0, 0] == pytest.approx(2153.185)
    assert np.nanmin(deep) > 0.01
    samples = samples_of(hole, scan, depth)
    assert samples.measures[:4] == ("1400W", "1400D", "2200W", "2200D")
