"""TSG data sets: all samples, what marks them, and the scalars that TSG computed."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from oreline.errors import SpectraRefused
from oreline.point_spectra import read_points
from tests.oreline.point_spectra.writers import spectrum, write_tsg

NM = np.linspace(1000, 2500, 376)
SAMPLES = np.stack([spectrum(NM, at) for at in (2165, 2200, 2206)]).astype(np.float32)


@pytest.mark.parametrize("suffix", [".tsg", ".bip"])
def test_a_data_set_opens_by_either_of_its_files(tmp_path, suffix):
    points = read_points(write_tsg(tmp_path, SAMPLES).with_suffix(suffix))
    assert (points.format, points.names) == ("TSG data set", ("S_1", "S_2", "S_3"))
    assert np.array_equal(points.reflectance, SAMPLES)
    assert np.allclose(points.wavelengths_nm, NM, atol=1e-6)
    assert points.columns["depth_m"].tolist() == [65.9, 65.908, 65.916]
    assert points.columns["tray"].tolist() == ["0001"] * 3
    assert any("7 nm" in note for note in points.notes)


def test_class_number_0_has_its_name_and_no_data_is_none(tmp_path):
    points = read_points(write_tsg(tmp_path, SAMPLES))
    assert points.columns["Min1 sTSAS"].tolist() == ["", "Kaolinite", "Dickite"]
    assert points.columns["2200W"].tolist() == [2200.5] * 3


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text, data: (text, data[:-4]), "truncated"),
        (lambda text, data: (text.replace(b"lastsample = 3", b"lastsample = 99999999999"), data), "whole number"),
        (lambda text, data: (text.replace(b"lastband = 376", b"lastband = 9999999"), data), "promises"),
        (lambda text, data: (text.replace(b"[coordinates]", b"[x]"), data), "no 'lastsample'"),
        (lambda text, data: (text.replace(b"2500.000000 nm", b"2500.000000 furlongs"), data), "wavelength specs"),
        (lambda text, data: (text.replace(b"= float", b"= int"), data), "float"),
    ],
)
def test_a_damaged_data_set_is_refused_in_one_sentence(tmp_path, damage, said):
    path = write_tsg(tmp_path, SAMPLES)
    text, data = damage(path.read_bytes(), path.with_suffix(".bip").read_bytes())
    path.write_bytes(text)
    path.with_suffix(".bip").write_bytes(data)
    with pytest.raises(SpectraRefused, match=said) as refused:
        read_points(path)
    assert "\n" not in str(refused.value)


def test_a_data_set_without_its_spectra_says_so(tmp_path):
    path = write_tsg(tmp_path, SAMPLES)
    path.with_suffix(".bip").unlink()
    with pytest.raises(SpectraRefused, match=r"hole_tsg\.bip must lie beside it"):
        read_points(path)
    data = path.with_name("other.bip")
    data.write_bytes(SAMPLES.tobytes())
    with pytest.raises(SpectraRefused, match=r"other\.tsg, or other\.hdr, must lie beside it"):
        read_points(data)


def test_linescan_imagery_is_no_spectra(tmp_path):
    path = write_tsg(tmp_path, SAMPLES)
    imagery = path.with_name("hole_tsg_cras.bip")
    imagery.write_bytes(b"CoreLog Linescan ".ljust(64, b"\0"))
    with pytest.raises(SpectraRefused, match="imagery"):
        read_points(imagery)


@pytest.mark.shared
def test_a_real_tray_has_the_depths_groups_and_reflectance_that_others_read(shared_data):
    folder = shared_data / "field" / "tsg_core_PE257D"
    points = read_points(folder / "PE257D_0001_tsg.tsg")
    rows = list(csv.DictReader((folder / "expected_samples.csv").read_text("utf-8").splitlines()))
    assert points.reflectance.shape == (625, 531)
    assert points.reflectance.sum(dtype=float) == pytest.approx(143094.6636, abs=1e-4)
    assert points.columns["depth_m"].tolist() == [float(row["depth_m"]) for row in rows]
    assert points.columns["Grp1 sTSAS"].tolist() == [row["group"].removeprefix("(none)") for row in rows]
    assert points.columns["Min1 sTSAS"].tolist() == [row["mineral"].removeprefix("(none)") for row in rows]


@pytest.mark.shared
def test_scalars_of_real_reference_rocks_are_those_that_others_read(shared_data):
    folder = shared_data / "field" / "tsg_testrocks_HL4"
    points = read_points(folder / "HL4_testrocks_tsg.bip")
    rows = list(csv.DictReader((folder / "expected_scalars.csv").read_text("utf-8").splitlines()))
    for name in ("2200D", "2200W", "2250D", "2250W", "2320W3pfit", "1400W3pfit"):
        expected = np.array([float(row[name] or "nan") for row in rows])
        assert np.allclose(points.columns[name], expected, rtol=1e-6, equal_nan=True), name
