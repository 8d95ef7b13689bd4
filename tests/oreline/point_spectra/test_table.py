"""Tables of spectra by anyone: rows or columns, any separator, decimal commas where they can be told."""

from __future__ import annotations

import numpy as np
import pytest

from oreline.errors import SpectraRefused
from oreline.point_spectra import read_points
from tests.oreline.point_spectra.writers import spectrum

NM = np.arange(900.0, 2501.0, 2.5)
SPECTRA = {"granite 1": spectrum(NM), "schist": spectrum(NM, 2206) / 2}


def by_columns(separator=",", comma=False, nm=NM, spectra=SPECTRA, corner="wavelength"):
    rows = [[corner, *spectra], *([f"{w:.4f}", *(f"{r[i]:.7f}" for r in spectra.values())] for i, w in enumerate(nm))]
    return lines(rows, separator, comma)


def by_rows(separator=",", comma=False, nm=NM, spectra=SPECTRA, corner="name"):
    rows = [[corner, *(f"{w:.4f}" for w in nm)], *([name, *(f"{r:.7f}" for r in row)] for name, row in spectra.items())]
    return lines(rows, separator, comma)


def lines(rows, separator, comma):
    text = "\n".join(separator.join(row) for row in rows) + "\n"
    return text.replace(".", ",") if comma else text


def read(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "rocks.csv"
    path.write_bytes(text.encode(encoding))
    return read_points(path)


def refused(tmp_path, text):
    with pytest.raises(SpectraRefused) as refusal:
        read(tmp_path, text)
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize("write", [by_rows, by_columns])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    ("separator", "comma"),
    [(",", False), (", ", False), (";", False), (";", True), ("\t", True), ("\t", False), ("|", True)],
)
def test_spectra_are_read_by_rows_and_by_columns_however_they_are_parted(tmp_path, write, encoding, separator, comma):
    points = read(tmp_path, write(separator, comma), encoding)
    assert points.names == tuple(SPECTRA)
    assert np.array_equal(points.wavelengths_nm, NM)
    assert np.abs(points.reflectance - np.stack(list(SPECTRA.values()))).max() < 1e-6


def test_two_columns_without_heads_parted_by_blanks_are_a_spectrum_named_by_its_file(tmp_path):
    text = "# measured 2026\n" + "".join(f"{w:.1f}   {r:.6f}\n" for w, r in zip(NM, spectrum(NM), strict=True))
    points = read(tmp_path, text)
    assert points.names == ("rocks",)
    assert (points.unit, points.scale) == ("nanometres, by the numbers", "fractions, by the numbers")


@pytest.mark.parametrize(
    ("corner", "unit", "factor"),
    [
        ("Wavelength (nm)", "nanometres, as the file says", 1.0),
        ("wavelength_um", "micrometres, as the file says", 1e-3),
        ("Wavelength [\u00b5m]", "micrometres, as the file says", 1e-3),
        ("wavelength", "micrometres, by the numbers", 1e-3),
    ],
)
def test_the_unit_of_wavelengths_is_that_of_the_heads_or_concluded_and_shown(tmp_path, corner, unit, factor):
    points = read(tmp_path, by_columns(nm=NM * factor, corner=corner))
    assert points.unit == unit
    assert np.abs(points.wavelengths_nm - NM).max() < 0.06


def test_wavenumbers_are_read_where_the_head_says_them(tmp_path):
    points = read(tmp_path, by_columns(nm=1e7 / NM, corner="Wavenumber (cm-1)"))
    assert np.abs(points.wavelengths_nm - NM).max() < 1e-3
    assert "--unit" in refused(tmp_path, by_columns(nm=1e7 / NM, corner="x"))


def test_percent_is_seen_in_the_heads_or_in_the_numbers(tmp_path):
    percent = {f"{name} (%)": 100 * row for name, row in SPECTRA.items()}
    assert read(tmp_path, by_columns(spectra=percent)).scale == "percent, as the file says"
    unsaid = {name: 100 * row for name, row in SPECTRA.items()}
    points = read(tmp_path, by_rows(spectra=unsaid))
    assert points.scale == "percent, by the numbers"
    assert np.allclose(points.reflectance, read(tmp_path, by_rows()).reflectance, atol=1e-7)


def test_percent_of_a_mixture_is_not_of_its_reflectance(tmp_path):
    mixtures = {"kaolinite 50% quartz 50%": SPECTRA["schist"], "kaolinite 10 %": SPECTRA["granite 1"]}
    for text in (by_columns(spectra=mixtures), "humidity 45 %\n" + by_rows(spectra=mixtures)):
        assert read(tmp_path, text).scale == "fractions, by the numbers"


def test_heads_that_name_bands_and_columns_that_are_no_bands_are_told_apart(tmp_path):
    heads = ["sample", "lithology", "depth_m", *(f"R{w:.1f}nm" for w in NM)]
    rows = [
        [name, "gneiss", f"{10 + n}.5", *(f"{r:.6f}" for r in row)] for n, (name, row) in enumerate(SPECTRA.items())
    ]
    points = read(tmp_path, lines([heads, *rows], ",", False))
    assert points.names == tuple(SPECTRA)
    assert points.columns["lithology"].tolist() == ["gneiss"] * 2
    assert points.columns["depth_m"].tolist() == [10.5, 11.5]
    assert points.unit == "nanometres, as the file says"


def test_tsg_exports_have_their_marks_as_columns(tmp_path):
    named = {f"HOLE_{n}__T=1_L=2_P={n}_D={65.9 + n}_X=559_H=DDH_1": row for n, row in enumerate(SPECTRA.values())}
    points = read(tmp_path, by_rows(spectra=named, corner="Wavelength"))
    assert points.names == ("HOLE_0", "HOLE_1")
    assert points.columns["depth_m"].tolist() == [65.9, 66.9]
    assert points.columns["hole"].tolist() == ["DDH_1"] * 2


def test_columns_that_are_no_reflectance_are_left_out_and_said(tmp_path):
    points = read(tmp_path, by_columns(spectra={**SPECTRA, "std dev": SPECTRA["schist"] / 100}))
    assert points.names == tuple(SPECTRA)
    assert any("'std dev' is no reflectance" in note for note in points.notes)
    assert "no column of reflectance" in refused(tmp_path, by_columns(spectra={"absorbance": SPECTRA["schist"]}))


def test_a_column_of_remarks_is_left_out_and_names_of_rocks_are_kept(tmp_path):
    text = by_columns(spectra={"Lithology A": SPECTRA["schist"], "Analog 2": SPECTRA["granite 1"]})
    first, *rest = text.splitlines()
    points = read(tmp_path, "\n".join([f"{first},remark", *(f"{line},ok" for line in rest)]))
    assert points.names == ("Lithology A", "Analog 2")
    assert any("'remark'" in note for note in points.notes)


def test_cells_that_are_blank_or_nan_are_missing(tmp_path):
    first, _, rest = by_columns().partition("\n")
    row, _, rest = rest.partition("\n")
    points = read(tmp_path, "\n".join([first, f"{row.split(',')[0]},,NaN", rest]))
    assert np.isnan(points.reflectance[:, 0]).all()
    assert np.isfinite(points.reflectance[:, 1:]).all()


def test_heads_with_numbers_that_are_no_wavelengths_are_other_columns(tmp_path):
    heads = ["sample_id", "Fe2", "SiO2", "depth_2", *(f"{w:.1f}" for w in NM), "2010"]
    rows = [[name, "1.5", "60", "12", *(f"{r:.6f}" for r in row), "7"] for name, row in SPECTRA.items()]
    points = read(tmp_path, lines([heads, *rows], ",", False))
    assert np.array_equal(points.wavelengths_nm, NM)
    assert points.columns["SiO2"].tolist() == [60.0] * 2
    assert points.columns["2010"].tolist() == [7.0] * 2


def test_an_index_before_the_wavelengths_and_units_below_the_heads_are_seen(tmp_path):
    heads = [["No", "Wavelength", "Reflectance"], ["", "um", "%"]]
    rows = [
        [str(n), f"{w / 1000:.4f}", f"{100 * r:.5f}"] for n, (w, r) in enumerate(zip(NM, spectrum(NM), strict=True))
    ]
    points = read(tmp_path, lines([*heads, *rows], ";", True))
    assert points.names == ("rocks",)
    assert (points.unit, points.scale) == ("micrometres, as the file says", "percent, as the file says")
    assert np.abs(points.reflectance[0] - spectrum(NM)).max() < 1e-6


@pytest.mark.parametrize("corner", ["", "wavelength", "nm"])
def test_samples_that_are_numbered_like_wavelengths_are_no_heads(tmp_path, corner):
    numbered = {str(2001 + n): spectrum(NM, 2200 + n) for n in range(8)}
    points = read(tmp_path, by_columns(spectra=numbered, corner=corner))
    assert points.names == tuple(numbered)
    assert np.array_equal(points.wavelengths_nm, NM)


def test_samples_that_are_numbered_like_wavelengths_are_no_first_column(tmp_path):
    numbered = {str(2001 + n): spectrum(NM, 2200 + n) for n in range(8)}
    points = read(tmp_path, by_rows(spectra=numbered, corner="sample"))
    assert points.names == tuple(numbered)
    assert np.array_equal(points.wavelengths_nm, NM)


def test_rows_and_columns_that_a_spreadsheet_left_blank_are_nothing(tmp_path):
    text = "".join(f"{line},,\n" for line in by_columns().splitlines()) + ",,,,\n,,,,\n"
    assert read(tmp_path, text).names == tuple(SPECTRA)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text[:-12], "cells where others have"),
        (lambda text: text.replace("\n1000.0000,", "\n1000.0000,bad", 1), "line 42 has 'bad"),
        (lambda text: text.replace("\n1000.0000", "\n900.0000", 1), "no table of spectra"),
        (lambda text: text.replace(".", ","), "may part cells or decimals"),
        (lambda text: text.replace(",", ";").replace("1000.0000", "1000,0000"), "decimal comma and others a point"),
    ],
)
def test_what_is_damaged_or_could_be_two_things_is_refused(tmp_path, change, said):
    assert said in refused(tmp_path, change(by_columns()))


def test_a_list_of_samples_is_no_table_of_spectra(tmp_path):
    assert "no table" in refused(
        tmp_path, "sample,lat,lon\n" + "".join(f"{n},{-30 - n},{140 + n}\n" for n in range(1, 30))
    )
