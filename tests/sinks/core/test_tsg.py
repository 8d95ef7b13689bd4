"""Core as TSG logged it: its trays, rows, depths, minerals, masks and scalars."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
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


def test_reading_one_loads_no_kernels() -> None:
    command = "import sys, sinks.core.commands.intervals; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0


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


def a_set(folder: Path, minerals: Sequence[str], scalars: Mapping[str, Sequence[float]], marks: str) -> Path:
    """A data set whose samples have these minerals, each of which `marks` marks by its number."""
    n, names = len(minerals), list(dict.fromkeys(minerals))
    columns = np.full((n, 8), -3.4028235e38, "<f4")
    columns[:, 0] = [names.index(one) for one in minerals]
    for place, values in enumerate(scalars.values(), 1):
        columns[:, place] = values
    heads = ["0:Min1 uTSAS;0.0;1.0;2;4;1", *(f"{at}:{name};0.0;1.0;8;2;-1" for at, name in enumerate(scalars, 1))]
    samples = [f"{at}:S_{at}  {marks.format(at=at, x=8 * at)}" for at in range(n)]
    text = [
        "[description]", "[structure]", "datatype = float", "[coordinates]", "firstsample = 1", f"lastsample = {n}",
        "firstband = 1", "lastband = 8", "[band headers]", *heads, "[sample headers]", *samples, "[class 4]",
        *(f"{at}:{name}" for at, name in enumerate(names)), "[wavelength specs]", "1000.0 2500.0 nm", "",
    ]  # fmt: skip
    path = folder / "hole_tsg.tsg"
    path.write_text("\n".join(text), encoding="cp1252")
    path.with_suffix(".bip").write_bytes(np.stack([np.full((n, 8), 0.5, "<f4"), columns]).tobytes())
    return path


MINERALS = (
    "Kaolinite-WX",
    "Chlorite-Fe",
    "Aspectral",
    "NotInLibrary",
    "Dark",
    "Noisy",
    "HighError",
    "MaskedOff",
    "Wood",
)


def test_a_set_of_another_system_without_groups_has_its_groups_by_the_minerals_and_depths_from_its_scalars(
    tmp_path: Path,
) -> None:
    depths = [10 + 0.01 * at for at in range(9)]
    hole, (scan,), depth = read_tsg(a_set(tmp_path, MINERALS, {"Depth (m)": depths}, "T=A-7 L=1 X={x} H=DDH_1"))
    samples = samples_of(hole, scan, depth)
    assert (hole, scan.box, scan.which) == ("DDH_1", 1, "uTSAS")
    assert samples.depth_m == pytest.approx(depths, abs=1e-5)
    assert (samples.groups, samples.counts.sum(axis=0).tolist()) == (("chlorite", "kaolin"), [1, 1])
    told = dict(zip(samples.reason_names, samples.reasons.sum(axis=0).tolist(), strict=True))
    assert told == {"too dark": 1, "noisy": 1, "no bands": 1, "not in the list": 1, "unsure": 1, "not told": 0}
    assert (samples.not_rock.sum(), samples.masked.sum()) == (1, 1)


def test_trays_and_rows_of_several_lengths_that_were_scanned_from_the_right_keep_their_depths(tmp_path: Path) -> None:
    depths = [12.0, 11.99, 11.98, 13.0, 12.99]
    path = a_set(tmp_path, ["Kaolinite-WX"] * 5, {"Depth (m)": depths}, "T=0003 L={at} X=-{x}")
    text = path.read_text("cp1252")
    for at, row in enumerate((1, 1, 1, 2, 2)):
        text = text.replace(f" L={at} ", f" L={row} ")
    path.write_text(text, encoding="cp1252")
    _, (scan,), depth = read_tsg(path)
    assert (scan.box, scan.codes.shape, scan.pixel_mm) == (3, (3, 2), 8.0)
    assert [len(row.depth_m[np.isfinite(row.depth_m)]) for row in depth.boxes[3].rows] == [3, 2]
    assert samples_of("x", scan, depth).depth_m.tolist() == pytest.approx(sorted(depths), abs=1e-5)


def test_a_set_without_depths_or_minerals_is_refused(tmp_path: Path) -> None:
    path = a_set(tmp_path, ["Wood"], {}, "T=1 L=1")
    with pytest.raises(SpectraRefused, match="has no depths"):
        read_tsg(path)
    path.write_text(path.read_text().replace("Min1", "Mix1"))
    with pytest.raises(SpectraRefused, match="none: let TSG name the minerals first"):
        read_tsg(path)
