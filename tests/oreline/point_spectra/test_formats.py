"""Every format: found by what the file holds, its units as it says them, and damage refused in one sentence."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

from oreline.errors import SpectraRefused
from oreline.point_spectra import FORMATS, Said, read_points
from tests.oreline.point_spectra.writers import (
    spectrum,
    write_asd,
    write_ecostress,
    write_npz,
    write_relab,
    write_sed,
    write_sig,
    write_sli,
    write_splib07,
    write_tsg,
)

NM = np.arange(350.0, 2501.0)
R = spectrum(NM)
COLUMNS = "wavelength (nm),granite,schist\n" + "".join(
    f"{w:.0f},{r:.6f},{r / 2:.6f}\n" for w, r in zip(NM, R, strict=True)
)
WRITERS = {
    "ASD": lambda folder: write_asd(folder / "a.asd", 1000 * R, np.full(NM.size, 1000.0)),
    "NumPy archive": lambda folder: write_npz(folder / "a.npz", NM, R[None], sample_id=np.array(["rock 1"])),
    "TSG data set": lambda folder: write_tsg(folder, R[None], 350.0, 2500.0),
    "ENVI spectral library": lambda folder: write_sli(folder, NM, R[None]),
    "Spectral Evolution": lambda folder: write_sed(folder / "a.sed", NM, R),
    "Spectra Vista": lambda folder: write_sig(folder / "a.sig", NM, R),
    "USGS splib07": lambda folder: write_splib07(folder, NM, R),
    "ECOSTRESS": lambda folder: write_ecostress(folder / "a.txt", NM, R),
    "RELAB": lambda folder: write_relab(folder / "a.asc", NM, R),
    "table": lambda folder: put(folder, COLUMNS),
}
MOVABLE = [name for name in WRITERS if name not in ("TSG data set", "ENVI spectral library", "USGS splib07")]


def put(folder: Path, text: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def refusal_of(path: Path, said: Said | None = None) -> str:
    with pytest.raises(SpectraRefused) as refused:
        read_points(path, said)
    assert "\n" not in str(refused.value)
    assert path.parent.name in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize("form", [form.name for form in FORMATS])
def test_every_format_gives_the_same_reflectance(tmp_path, form):
    points = read_points(WRITERS[form](tmp_path))
    assert points.format == form
    assert np.allclose(points.wavelengths_nm, NM, atol=1e-4)
    assert np.abs(points.reflectance[0] - R).max() < 2e-6


@pytest.mark.parametrize("form", MOVABLE)
@pytest.mark.parametrize("name", ["b.dat", "b.asd", "b.CSV", "b"])
def test_a_format_is_found_by_content_whatever_the_name(tmp_path, form, name):
    path = WRITERS[form](tmp_path).rename(tmp_path / name)
    assert read_points(path).format == form


@pytest.mark.parametrize("form", [form.name for form in FORMATS])
def test_a_file_that_was_cut_anywhere_is_refused_or_holds_whole_values(tmp_path, form):
    path = WRITERS[form](tmp_path)
    path = path.with_suffix(".bip") if form == "TSG data set" else path
    whole = path.read_bytes()
    for end in range(0, len(whole) - 1, len(whole) // 23):
        path.write_bytes(whole[:end])
        try:
            points = read_points(path)
        except SpectraRefused as refused:
            assert "\n" not in str(refused)  # noqa: PT017
            continue
        assert len(points.wavelengths_nm) == NM.size or form in ("table", "Spectra Vista")  # which do not say how many
        assert np.abs(points.reflectance[0] - R[: points.reflectance.shape[1]])[:-1].max() < 2e-6


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "picture"),
        (b"PK\x03\x04" + bytes(99), "spreadsheet"),
        (b"<?xml version='1.0'?>", "XML"),
        (b"~Version\n~ASCII\n" + b"1670.0 2.0\n" * 9, "log of a well"),
        (bytes(range(256)) * 9, "no file of spectra"),
        (b"Dear Sir,\nthe core has arrived.\n", "no table of spectra"),
        (b"\xff\xfe" + "R;nm".encode("utf-16-le") + b"\0", "damaged"),
    ],
)
def test_what_holds_no_spectra_is_refused_by_what_it_is(tmp_path, content, said):
    assert said in refusal_of(put(tmp_path, content, "a.asd"))


def test_a_folder_and_a_file_that_is_not_there_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(SpectraRefused, match="not a file"):
            read_points(path)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path):
    path = put(tmp_path, COLUMNS * 2)
    with path.open("r+b") as file:
        file.truncate(5 << 30)
    assert "5120 MiB" in refusal_of(path)


# --- ASD


@pytest.mark.parametrize(("kind", "said"), [(2, "radiance"), (4, "irradiance"), (6, "transmittance"), (99, "type 99")])
def test_an_asd_file_that_is_no_reflectance_says_what_it_is(tmp_path, kind, said):
    words = refusal_of(write_asd(tmp_path / "a.asd", 1000 * R, np.full(NM.size, 1000.0), kind))
    assert said in words
    assert "not reflectance" in words


def test_raw_counts_of_asd_with_a_reference_are_reflectance_and_without_one_are_none(tmp_path):
    reference = np.full(NM.size, 1000.0)
    reference[0] = 0
    points = read_points(write_asd(tmp_path / "a.asd", 1000 * R, reference, kind=0))
    assert np.isnan(points.reflectance[0, 0])
    assert np.allclose(points.reflectance[0, 1:], R[1:])
    assert "without a white reference" in refusal_of(write_asd(tmp_path / "a.asd", 1000 * R, np.empty(0), kind=0))


def test_an_asd_file_of_fewer_values_than_channels_and_an_older_one_are_refused(tmp_path):
    short = write_asd(tmp_path / "a.asd", 1000 * R[:-1], np.empty(0))
    damaged = bytearray(short.read_bytes())
    damaged[204:206] = struct.pack("<H", NM.size)
    assert "truncated" in refusal_of(put(tmp_path, bytes(damaged[: 484 + 8 * (NM.size - 1)]), "a.asd"))
    assert "'as3'" in refusal_of(write_asd(tmp_path / "a.asd", 1000 * R, 1000 * R, version=b"as3"))


# --- SED and SIG


def test_a_sed_file_without_its_last_column_is_target_over_reference(tmp_path):
    points = read_points(write_sed(tmp_path / "a.sed", NM, R, with_reflectance=False))
    assert np.abs(points.reflectance[0] - R).max() < 1e-6
    assert any("target over reference" in note for note in points.notes)


@pytest.mark.parametrize(
    ("heads", "said"), [(["Rad. (Target)", "Irrad. (Ref.)"], "no reflectance"), (["Rad. (Target)"], "no reflectance"),
                        (["Tgt./Ref. %"], ""), (["Reflect. [1.0]"], ""), (["Reflect. %", "Tgt./Ref. %"], "")]
)  # fmt: skip
def test_a_sed_file_of_other_columns_is_reflectance_or_refused(tmp_path, heads, said):
    scale = 1.0 if heads == ["Reflect. [1.0]"] else 100.0
    rows = ["\t".join([f"{w:.1f}", *[f"{scale * r:.6f}"] * len(heads)]) for w, r in zip(NM, R, strict=True)]
    path = put(tmp_path, "\n".join(["Channels: 2151", "Data:", "\t".join(["Wvl", *heads]), *rows]))
    if said:
        assert said in refusal_of(path)
    else:
        assert np.abs(read_points(path).reflectance[0] - R).max() < 1e-6


def test_a_sig_file_whose_wavelengths_go_back_twice_rises_by_a_stated_rule(tmp_path):
    nm = np.concatenate([np.arange(340.0, 1012, 1.5), np.arange(980.0, 1905, 3.5), np.arange(1890.0, 2520, 2.5)])
    points = read_points(write_sig(tmp_path / "a.sig", nm, spectrum(nm)))
    assert (np.diff(points.wavelengths_nm) > 0).all()
    assert np.abs(points.reflectance[0] - spectrum(points.wavelengths_nm)).max() < 2e-6
    assert sum("they are joined at" in note for note in points.notes) == 2


# --- ENVI


@pytest.mark.parametrize("header", ["lib.sli.hdr", "lib.hdr", "LIB.HDR"])
@pytest.mark.parametrize("opened", ["header", "data"])
def test_a_library_opens_by_its_data_or_its_header_of_either_name(tmp_path, header, opened):
    data = write_sli(tmp_path, NM, np.stack([R, R / 2]), header)
    points = read_points(data if opened == "data" else tmp_path / header)
    assert points.names == ("mineral 0", "mineral 1")
    assert (points.unit, points.scale) == ("micrometres, as the file says", "fractions, by the numbers")


def test_units_of_a_library_in_any_case_and_its_scale_and_ignored_value_count(tmp_path):
    scaled = np.where(NM < 400, -1.0, R * 10_000)[None]
    nm = "{" + ", ".join(f"{w:.1f}" for w in NM) + "}"
    fields = {
        "wavelength units": "nanometers",
        "wavelength": nm,
        "reflectance scale factor": "10000",
        "data ignore value": "-1",
    }
    points = read_points(write_sli(tmp_path, NM, scaled, **fields))
    assert np.isnan(points.reflectance[0, NM < 400]).all()
    assert np.abs(points.reflectance[0] - R)[NM >= 400].max() < 1e-6
    assert any("divided by 10000" in note for note in points.notes)
    titles = {"z plot titles": "{wavelength [!7l!3m]!N, reflectance [*10000]}"}
    points = read_points(write_sli(tmp_path, NM, R[None] * 10_000, **titles))
    assert np.abs(points.reflectance[0] - R).max() < 1e-6
    assert points.scale == "fractions, as the file says"
    assert "counts, radiance" in refusal_of(write_sli(tmp_path, NM, R[None] * 10_000))


def test_a_library_without_header_an_image_and_emissivity_are_refused(tmp_path):
    data = write_sli(tmp_path, NM, R[None])
    assert "oreline replay" in refusal_of(put(tmp_path, b"ENVI\nfile type = ENVI Standard\nsamples = 3\n", "b.hdr"))
    assert "emissivity" in refusal_of(write_sli(tmp_path, NM, R[None], **{"z plot titles": "{Wavelength, Emissivity}"}))
    (tmp_path / "lib.sli.hdr").unlink()
    assert "lib.sli.hdr or lib.hdr" in refusal_of(data)


# --- USGS, ECOSTRESS, RELAB


def test_deleted_channels_of_usgs_never_become_a_number(tmp_path):
    points = read_points(write_splib07(tmp_path, NM, np.where(NM < 500, -1.23e34, R)))
    assert points.names == ("Kaolinite CM9",)
    assert np.isnan(points.reflectance[0, NM < 500]).all()
    assert np.nanmin(points.reflectance) > 0
    assert any("splib07a_Wavelengths_ASD.txt" in note for note in points.notes)


def test_a_usgs_record_whose_wavelengths_are_not_found_by_count_is_refused(tmp_path):
    path = write_splib07(tmp_path, NM, R)
    path.write_text(path.read_text().rstrip().rpartition("\n")[0])
    words = refusal_of(path)
    assert "2150 values" in words
    assert "2151" in words
    assert "is none" in refusal_of(tmp_path / "splib07a_Wavelengths_ASD.txt")


def test_two_files_of_wavelengths_of_one_count_are_told_apart_by_instrument_or_refused(tmp_path):
    path = write_splib07(tmp_path, NM, R)
    other = tmp_path / "splib07a_Wavelengths_BECK.txt"
    other.write_text((tmp_path / "splib07a_Wavelengths_ASD.txt").read_text().replace("ASD", "BECK"))
    assert any("Wavelengths_ASD" in note for note in read_points(path).notes)
    other.write_text(other.read_text().replace("BECK", "ASD"))
    assert "leave the one that is meant" in refusal_of(path)


def test_ecostress_text_that_falls_is_the_same_and_transmittance_is_refused(tmp_path):
    rising = read_points(write_ecostress(tmp_path / "a.txt", NM, R))
    falling = read_points(write_ecostress(tmp_path / "b.txt", NM[::-1], R[::-1]))
    assert np.array_equal(rising.reflectance, falling.reflectance)
    assert rising.scale == "percent, as the file says"
    assert "Transmittance" in refusal_of(write_ecostress(tmp_path / "c.txt", NM, R, "Transmittance (percent)"))


def test_relab_text_of_both_kinds_is_the_same(tmp_path):
    counted = read_points(write_relab(tmp_path / "a.asc", NM, R))
    rows = "".join(f"{w / 1000:.4f}\t{r:.6f}\n" for w, r in zip(NM, R, strict=True))
    titled = read_points(
        put(tmp_path, f"Brown University Relab Spectrum A/B\nWavelength(micron)\tReflectance\n{rows}", "a.txt")
    )
    assert (counted.format, titled.format) == ("RELAB", "RELAB")
    assert np.array_equal(counted.reflectance, titled.reflectance)
    assert np.array_equal(counted.wavelengths_nm, titled.wavelengths_nm)


# --- archives


def test_an_archive_whose_header_promises_more_than_it_holds_is_refused(tmp_path):
    path = write_npz(tmp_path / "a.npz", NM, R[None])
    content = path.read_bytes().replace(b"(1, 2151)", b"(9, 2151)")
    assert "archive" in refusal_of(put(tmp_path, content, "a.npz"))
    assert "see docs/reference/spectra.md" in refusal_of(write_npz(tmp_path / "a.npz", NM[None], R[None]))


def test_pickled_objects_of_an_archive_are_never_opened(tmp_path):
    path = write_npz(tmp_path / "a.npz", NM, R[None], evil=np.array([{"a": 1}], dtype=object), grain=np.array(["fine"]))
    assert list(read_points(path).columns) == ["grain"]


# --- real files


@pytest.mark.shared
def test_every_real_file_opens_with_no_option_and_has_the_values_that_others_read(shared_data):
    folder = shared_data / "field"
    expected = json.loads((folder / "expected.json").read_text())
    values = {f"asd/{name}.asd": (0, 2200.0, expected[f"asd/{name}.asd"]["ratio_2200"])
              for name in ("v6sample00000", "v7sample00003", "v8sample00001")}  # fmt: skip
    values |= {
        "sed/1456045_00116.sed": (0, 2200.5, 0.04735),
        "csv/hylite_library.csv": (0, 378.19, 0.24966172973),
        "sli_earthlib/optimized.sli": (0, 400.0, 0.1350405),
        "sli_earthlib/optimized.sli.hdr": (0, 400.0, 0.1350405),
        "relab/bkr1mm074ws.asc": (0, 320.0, 0.04899),
        "relab/bkr1mm074ws.txt": (0, 320.0, 0.04899),
        "ecostress_format/mineral.silicate.muscovite.desc.spectrum.txt": (0, 2500.0, 0.540818),
        "tsg_core_PE257D/PE257D_0001_tsg.tsg": (0, 380.0, 1.163907),
    }
    for name, (row, nm, value) in values.items():
        points = read_points(folder / name)
        (found,) = points.reflectance[row, np.isclose(points.wavelengths_nm, nm)]
        assert found == (value if not isinstance(value, float) else pytest.approx(value, abs=1e-6)), name


@pytest.mark.shared
def test_the_same_minerals_have_the_same_values_in_the_layouts_of_usgs_and_of_envi(shared_data):
    folder = shared_data / "field"
    at_2200 = {"Kaolinite": 0.33901, "Muscovite": 0.49189, "Pyrophyllite": 0.59050, "Montmorillonite": 0.49573,
               "Illite": 0.25214, "Calcite": 0.88675, "Dolomite": 0.62951, "Talc": 0.39594,
               "Clinochlore": 0.41111}  # fmt: skip
    library = read_points(folder / "sli_usgs" / "usgs9.sli")
    for row, (name, value) in enumerate(at_2200.items()):
        (path,) = (folder / "usgs_format").rglob(f"splib07a_{name}_*.txt")
        record = read_points(path)
        (found,) = record.reflectance[0, record.wavelengths_nm == 2200.0]
        assert found == pytest.approx(value, abs=6e-6)
        assert library.reflectance[row, 1300] == pytest.approx(found, abs=1e-7)
        same = record.reflectance[0, 550:2150]
        assert np.array_equal(np.isnan(same), np.isnan(library.reflectance[row])), name
        assert np.nanmin(same) > 0


@pytest.mark.shared
def test_real_files_of_other_kinds_are_refused_in_one_sentence(shared_data, tmp_path):
    folder = tmp_path / "field"
    shutil.copytree(shared_data / "field", folder, copy_function=shutil.copyfile)
    others = [
        *folder.glob("las/*.las"),
        *folder.glob("nvcl/*.*"),
        *folder.glob("*/expected_*.csv"),
        *folder.glob("*/*.dat"),
    ]
    assert len(others) == 13
    for path in [*others, folder / "asd" / "v7sample00000.asd"]:
        assert refusal_of(path)
