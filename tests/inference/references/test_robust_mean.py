"""What passes before the camera while a reference is taken does not become part of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference.references.measurement import BLOCK, Measurement
from oreline.recordings.finding import find_recording
from tests.inference.reference_builders import built, stream

INFO = stream(wavelengths_nm=tuple(np.linspace(900.0, 1700.0, 60)), samples=50)
SHAPE = INFO.bands, INFO.samples
MEAN = 2500.0 * np.linspace(0.6, 1.2, 60)[:, None] * np.hanning(70)[10:60]


def lines(n: int = 100, seed: int = 1) -> NDArray[np.uint16]:
    """A white with shot noise of 25 counts at most."""
    noise = np.random.default_rng(seed).normal(size=(n, *SHAPE)) * np.sqrt(MEAN) / 2
    return np.clip(np.rint(MEAN + noise), 0, 4095).astype(np.uint16)


LINES = lines()


def measured(white: NDArray[np.uint16]) -> Measurement:
    return built(INFO, white).measured()


def test_lines_without_an_outlier_have_their_plain_mean_and_spread() -> None:
    white = lines()
    m = measured(white)
    np.testing.assert_array_equal(m.mean, white.mean(axis=0, dtype=np.float64))
    np.testing.assert_allclose(m.std, white.std(axis=0, ddof=1, dtype=np.float64), rtol=1e-9)
    assert m.rejected == 0


@pytest.mark.parametrize("passing", [3, 20])
def test_a_stone_that_passes_does_not_shift_the_mean(passing: int) -> None:
    clean = lines()
    white = clean.copy()
    white[40 : 40 + passing, :, 10:30] = white[40 : 40 + passing, :, 10:30] * 0.4
    m = measured(white)
    without = np.delete(clean[:, :, 10:30], np.s_[40 : 40 + passing], axis=0)
    np.testing.assert_array_equal(m.mean[:, 10:30], without.mean(axis=0))
    np.testing.assert_array_equal(m.mean[:, 30:], clean[:, :, 30:].mean(axis=0))
    assert m.rejected == passing * 20 * INFO.bands
    assert m.motion < 0.01


def test_cosmic_rays_do_not_shift_the_mean() -> None:
    clean = lines()
    white = clean.copy()
    rng = np.random.default_rng(2)
    hits = rng.integers(0, (100, *SHAPE), (200, 3))
    for line, band, sample in hits:
        white[line, band, sample] = min(4095, white[line, band, sample] + 900)
    m = measured(white)
    off = np.abs(m.mean - clean.mean(axis=0))
    assert off.max() < 0.06 * 25
    assert m.rejected == len({tuple(hit) for hit in hits})


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 4094), min_size=1, max_size=9), st.integers(0, 59), st.integers(0, 49))
@example([156, 156, 156], 0, 0)
def test_a_few_lines_of_anything_shift_no_element_by_a_hundredth(values: list[int], band: int, sample: int) -> None:
    """Or, where there is little light, by what they do while they are within eight standard deviations of its noise."""
    white = LINES.copy()
    white[10 : 10 + len(values), band, sample] = values
    clean = LINES[:, band, sample]
    noise = 8 * max(1.4826 * float(np.median(np.abs(clean - np.median(clean)))), float(np.sqrt(MEAN[band, sample]) / 2))
    shift = measured(white).mean[band, sample] - clean.mean()
    assert abs(shift) < max(0.01 * clean.mean(), 1.1 * noise * len(values) / len(clean))


def test_a_dark_is_not_shifted_either() -> None:
    rng = np.random.default_rng(3)
    clean = np.rint(rng.normal(210.0, 1.2, (100, *SHAPE))).astype(np.uint16)
    dark = clean.copy()
    dark[7, 30, 20], dark[60, 3, 3] = 1400, 900
    m = measured(dark)
    assert m.rejected == 2
    np.testing.assert_allclose(m.mean, clean.mean(axis=0), atol=0.05)


def test_a_pixel_that_blinks_keeps_the_mean_of_its_states() -> None:
    white = lines()
    white[::2, 5, 5] += 400
    m = measured(white)
    assert m.rejected == 0
    assert m.mean[5, 5] == white[:, 5, 5].mean()


@pytest.mark.parametrize("n", [BLOCK, 2 * BLOCK, 2 * BLOCK + 1, 3 * BLOCK + 40])
def test_blocks_add_up(n: int) -> None:
    white = lines(n)
    m = measured(white)
    np.testing.assert_array_equal(m.mean, white.mean(axis=0, dtype=np.float64))
    np.testing.assert_allclose(m.std, white.std(axis=0, ddof=1, dtype=np.float64), rtol=1e-9)
    assert m.lines == n


def test_a_panel_whose_grain_slides_by_is_told_from_one_that_stands() -> None:
    grain = 1 + 0.03 * np.random.default_rng(4).normal(size=400)
    still = lines() * grain[:50]
    moving = lines() * np.stack([grain[i : i + 50] for i in range(100)])[:, None]
    assert measured(still.astype(np.uint16)).motion < 0.001
    assert measured(moving.astype(np.uint16)).motion == pytest.approx(0.03, rel=0.3)


def test_a_lamp_that_flickers_is_no_motion() -> None:
    flicker = 1 + 0.03 * np.random.default_rng(5).normal(size=(100, 1, 1))
    m = measured((lines() * flicker).astype(np.uint16))
    assert m.flicker == pytest.approx(0.03, rel=0.3)
    assert m.motion < 0.002


@pytest.mark.shared
def test_a_real_white_with_dust_on_its_panel_keeps_its_plain_mean(shared_data: object) -> None:
    found = find_recording(shared_data / "raw" / "core_vnir")  # type: ignore[operator]
    for recording in (found.dark, found.white):
        assert recording is not None
        cube = np.ascontiguousarray(recording.cube, np.uint16)
        info = stream(wavelengths_nm=tuple(np.linspace(560, 735, cube.shape[1])), samples=cube.shape[2])
        m = built(info, cube).measured()
        np.testing.assert_array_equal(m.mean, cube.mean(axis=0, dtype=np.float64))
