"""References that were recorded elsewhere: found, described, judged, chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from inference.commands.import_files import ImportOptions, import_reference
from inference.references.files import save
from inference.references.store import Store
from oreline.config import Config
from oreline.errors import RecordingError, ReferenceRefused
from oreline.recordings.envi_writer import EnviWriter
from tests.inference.reference_builders import INFO, a_reference, some_lines

DARK, WHITE = some_lines(INFO, 300.0, 100, seed=1), some_lines(INFO, 2500.0, 100, seed=2)
LUMO = {"tint": "1.5", "ceiling": "4095", "x start": "16"}


def line(folder: Path, **inference: Any) -> Config:
    return Config({"line": {"output": str(folder / "out")}, "acquisition": {"serial": "S1"}, "inference": inference})


def envi(path: Path, lines: NDArray[np.uint16], **fields: str) -> None:
    with EnviWriter.create(
        path, samples=INFO.samples, bands=INFO.bands, dtype=np.uint16, wavelengths_nm=INFO.wavelengths_nm,
        extra={name.replace("_", " "): value for name, value in fields.items()}, suffix=".raw",
    ) as file:  # fmt: skip
        for one in lines:
            file.write(one)


@pytest.fixture
def lumo(tmp_path: Path) -> Path:
    folder = tmp_path / "SCAN_01"
    for name, lines in (("DARKREF_SCAN_01", DARK), ("WHITEREF_SCAN_01", WHITE), ("SCAN_01", WHITE[:5])):
        envi(folder / "capture" / f"{name}.hdr", lines, **LUMO)
    return folder


def test_a_lumo_folder_becomes_the_chosen_reference(tmp_path: Path, lumo: Path) -> None:
    made = import_reference([lumo], line(tmp_path), ImportOptions(full_scale=4095))
    np.testing.assert_array_equal(made.dark.mean, DARK.mean(axis=0))
    np.testing.assert_array_equal(made.white.mean, WHITE.mean(axis=0))
    assert (made.serial, made.x_start, made.white.exposure_us, made.dark.lines) == ("S1", 16, 1500.0, 100)
    store = Store(tmp_path / "out" / "references")
    assert store.chosen == made.id
    assert store.load(made.id).white.captured == made.white.captured
    assert [entry["what"] for entry in store.history()] == ["imported"]


def test_no_link_out_of_a_folder_is_followed_but_one_that_is_named_itself_is(tmp_path: Path, lumo: Path) -> None:
    dark = lumo / "capture" / "DARKREF_SCAN_01.hdr"
    dark.symlink_to(dark.rename(tmp_path / dark.name))
    with pytest.raises(RecordingError, match="is a link out of"):
        import_reference([lumo], line(tmp_path), ImportOptions(full_scale=4095))
    named = [dark, dark.with_name("WHITEREF_SCAN_01.hdr")]
    assert import_reference(named, line(tmp_path), ImportOptions(full_scale=4095)).dark.lines == 100


def test_a_refusal_names_no_option_that_import_has_not(tmp_path: Path, lumo: Path) -> None:
    for name, lines, binning in (("DARKREF_SCAN_01", DARK, "2"), ("WHITEREF_SCAN_01", WHITE, "1")):
        envi(lumo / "capture" / f"{name}.hdr", lines, **LUMO | {"binning": binning})
    with pytest.raises(ReferenceRefused, match=r"its binning is 2, not 1; give one of the same setting$"):
        import_reference([lumo], line(tmp_path), ImportOptions(full_scale=4095))


def test_a_dark_that_does_not_say_its_gain_and_binning_has_those_of_the_white(
    tmp_path: Path, lumo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    envi(lumo / "capture" / "WHITEREF_SCAN_01.hdr", WHITE, **LUMO | {"gain": "2x", "binning": "2"})
    made = import_reference([lumo], line(tmp_path), ImportOptions(full_scale=4095))
    assert (made.dark.gain, made.white.gain) == (2.0, 2.0)
    said = " ".join(capsys.readouterr().out.split())
    assert "DARKREF_SCAN_01.raw does not say its gain: it is taken to be 2 times, as of the other" in said
    assert "DARKREF_SCAN_01.raw does not say its binning: it is taken to be 2 too" in said


def test_files_by_their_names_and_tiff_as_well(tmp_path: Path) -> None:
    for name, lines in (("dark_1", DARK), ("White_1", WHITE)):
        tifffile.imwrite(tmp_path / f"{name}.tif", np.moveaxis(lines, 1, 0), photometric="minisblack")
    config = line(tmp_path)
    config.tables["acquisition"]["wavelengths_nm"] = list(INFO.wavelengths_nm)
    paths = [tmp_path / "dark_1.tif", tmp_path / "White_1.tif"]
    made = import_reference(paths, config, ImportOptions(exposure_us=800.0, full_scale=4095))
    np.testing.assert_array_equal(made.white.mean, WHITE.mean(axis=0))
    assert made.wavelengths_nm == INFO.wavelengths_nm


def test_a_second_dark_of_another_exposure_comes_beside_the_first(tmp_path: Path, lumo: Path) -> None:
    envi(lumo / "capture" / "DARKREF_LONG.hdr", DARK + 50, **LUMO | {"tint": "6.0"})
    made = import_reference([lumo], line(tmp_path), ImportOptions(full_scale=4095))
    assert (made.dark.exposure_us, [dark.exposure_us for dark in made.darks]) == (1500.0, [6000.0])


def test_a_reference_that_oreline_saved_is_taken_as_it_is(tmp_path: Path) -> None:
    saved = a_reference()
    save(saved, tmp_path / "elsewhere")
    assert import_reference([tmp_path / "elsewhere"], line(tmp_path), ImportOptions()).id == saved.id


def test_one_of_another_camera_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    save(a_reference(), tmp_path / "elsewhere")
    config = line(tmp_path)
    config.tables["acquisition"]["serial"] = "S2"
    with pytest.raises(ReferenceRefused, match="is of camera 'S1', the line's file names 'S2'"):
        import_reference([tmp_path / "elsewhere"], config, ImportOptions())
    assert Store(tmp_path / "out" / "references").ids() == []


def test_what_neither_files_nor_options_say_is_asked_for_by_name(tmp_path: Path) -> None:
    for name, lines in (("DARKREF_A", DARK), ("WHITEREF_A", WHITE)):
        envi(tmp_path / f"{name}.hdr", lines)
    config = line(tmp_path)
    del config.tables["acquisition"]
    with pytest.raises(ReferenceRefused, match="give --exposure-us, --serial"):
        import_reference([tmp_path], config, ImportOptions())


def test_a_folder_without_a_white_is_refused_with_what_was_found(tmp_path: Path) -> None:
    envi(tmp_path / "DARKREF_A.hdr", DARK)
    with pytest.raises(RecordingError, match=r"found DARKREF_A\.raw: give one WHITEREF"):
        import_reference([tmp_path], line(tmp_path), ImportOptions())


@pytest.mark.parametrize("value", [-1.0, np.nan, 65_536.0])
def test_what_is_no_count_nor_a_mean_of_counts_is_refused(tmp_path: Path, lumo: Path, value: float) -> None:
    cube = np.moveaxis(WHITE.astype(np.float32), 1, 0)
    cube[3, 2, 1] = value
    (lumo / "capture" / "DARKREF_SCAN_01.hdr").rename(tmp_path / "DARKREF_F.hdr")
    (lumo / "capture" / "DARKREF_SCAN_01.raw").rename(tmp_path / "DARKREF_F.raw")
    tifffile.imwrite(tmp_path / "WHITEREF_F.tif", cube, photometric="minisblack")
    header = tmp_path / "DARKREF_F.hdr"
    header.write_text(header.read_text().replace("x start = 16", "x start = 0"))
    with pytest.raises(RecordingError, match="neither counts from 0 to 65535 nor their mean"):
        import_reference([header, tmp_path / "WHITEREF_F.tif"], line(tmp_path), ImportOptions(1.0, None, None, 4095))


def test_lines_that_were_averaged_before_are_taken_and_said_to_be_of_unknown_spread(tmp_path: Path) -> None:
    for name, lines in (("DARKREF_A", DARK[:1]), ("WHITEREF_A", WHITE[:1])):
        envi(tmp_path / f"{name}.hdr", lines, **LUMO)
    made = import_reference([tmp_path], line(tmp_path), ImportOptions())
    np.testing.assert_array_equal(made.white.mean, WHITE[0])
    store = Store(tmp_path / "out" / "references")
    again = store.load(made.id)
    assert np.isnan(again.white.std).all()
    assert (again.white.lines, again.id) == (1, made.id)
    assert [doubt["code"] for doubt in store.history()[-1]["doubts"]] == ["averaged"]
    assert store.overview()


@pytest.mark.parametrize(
    ("fields", "captured"),
    [
        (
            {"acquisition date": "DATE(yyyy-mm-dd): 2021-03-02", "Start Time": "UTC TIME: 09:10:11"},
            "02T09:10:11",
        ),
        ({"acquisition date": "DATE(dd-mm-yyyy): 02-03-2021"}, "02T00:00:00"),
    ],
)
def test_a_reference_is_as_old_as_its_header_says(
    tmp_path: Path, lumo: Path, fields: dict[str, str], captured: str
) -> None:
    envi(lumo / "capture" / "WHITEREF_SCAN_01.hdr", WHITE, **LUMO | fields)
    assert import_reference([lumo], line(tmp_path), ImportOptions()).captured == f"2021-03-{captured}+00:00"


def test_one_whose_header_names_another_camera_is_refused_unless_it_is_said_to_be_this(
    tmp_path: Path, lumo: Path
) -> None:
    envi(lumo / "capture" / "WHITEREF_SCAN_01.hdr", WHITE, **LUMO | {"sensorid": "99"})
    with pytest.raises(ReferenceRefused, match=r"of camera '99', the line's file names 'S1': .* --serial S1"):
        import_reference([lumo], line(tmp_path), ImportOptions())
    assert import_reference([lumo], line(tmp_path), ImportOptions(serial="S1")).serial == "S1"


def test_a_white_whose_end_is_dark_brings_its_own_dark(tmp_path: Path) -> None:
    envi(tmp_path / "WHITEREF_A.hdr", np.concatenate([WHITE, DARK]), **LUMO, autodarkstartline="100")
    made = import_reference([tmp_path], line(tmp_path), ImportOptions())
    np.testing.assert_array_equal(made.dark.mean, DARK.mean(axis=0))
    np.testing.assert_array_equal(made.white.mean, WHITE.mean(axis=0))


def test_one_that_compares_badly_is_refused_unless_forced(tmp_path: Path, lumo: Path) -> None:
    config, said = line(tmp_path), ImportOptions(full_scale=4095)
    first = import_reference([lumo], config, said)
    envi(lumo / "capture" / "WHITEREF_SCAN_01.hdr", (WHITE * 0.4).astype(np.uint16), **LUMO)
    with pytest.raises(ReferenceRefused, match=r"give --force.*\n.*of the light it had last time"):
        import_reference([lumo], config, said)
    store = Store(tmp_path / "out" / "references")
    assert store.chosen == first.id
    assert import_reference([lumo], config, said, force=True).id == store.chosen != first.id


def test_the_line_s_certificates_go_with_it(tmp_path: Path, lumo: Path) -> None:
    curve = tmp_path / "panel.txt"
    curve.write_text("nm reflectance\n900 0.99\n2600, 0.95\n")
    gains = tmp_path / "gains.csv"
    gains.write_text("\n".join(f"{nm},0.0{band + 1}" for band, nm in enumerate(range(12))))
    made = import_reference(
        [lumo], line(tmp_path, panel=str(curve), coefficients=str(gains)), ImportOptions(full_scale=4095)
    )
    np.testing.assert_allclose(made.panel, np.interp(INFO.wavelengths_nm, [900, 2600], [0.99, 0.95]))
    assert made.panel_name == "panel.txt"
    assert made.coefficients is not None
    assert made.coefficients.shape == (12, 40)
    again = Store(tmp_path / "out" / "references").load(made.id)
    np.testing.assert_array_equal(again.panel, made.panel)
    np.testing.assert_array_equal(again.coefficients, made.coefficients)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("900 99\n2600 95\n", "not in percent"),
        ("1200 0.99\n2600 0.95\n", "covers 1200 to 2600 nm, the camera 1000 to 2500"),
        ("2600 0.99\n900 0.95\n", "wavelengths in nm rise"),
        ("no numbers at all\n", "no two columns of numbers"),
    ],
)
def test_a_certificate_that_is_none_is_refused(tmp_path: Path, lumo: Path, text: str, says: str) -> None:
    curve = tmp_path / "panel.txt"
    curve.write_text(text)
    with pytest.raises(ReferenceRefused, match=says):
        import_reference([lumo], line(tmp_path, panel=str(curve)), ImportOptions(full_scale=4095))


@pytest.mark.shared
def test_a_real_recording_is_imported_with_its_saturation_counted(tmp_path: Path, shared_data: Path) -> None:
    config = line(tmp_path)
    config.tables["acquisition"]["wavelengths_nm"] = [float(nm) for nm in np.linspace(560, 735, 8)]
    made = import_reference(
        [shared_data / "raw" / "core_vnir"], config, ImportOptions(exposure_us=5000.0, full_scale=4095)
    )
    assert made.white.saturated.sum() == 31_669
    assert (made.dark.lines, made.white.lines, made.white.rejected) == (234, 37, 0)


def test_references_are_named_as_for_a_replay_and_what_is_taken_for_granted_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"exposure": "1.5", "acquisition date": "02/03/2021", "x start": "16"}
    for name, lines in (("rock_dark", DARK), ("rock_white", WHITE), ("rock", WHITE[:5])):
        envi(tmp_path / f"{name}.hdr", lines, **said)
    made = import_reference([tmp_path], line(tmp_path), ImportOptions())
    np.testing.assert_array_equal(made.white.mean, WHITE.mean(axis=0))
    words = capsys.readouterr().out
    for expected in ("exposure = 1.5 has no unit, and is taken for ms", "date 02/03/2021", "4095 by the counts"):
        assert expected in words


def test_coefficients_of_other_bands_are_refused(tmp_path: Path, lumo: Path) -> None:
    path = tmp_path / "gains.txt"
    path.write_text("".join(f"{nm} 1e-6\n" for nm in reversed(INFO.wavelengths_nm)), encoding="utf-8")
    with pytest.raises(ReferenceRefused, match=r"for band 0, not .* nm: give a line for each band"):
        import_reference([lumo], line(tmp_path, coefficients=str(path)), ImportOptions(full_scale=4095))
