"""References of files: reflectance is what plain NumPy makes of the same files, scaled by what their headers say."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.calibration.calibrator import Calibrator
from inference.commands.report import write as write_report
from inference.references.files import load
from inference.references.from_recordings import keep, saved_for
from oreline.errors import ReferenceRefused
from oreline.messages import StreamInfo
from oreline.recordings import recording
from oreline.recordings.finding import find_recording
from tests.inference.reference_builders import INFO
from tests.oreline.recordings.test_recording import write

RNG = np.random.default_rng(8)
LINES, BANDS, SAMPLES = 20, 6, 16
LIGHT = RNG.uniform(1000, 2000, (BANDS, SAMPLES))
TRUTH = RNG.uniform(0.1, 0.9, (BANDS, SAMPLES))


@dataclass(frozen=True)
class Setting:
    serial: str = "S1"
    full_scale: int = 4095
    exposure_us: float | None = None
    gain: float = 1.0
    wavelengths_nm: tuple[float, ...] = tuple(np.linspace(1000.0, 1700.0, BANDS))


def noisy(level: np.ndarray | float, lines: int = LINES) -> np.ndarray:
    return np.rint(RNG.normal(level, 2.0, (lines, BANDS, SAMPLES))).astype(np.uint16)


def recorded(folder: Path, **cubes: tuple[np.ndarray, dict[str, Any]]) -> Path:
    names = {"scene": "rock", "dark": "DARKREF_rock", "white": "WHITEREF_rock", "white_dark": "WHITEDARKREF_rock"}
    for kind, (cube, fields) in cubes.items():
        write(folder / f"{names[kind]}.hdr", cube, **fields)
    return folder


def reflectance(folder: Path, setting: Setting, line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of a line, and its uncertainty, by the reference that is made of the files and read again."""
    path, _ = keep(find_recording(folder), setting, folder / "references")
    exposure = setting.exposure_us or 1.0
    info: StreamInfo = replace(
        INFO, wavelengths_nm=setting.wavelengths_nm, samples=SAMPLES, exposure_us=exposure, gain=setting.gain
    )
    calibrator = Calibrator(load(path), info)
    values = calibrator.reflectance(line)[0].copy()
    return values, calibrator.uncertainty(values).copy()


def test_each_reference_counts_with_its_own_exposure_and_its_own_dark(tmp_path: Path) -> None:
    """As of a Specim IQ: the white was taken at half the scene's integration time, and has a dark of that."""
    scene, dark = noisy(100 + LIGHT * TRUTH), noisy(100.0)
    white, own = noisy(300 + LIGHT / 2), noisy(300.0)
    folder = recorded(
        tmp_path, scene=(scene, {"tint": 20}), dark=(dark, {"tint": 20}), white=(white, {"tint": 10}),
        white_dark=(own, {"tint": 10}),
    )  # fmt: skip
    values, sure = reflectance(folder, Setting(exposure_us=20_000.0), scene[0])
    expected = (scene[0] - dark.mean(0)) / 20 / ((white.mean(0) - own.mean(0)) / 10)
    np.testing.assert_allclose(values, expected, rtol=1e-5)
    assert np.isfinite(sure).all()


@pytest.mark.parametrize("exposure", [{}, {"tint": 20}])
def test_a_white_that_is_not_said_to_be_exposed_otherwise_keeps_its_own_dark(
    tmp_path: Path, exposure: dict[str, int]
) -> None:
    scene, dark, white, own = noisy(100 + LIGHT * TRUTH), noisy(100.0), noisy(130 + LIGHT), noisy(130.0)
    folder = recorded(
        tmp_path, scene=(scene, {"tint": 20}), dark=(dark, exposure), white=(white, {}), white_dark=(own, {})
    )
    values, _ = reflectance(folder, Setting(exposure_us=20_000.0), scene[0])
    np.testing.assert_allclose(values, (scene[0] - dark.mean(0)) / (white.mean(0) - own.mean(0)), rtol=1e-5)


def test_gain_scales_as_exposure_does_and_alone(tmp_path: Path) -> None:
    scene, dark, white = noisy(100 + LIGHT * TRUTH), noisy(100.0), noisy(100 + LIGHT / 2)
    folder = recorded(
        tmp_path, scene=(scene, {"gain": "6.0206 dB"}), dark=(dark, {"gain": "6.0206 dB"}),
        white=(white, {"gain": "0 dB"}), white_dark=(dark, {"gain": "0 dB"}),
    )  # fmt: skip
    values, _ = reflectance(folder, Setting(gain=10 ** (6.0206 / 20)), scene[0])
    expected = (scene[0] - dark.mean(0)) / (white.mean(0) - dark.mean(0)) / 10 ** (6.0206 / 20)
    np.testing.assert_allclose(values, expected, rtol=1e-5)


@pytest.mark.parametrize(("lines", "dtype", "plus"), [(1, "u2", 0.0), (1, "f4", 0.25), (2, "f4", 0.25), (7, "f8", 0.5)])
def test_averaged_references_give_reflectance_of_unknown_uncertainty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int, dtype: str, plus: float
) -> None:
    monkeypatch.setattr(recording, "PIECE_BYTES", 2 * BANDS * SAMPLES * 8)
    scene = noisy(100 + LIGHT * TRUTH)
    dark, white = ((noisy(level, lines) + plus).astype(dtype) for level in (100.0, 100 + LIGHT))
    folder = recorded(tmp_path, scene=(scene, {}), dark=(dark, {}), white=(white, {}))
    values, sure = reflectance(folder, Setting(), scene[0])
    means = (cube.astype(np.float64).mean(0) for cube in (dark, white))
    below, above = means
    np.testing.assert_allclose(values, (scene[0] - below) / (above - below), rtol=1e-5)
    assert np.isnan(sure).all()
    _, words = keep(find_recording(folder), Setting(), tmp_path / "references")
    assert "dark and white were averaged before: how sure a reflectance is, is not known" in words[0]


def test_floats_that_are_whole_counts_are_as_good_as_counts(tmp_path: Path) -> None:
    scene, dark, white = noisy(100 + LIGHT * TRUTH), noisy(100.0), noisy(100 + LIGHT)
    folder = recorded(tmp_path, scene=(scene, {}), dark=(dark.astype("f4"), {}), white=(white.astype("f8"), {}))
    assert np.isfinite(reflectance(folder, Setting(), scene[0])[1]).all()


def test_of_references_with_other_columns_the_common_ones_are_kept(tmp_path: Path) -> None:
    dark, white = noisy(100.0), noisy(100 + LIGHT)
    folder = recorded(
        tmp_path, scene=(white[:, :, 4:8], {"x start": 4}), dark=(dark[:, :, :12], {"x start": 0}),
        white=(white[:, :, 2:], {"x start": 2}),
    )  # fmt: skip
    reference = load(keep(find_recording(folder), Setting(), tmp_path / "references")[0])
    assert (reference.x_start, reference.samples) == (2, 10)
    np.testing.assert_allclose(reference.white.mean, white[:, :, 2:12].mean(0))
    np.testing.assert_allclose(reference.dark.mean, dark[:, :, 2:12].mean(0))


def test_three_hundred_lines_of_a_kind_are_no_more_trouble_than_three(tmp_path: Path) -> None:
    scene, dark, white = noisy(100 + LIGHT * TRUTH), noisy(100.0, 300), noisy(100 + LIGHT, 300)
    folder = recorded(tmp_path, scene=(scene, {}), dark=(dark, {}), white=(white, {}))
    values, _ = reflectance(folder, Setting(), scene[0])
    np.testing.assert_allclose(values, (scene[0] - dark.mean(0)) / (white.mean(0) - dark.mean(0)), rtol=1e-5)


def test_what_holds_no_data_is_in_no_mean(tmp_path: Path) -> None:
    scene, dark, white = noisy(100 + LIGHT * TRUTH), noisy(100.0), noisy(100 + LIGHT)
    holed = white.astype("i4")
    holed[3, :, 5] = -9999
    folder = recorded(tmp_path, scene=(scene, {}), dark=(dark, {}), white=(holed, {"data ignore value": -9999}))
    values, _ = reflectance(folder, Setting(), scene[0])
    kept = np.where(holed == -9999, np.nan, holed)
    np.testing.assert_allclose(values, (scene[0] - dark.mean(0)) / (np.nanmean(kept, 0) - dark.mean(0)), rtol=1e-5)


@pytest.mark.parametrize(
    ("scene", "dark", "white", "why"),
    [
        ({"tint": 4}, {"tint": 2}, {"tint": 2}, "the scene has exposure 4000 us, gain 1, the dark 2000 us, 1"),
        ({"tint": 4}, {"tint": 4}, {"tint": 2}, "the white has exposure 2000 us, gain 1, the dark 4000 us, 1"),
        ({"gain": "6 dB"}, {"gain": "0 dB"}, {"gain": "0 dB"}, "the scene has exposure nan us, gain 1.995"),
    ],
)
def test_a_dark_of_another_exposure_or_gain_is_refused(
    tmp_path: Path, scene: dict[str, Any], dark: dict[str, Any], white: dict[str, Any], why: str
) -> None:
    folder = recorded(tmp_path, scene=(noisy(500.0), scene), dark=(noisy(100.0), dark), white=(noisy(900.0), white))
    found = find_recording(folder)
    setting = Setting(exposure_us=found.scene.conditions.exposure_us, gain=found.scene.conditions.gain or 1.0)
    with pytest.raises(ReferenceRefused, match="so it is not its dark: name another by --dark") as refusal:
        keep(found, setting, tmp_path / "references")
    assert why in str(refusal.value)


def test_what_nobody_says_is_not_made_up(tmp_path: Path) -> None:
    folder = recorded(tmp_path, scene=(noisy(500.0), {}), dark=(noisy(100.0), {}), white=(noisy(900.0), {}))
    path, _ = keep(find_recording(folder), Setting(), tmp_path / "references")
    assert math.isnan(load(path).white.exposure_us)
    assert '"exposure_us": null' in (path / "reference.json").read_text()


def test_the_report_of_averaged_references_leaves_their_noise_out(tmp_path: Path) -> None:
    dark, white = noisy(100.0, 1), noisy(100 + LIGHT, 1)
    folder = recorded(tmp_path, scene=(noisy(500.0), {}), dark=(dark, {}), white=(white, {}))
    path, _ = keep(find_recording(folder), Setting(), tmp_path / "references")
    write_report(path, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "not known: the lines were averaged before" in page
    assert not re.search(r"\bnan\b", re.sub(r'base64,[^"]*', "", page))
    assert "<h2>Noise model" not in page


def test_a_saved_reference_serves_a_camera_whose_serial_number_has_to_be_spelt_otherwise(tmp_path: Path) -> None:
    folder = recorded(tmp_path, scene=(noisy(500.0), {}), dark=(noisy(100.0), {}), white=(noisy(900.0), {}))
    found, references = find_recording(folder), tmp_path / "references"
    path, _ = keep(found, Setting(serial="FX 17/3"), references)
    assert saved_for(path, Setting(serial="FX 17/3"), references) == (path, [])
    copy, notes = saved_for(path, Setting(serial="FX_17_3"), references)
    np.testing.assert_array_equal(load(copy).white.mean, load(path).white.mean)
    assert load(copy).serial == "FX_17_3"
    assert notes == [f"reference {path.name} is used as {copy.name}, of camera FX_17_3"]


@pytest.mark.parametrize(("bands", "words"), [(1, "17% of the white is at full scale"), (4, None)])
def test_a_white_at_full_scale_is_said_or_refused(tmp_path: Path, bands: int, words: str | None) -> None:
    white = noisy(100 + LIGHT)
    white[:, :bands] = 4095
    folder = recorded(tmp_path, scene=(noisy(500.0), {}), dark=(noisy(100.0), {}), white=(white, {}))
    if words:
        assert words in " ".join(keep(find_recording(folder), Setting(), tmp_path / "references")[1])
    else:
        with pytest.raises(ReferenceRefused, match="67% of the white is at full scale, where reflectance"):
            keep(find_recording(folder), Setting(), tmp_path / "references")
