"""Data sets for The Spectral Geologist, as pytsg and our own reader see them, beside one that TSG wrote."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytsg import parse_tsg

from oreline.errors import ConfigError
from oreline.point_spectra import read_points
from sinks.core.export.tsg import write_tsg
from sinks.core.export.tsg_file import Spectra
from sinks.core.samples import CoreSamples
from sinks.core.tsg import read_tsg
from tests.sinks.core.export.cores import samples

NM = np.linspace(950.0, 2500.0, 288)


def reflectance(n: int) -> np.ndarray:
    values = np.random.default_rng(5).uniform(0.1, 0.9, (n, len(NM))).astype(np.float32)
    values[7] = np.nan
    return values


@pytest.fixture(scope="module")
def told() -> CoreSamples:
    return samples()


@pytest.fixture(scope="module")
def folder(told: CoreSamples, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tsg")
    write_tsg(folder / "OR001_tsg", told, told.line * 8.0, Spectra(NM, reflectance(len(told))))
    return folder


@pytest.fixture(scope="module")
def read(folder: Path) -> Any:
    return parse_tsg.read_package(folder).nir


def test_pytsg_reads_reflectance_and_places(read: Any, told: CoreSamples) -> None:
    expected = reflectance(len(told))
    np.testing.assert_array_equal(read.spectra[np.isfinite(expected[:, 0])], expected[np.isfinite(expected[:, 0])])
    assert (read.spectra[7] == np.finfo(np.float32).min).all()
    np.testing.assert_allclose(read.wavelength[: len(NM)], NM, atol=1e-3)
    heads = read.sampleheaders
    np.testing.assert_allclose(heads["D"].astype(float), told.depth_m, atol=5e-7)
    assert list(heads["T"].astype(int)) == list(told.box)
    assert list(heads["L"].astype(int)) == list(told.row)
    assert list(heads["P"].astype(int)) == list(told.line + 1)
    assert list(heads["X"].astype(float)) == list(told.line * 8.0)
    assert set(heads["H"]) == {"OR001"}
    assert heads["sample"][121] == "121"


def test_pytsg_reads_minerals_groups_weights_and_features(read: Any, told: CoreSamples) -> None:
    scalars = read.scalars
    best = np.argmax(told.counts, axis=1)
    names = np.array([info.name for info in told.classes])[best]
    has = told.counts.sum(axis=1) > told.reasons.max(axis=1)
    has &= told.counts.max(axis=1) >= told.reasons.max(axis=1)
    assert list(scalars["Min1 Oreline"][has]) == list(names[has])
    assert set(scalars["Min1 Oreline"][5:9]) == {"NotRock"}
    assert set(scalars["Grp1 Oreline"][5:9]) == {"NOTAROK"}
    assert set(scalars["Min1 Oreline"][20:24]) == {"NotInLibrary"}
    assert set(scalars["Grp1 Oreline"][20:24]) == {"INVALID"}
    assert set(scalars["Grp1 Oreline"][has]) <= {"WHITE-MICA", "KAOLIN", "CARBONATE", "PAL-SEP"}
    weights = np.array([scalars[f"Wt{number} Oreline"] for number in (1, 2, 3)], float).T
    weights[weights < 0] = 0
    np.testing.assert_allclose(weights[has].sum(axis=1), 1, atol=1e-6)
    assert (weights[~has] == 0).all()
    assert set(scalars["rock_mask"][5:9]) == {"Off"}
    assert set(scalars["rock_mask"][9:]) == {"On"}
    known = told.sums[:, 0, 0] > 0
    np.testing.assert_allclose(scalars["2200W"][known], 2200 + np.arange(len(told))[known] % 10, atol=1e-3)
    assert (scalars["2200W"][~known] < -1e30).all()
    np.testing.assert_allclose(scalars["2200D"][known], 0.25)


def test_our_own_reader_reads_the_same(folder: Path, told: CoreSamples) -> None:
    points = read_points(folder / "OR001_tsg.tsg")
    np.testing.assert_array_equal(points.reflectance[8:], reflectance(len(told))[8:])
    np.testing.assert_allclose(points.columns["depth_m"], told.depth_m, atol=5e-7)
    assert list(points.columns["Min1 Oreline"][5:9]) == ["NotRock"] * 4
    assert set(points.columns["hole"]) == {"OR001"}
    assert np.isnan(points.columns["2200W"][0])


def test_a_data_set_is_read_as_core_again(folder: Path, told: CoreSamples) -> None:
    again = read_tsg(folder / "OR001_tsg.tsg")
    assert again.hole == "OR001"
    assert [scan.codes.shape for scan in again.scans] == [(40, 3), (40, 3)]
    depths = np.concatenate([row.depth_m for box in again.depth.boxes.values() for row in box.rows])
    np.testing.assert_allclose(depths, told.depth_m, atol=5e-7)
    assert not again.scans[0].rock[5:9, 0].any()
    assert again.scans[0].rock[9:, 0].all()


@pytest.mark.shared
def test_colours_of_groups_are_those_that_tsg_wrote(folder: Path, shared_data: Path) -> None:
    def colours(path: Path, table: str) -> dict[str, int]:
        text = path.read_text("cp1252").replace("\r", "")
        section = re.search(rf"\[class \d+\]\nname = {table}\n.*?\n\n", text, re.DOTALL)
        assert section
        numbers = re.search("colours = (.*)", section[0])
        assert numbers
        names = re.findall(r"^\d+:(.*)$", section[0], re.MULTILINE)
        return dict(zip(names, map(int, numbers[1].split()), strict=True))

    theirs = colours(shared_data / "field/tsg_core_PE257D/PE257D_0001_tsg.tsg", "S_SWIR_TSA705 Groups")
    ours = colours(folder / "OR001_tsg.tsg", "Oreline Groups")
    assert len(ours) == 6
    assert {name: theirs[name] for name in ours} == ours


@pytest.mark.shared
def test_each_header_of_a_scalar_has_the_fields_that_tsg_writes(folder: Path, shared_data: Path) -> None:
    def fields(path: Path) -> set[int]:
        section = path.read_text("cp1252").replace("\r", "").partition("[band headers]\n")[2].partition("\n\n")[0]
        return {
            line.count(";") for line in section.splitlines() if len(line.split(";")) > 4 and line.split(";")[3] == "2"
        }

    theirs = fields(shared_data / "field/tsg_core_PE257D/PE257D_0001_tsg.tsg")
    assert fields(folder / "OR001_tsg.tsg") == theirs


def test_rows_that_are_not_in_order_of_depth_are_trays_all_the_same(tmp_path: Path) -> None:
    told = samples(boxes=2, rows=2, lines=5)
    told = replace(told, box=told.box[::-1].copy())
    write_tsg(tmp_path / "a_tsg", told, spectra=Spectra(NM, reflectance(len(told))))
    points = read_points(tmp_path / "a_tsg.tsg")
    assert list(points.columns["tray"]) == ["0001"] * 10 + ["0002"] * 10


def test_more_scalars_than_bands_and_uneven_bands_are_written(tmp_path: Path) -> None:
    told = samples(boxes=1, rows=1, lines=30)
    nm = np.array([1000.0, 1100, 1300, 1600])
    write_tsg(tmp_path / "b_tsg", told, spectra=Spectra(nm, np.tile(nm / 2000, (len(told), 1)).astype(np.float32)))
    points = read_points(tmp_path / "b_tsg.tsg")
    np.testing.assert_allclose(points.reflectance[0], points.wavelengths_nm / 2000, atol=1e-6)
    assert "Min1 Oreline" in points.columns


@pytest.mark.parametrize("hole", ["DDH 12/3", "=x", "Müller 1", "D T=9"])
def test_a_holes_name_breaks_no_mark(hole: str, tmp_path: Path) -> None:
    write_tsg(tmp_path / "c_tsg", samples(boxes=1, rows=1, lines=10, hole=hole))
    heads = parse_tsg.read_package(tmp_path).nir.sampleheaders
    assert set(heads["T"]) == {"0001"}
    assert " " not in heads["H"][0]


def test_a_hole_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no sample of hole OR001 has a depth"):
        write_tsg(tmp_path / "d_tsg", samples(boxes=0))


def test_a_hole_in_which_nothing_is_known_says_why(tmp_path: Path) -> None:
    told = samples(boxes=1, rows=1, lines=10)
    nothing = replace(told, classes=(), groups=(), counts=np.zeros((10, 0), np.uint32))
    write_tsg(tmp_path / "e_tsg", replace(nothing, reasons=np.full_like(told.reasons, 3)))
    scalars = parse_tsg.read_package(tmp_path).nir.scalars
    assert set(scalars["Min1 Oreline"]) == {"Dark"}
    assert set(scalars["Grp1 Oreline"]) == {"INVALID"}
