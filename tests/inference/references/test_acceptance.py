"""A reference that is not to be believed is told from one that is."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hwsim.scenes.belt import BeltScene
from hwsim.sensor.sensor import Sensor
from inference.references.acceptance import check_reference
from inference.references.findings import Finding
from inference.references.limits import Limits
from inference.references.reference import Reference
from oreline.cameras import CAMERAS
from oreline.recordings.recording import open_recording
from tests.inference.calibration.test_recordings import emit
from tests.inference.reference_builders import INFO, a_reference, built, stream

WIDE = stream(samples=200)
SHAPE = WIDE.bands, WIDE.samples
_RNG = np.random.default_rng(3)
DARK = 200.0 + _RNG.normal(0.0, 5.0, SHAPE)
LIGHT = 2500.0 * np.hanning(WIDE.bands + 4)[2:-2, None] * np.linspace(1.0, 0.7, WIDE.samples)


def taken(dark: NDArray[np.float64], light: NDArray[np.float64], seed: int = 1, **settings: float) -> Reference:
    """A reference captured from these mean counts, with noise."""
    info = replace(WIDE, **settings)  # type: ignore[arg-type]
    rng = np.random.default_rng(seed)
    lines = [np.clip(rng.normal(mean, 4.0, (40, *SHAPE)), 0, 4095).astype(np.uint16) for mean in (dark, dark + light)]
    return Reference.combine(built(info, lines[0]), built(info, lines[1]), captured="today")


def found(new: Reference, old: Reference | None, **limits: float) -> dict[str, Finding]:
    """What speaks against a reference, by code."""
    return {doubt.code: doubt for doubt in check_reference(new, old, Limits(**limits))}  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def good() -> Reference:
    return taken(DARK, LIGHT)


def test_a_good_first_reference_and_the_same_again_are_not_doubted(good: Reference) -> None:
    assert not found(good, None)
    assert not found(taken(DARK, LIGHT, seed=2), good)


def test_a_warmer_sensor_and_an_older_lamp_are_not_doubted(good: Reference) -> None:
    warmer = DARK + np.linspace(5.0, 60.0, WIDE.bands)[:, None]
    assert not found(taken(warmer, 0.85 * LIGHT), good)


def test_twice_the_exposure_is_not_doubted(good: Reference) -> None:
    assert not found(taken(DARK, 1.5 * LIGHT, exposure_us=1.5 * WIDE.exposure_us), good)


def test_an_exposure_that_changes_no_counts_is_told(good: Reference) -> None:
    (doubt,) = found(taken(DARK, LIGHT, exposure_us=3 * WIDE.exposure_us), good).values()
    assert doubt.code == "exposure"
    assert "should have 3 times as many counts" in doubt.words


@pytest.mark.parametrize(
    ("share", "code", "words"), [(0.02, "leak", "light leaks in"), (0.9, "shutter", "the shutter did not close")]
)
def test_light_in_the_dark_is_told_and_nothing_that_follows_from_it(
    good: Reference, share: float, code: str, words: str
) -> None:
    (doubt,) = found(taken(DARK + share * LIGHT, LIGHT), good).values()
    assert (doubt.code, words in doubt.words) == (code, True)


def test_a_first_dark_that_saw_the_panel_is_told_for_certain() -> None:
    (doubt,) = found(taken(DARK + LIGHT, 0.1 * LIGHT), None).values()
    assert doubt.certain
    assert "the shutter did not close" in doubt.words


def test_a_first_dark_that_saw_stones_on_the_belt_is_told_for_certain_and_a_hot_one_is_not() -> None:
    belt = np.where(_RNG.random(WIDE.samples) < 0.2, 0.5, 0.06) * LIGHT
    (doubt,) = found(taken(DARK + belt, LIGHT - belt), None).values()
    assert (doubt.code, doubt.certain) == ("shutter", True)
    hot = DARK + np.linspace(0.0, 400.0, WIDE.bands)[:, None]
    assert not found(taken(hot, LIGHT), None)


@pytest.mark.parametrize(("motion", "certain"), [(0.001, False), (0.02, True)])
def test_a_first_dark_that_saw_the_empty_belt_is_told_for_certain_where_that_moves(
    motion: float, certain: bool
) -> None:
    new = taken(DARK + 0.05 * LIGHT, 0.95 * LIGHT)
    (doubt,) = found(replace(new, dark=replace(new.dark, motion=motion), id=""), None).values()
    assert (doubt.code, doubt.certain) == ("shutter", certain)


def real(dark: NDArray[Any], white: NDArray[Any]) -> dict[str, Finding]:
    """What speaks against a first reference of real lines, (lines, bands, samples)."""
    info = stream(wavelengths_nm=tuple(np.linspace(400.0, 900.0, dark.shape[1])), samples=dark.shape[2])
    seen = (built(info, lines.astype(np.uint16)) for lines in (dark, white))
    return found(Reference.combine(*seen, captured="today"), None)


@pytest.mark.shared
def test_a_real_first_dark_is_good_and_the_core_in_its_place_is_not(shared_data: Path) -> None:
    dark, white, core = (
        np.asarray(open_recording(shared_data / "raw" / "core_vnir" / f"{name}CORE_XYZ.tif").cube)
        for name in ("DARKREF_", "WHITEREF_", "")
    )
    assert "shutter" not in real(dark, white)
    assert real(core, white[..., 88 : 88 + core.shape[2]])["shutter"].certain


@pytest.mark.shared
def test_a_real_pattern_that_looks_like_light_is_not_taken_for_it(shared_data: Path) -> None:
    """The scene is dim; a panel may be four times as bright."""
    scene, dark = (lines.astype(int) - 32_768 for lines in emit(shared_data)[:2])
    assert "shutter" not in real(dark.clip(0), (dark + 4 * (scene - dark)).clip(0))


@pytest.mark.parametrize("heat", [1.0, 4.0, 16.0])
@pytest.mark.parametrize("camera", CAMERAS)
def test_the_first_dark_of_no_simulated_sensor_is_doubted_be_it_hot_or_cold(camera: str, heat: float) -> None:
    sensor = Sensor.of(BeltScene(camera=camera, lines=16))
    dark = (sensor.offset + heat * sensor.current).astype(np.float64)
    assert "shutter" not in real(np.stack([dark, dark]), np.stack([dark, dark]) + np.minimum(sensor.white, 4095))


def test_a_dark_that_is_off_by_more_than_heat_explains_is_told(good: Reference) -> None:
    (doubt,) = found(taken(DARK + 600.0, LIGHT), good).values()
    assert (doubt.code, "15% of full scale" in doubt.words) == ("dark_change", True)


def test_a_dirty_panel_is_told_with_its_samples_with_and_without_an_earlier_one(good: Reference) -> None:
    stained = LIGHT.copy()
    stained[:, 50:70] *= 0.7
    for old in (good, None):
        (doubt,) = found(taken(DARK, stained), old).values()
        assert doubt.code == "dirty"
        assert "samples 50..69" in doubt.words
        assert re.search("7[0-3]% of the light", doubt.words)
        assert doubt.certain == (old is not None)


def test_a_panel_that_does_not_reach_the_edge_is_told_with_and_without_an_earlier_one(good: Reference) -> None:
    short = LIGHT.copy()
    short[:, 120:] *= 0.02
    for old in (good, None):
        (doubt,) = found(taken(DARK, short), old).values()
        assert (doubt.code, "only samples 0..119 of 0..199" in doubt.words) == ("partial", True)


def test_a_tilted_panel_is_told_against_an_earlier_one_only(good: Reference) -> None:
    tilted = LIGHT * np.linspace(1.1, 0.9, WIDE.samples)
    (doubt,) = found(taken(DARK, tilted), good).values()
    assert doubt.code == "tilted"
    assert re.search(r"from 1(09|10)% at one side to 9[01]% at the other", doubt.words)
    assert not found(taken(DARK, tilted), None)


def test_a_lamp_that_is_weaker_is_told(good: Reference) -> None:
    (doubt,) = found(taken(DARK, 0.4 * LIGHT), good).values()
    assert "40% of the light" in doubt.words


def test_a_panel_that_is_out_of_the_light_is_told_for_certain(good: Reference) -> None:
    for old in (good, None):
        (doubt,) = found(taken(DARK, 0.05 * LIGHT), old).values()
        assert (doubt.code, doubt.certain) == ("too_dark", True)


def test_a_white_at_full_scale_is_told_for_certain(good: Reference) -> None:
    for old in (good, None):
        (doubt,) = [d for d in check_reference(taken(DARK, 2.5 * LIGHT), old, Limits()) if d.code == "saturated"]
        assert doubt.certain
        assert "expose less" in doubt.words


def test_dark_and_white_of_two_exposures_are_told(good: Reference) -> None:
    other = replace(good.dark, exposure_us=2 * good.dark.exposure_us)
    new = replace(good, dark=other, id="")
    assert "take both with one setting" in found(new, None)["exposure"].words


@pytest.mark.parametrize(("name", "words"), [("motion", "it moves"), ("flicker", "the lamp flickers")])
def test_a_panel_or_a_lamp_that_is_not_still_is_told(good: Reference, name: str, words: str) -> None:
    white = replace(good.white, **{name: 0.05})  # type: ignore[arg-type]
    (doubt,) = found(replace(good, white=white, id=""), good).values()
    assert words in doubt.words


def test_a_dark_of_which_a_fifth_is_something_else_is_told(good: Reference) -> None:
    dark = replace(good.dark, rejected=good.dark.lines * good.dark.mean.size // 5)
    (doubt,) = found(replace(good, dark=dark, id=""), good).values()
    assert "20% of the dark" in doubt.words


def test_all_that_is_wrong_is_told_together(good: Reference) -> None:
    white = replace(taken(DARK, LIGHT * np.linspace(1.2, 0.8, WIDE.samples)).white, motion=0.05)
    assert set(found(replace(good, white=white, id=""), good)) == {"moving", "tilted"}


def test_few_lines_are_refused_by_the_limit_that_is_set(good: Reference) -> None:
    assert "only 40 lines" in found(good, None, least_lines=50)["few_lines"].words


def test_a_reference_of_another_camera_is_not_compared(good: Reference) -> None:
    assert not found(a_reference(INFO), good)
    assert not found(taken(DARK, 0.4 * LIGHT, serial="S2"), good)  # type: ignore[arg-type]
