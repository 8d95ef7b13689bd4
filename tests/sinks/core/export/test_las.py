"""LAS files, as readers and a checker that others wrote see them."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import lascheck
import lasio
import numpy as np
import pytest
from lascheck import spec

from sinks.core.export.las import las
from sinks.core.export.rules import Hole
from sinks.core.table import with_header
from tests.sinks.core.export.tables import hole, tenths

EVEN = {"0.1 m": tenths(659, 695), "1 m": (np.arange(65.0, 69), np.arange(66.0, 70)), "one": ([66.0], [67.0])}
UNEVEN = {
    "assays": ([65.9, 66.4, 68.0], [66.4, 68.0, 69.486]),
    "a first part": ([65.9, 66.0, 67.0], [66.0, 67.0, 68.0]),
    "assays with a gap": ([65.9, 66.4, 68.0], [66.1, 68.0, 69.0]),
    "a gap of a kilometre": ([66.0, 66.1, 1066.0], [66.1, 66.2, 1066.1]),
    "one that is not whole": ([66.3], [67.3]),
}
WITH_GAP = ([66.0, 66.1, 66.5], [66.1, 66.2, 66.6])


def written(told: Hole, folder: Path) -> Path:
    path = folder / "hole.las"
    path.write_bytes(las(told))
    return path


@pytest.mark.parametrize("spans", [*EVEN.values(), WITH_GAP], ids=[*EVEN, "with a gap"])
def test_lascheck_says_that_even_steps_conform(spans: Any, tmp_path: Path) -> None:
    file = lascheck.read(str(written(hole(*spans, max_depth_m=2000.0), tmp_path)))
    assert file.check_conformity(), file.get_non_conformities()


RULES = [rule for rule in spec.Rule.__subclasses__() if rule is not spec.ValidDepthDividedByStep]


@pytest.mark.parametrize("spans", UNEVEN.values(), ids=UNEVEN)
def test_uneven_steps_have_step_0_and_keep_every_other_rule(spans: Any, tmp_path: Path) -> None:
    """lascheck 0.1.5 divides by a step of 0, so its rule for that is the one that is left out."""
    file = lascheck.read(str(written(hole(*spans, max_depth_m=2000.0), tmp_path)))
    assert float(file.well["STEP"].value) == 0
    assert [rule.__name__ for rule in RULES if not rule.check(file)] == []


@pytest.mark.parametrize("spans", [*EVEN.values(), *UNEVEN.values(), WITH_GAP])
def test_lasio_reads_back_what_was_written(spans: Any, tmp_path: Path) -> None:
    told = hole(*spans, max_depth_m=2000.0)
    file = lasio.read(written(told, tmp_path))
    depths = np.round(told.from_m, 6)
    at = np.searchsorted(file["DEPT"], depths)
    np.testing.assert_array_equal(file["DEPT"][at], depths)
    np.testing.assert_array_equal(file["TO"][at], told.to_m)
    assert not np.isnan(file["TO"]).any()
    np.testing.assert_array_equal(file["DEPT"][1:], file["TO"][:-1], "one continuous interval")
    for column in ("mineral.muscovite", "mineral.calcite", "group.white mica", "unknown.no bands", "feature.2200W"):
        name = re.sub(r"\W", "_", column).upper()
        expected = np.array(told.table[column].to_pylist(), float)
        np.testing.assert_allclose(file[name][at], expected, rtol=0, atol=1e-12)
    shares = sum(file[name] for name in ("MINERAL_MUSCOVITE", "MINERAL_CALCITE", "UNKNOWN_NO_BANDS"))
    np.testing.assert_allclose(shares[np.isfinite(shares)], 1, rtol=0, atol=1e-11)


def test_welly_reads_back_what_was_written(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import welly

        told = hole()
        well = welly.Well.from_las(str(written(told, tmp_path)))
    assert well.name == "OR001"
    curve = well.data["MINERAL_CALCITE"]
    np.testing.assert_allclose(curve.index, told.from_m, atol=1e-9)
    np.testing.assert_allclose(curve.as_numpy(), np.array(told.table["mineral.calcite"].to_pylist(), float), atol=1e-12)


def test_a_file_is_ascii_numbers_without_text_or_exponent_and_says_its_codes(tmp_path: Path) -> None:
    path = written(hole(name="Müller, 1", crs="GK Zone 4 · Höhe"), tmp_path)
    text = path.read_bytes().decode("ascii")
    assert text.count("\n") == text.count("\r\n") > 30
    assert set(text) <= {*map(chr, range(32, 127)), "\r", "\n"}
    head, _, data = text.partition("~ASCII")
    for line in data.splitlines()[1:]:
        assert all(re.fullmatch(r"-?\d+(\.\d+)?", word) for word in line.split()), line
    file = lasio.read(path)
    assert set(file["FLAGS"][np.isfinite(file["FLAGS"])]) == {1.0}
    assert file.params["FLAGS_1"].value == "two boxes, one interval"
    assert file.params["GROUP_WHITE_MICA"].value == "white mica"
    assert file.params["MINERAL_CALCITE"].descr == "mineral, of carbonate, #2D0FED"
    assert file.params["LOSS"].value == "base"
    assert file.params["MODEL_SHA256"].value == "ab" * 32
    assert file.params["FEATURES_2200W"].value == "2120, 2245"
    assert "Mueller" in file.well["WELL"].value
    assert "~Curve" in head


def test_mnemonics_are_valid_and_no_two_alike(tmp_path: Path) -> None:
    told = hole()
    twin = told.table.append_column("mineral.Calcite", told.table["mineral.calcite"])
    twin = twin.append_column("mineral.x: y.z", told.table["mineral.calcite"])
    text = written(replace(told, table=twin), tmp_path).read_text()
    for title in ("~Curve", "~Params"):
        lines = text.partition(title)[2].partition("~")[0].splitlines()[1:]
        names = [line.partition(".")[0].strip() for line in lines]
        assert all(re.fullmatch(r"[A-Z0-9_]+", name) for name in names)
        assert len(set(names)) == len(names)


def test_long_texts_of_the_header_are_whole_in_pieces(tmp_path: Path) -> None:
    told = hole()
    losses = [{"from_m": 66.0 + at, "to_m": 66.5 + at, "how": "base"} for at in range(40)]
    file = lasio.read(written(replace(told, table=with_header(told.table, {"missing": losses})), tmp_path))
    pieces = [str(item.value) for item in file.params if item.mnemonic.startswith("MISSING")]
    assert len(pieces) > 10
    assert " ".join(pieces).split("; ")[39] == "from_m = 105, to_m = 105.5, how = base"
    assert max(map(len, (tmp_path / "hole.las").read_text().splitlines())) < 256


def test_first_and_last_depth_are_whole_steps(tmp_path: Path) -> None:
    """In decimals, as the standard means it: doubles do not divide so."""
    for spans in (*EVEN.values(), tenths(1317, 1390, 0.05), tenths(33, 70, 0.3), tenths(1, 9, 2.5)):
        well = lasio.read(written(hole(*spans, max_depth_m=500.0), tmp_path)).well
        first, last, step = (Decimal(str(well[name].value)) for name in ("STRT", "STOP", "STEP"))
        assert step > 0
        assert (first % step, last % step) == (0, 0)


def test_what_is_no_number_is_null_and_a_hole_without_rock_has_a_file(tmp_path: Path) -> None:
    told = hole([66.0, 67.0], [67.0, 68.0])
    columns = {"feature.2200D": [np.inf, -np.inf], "mineral.talc": [None, None], "feature.1900D": [np.nan, 0.5]}
    table = told.table.select(["hole", "from_m", "to_m", "n"])
    for name, values in columns.items():
        table = table.append_column(name, [values])
    file = lasio.read(written(replace(told, table=table), tmp_path))
    assert np.isnan(file["FEATURE_2200D"]).all()
    assert np.isnan(file["MINERAL_TALC"]).all()
    assert file["FEATURE_1900D"][1] == 0.5
    assert lascheck.read(str(tmp_path / "hole.las")).check_conformity()
