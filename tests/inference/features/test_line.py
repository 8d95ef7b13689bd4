"""Features of a line: the same as those of any spectra."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inference.features.absorption import absorptions
from inference.features.line import LineFeatures
from inference.features.windows import placed
from inference.flags import Quality
from oreline.cameras import camera_preset
from oreline.features import LEAST_DEPTH

SWIR = camera_preset("swir288").wavelengths_nm


def rocks(nm: NDArray[np.float64], samples: int, seed: int) -> NDArray[np.float32]:
    """Slopes with an absorption in each window, from none to deep, and some noise."""
    draw = np.random.default_rng(seed)
    values = draw.uniform(0.1, 0.9, samples) + np.outer(nm - 1700, draw.uniform(-1e-4, 1e-4, samples))
    for centre in (1410, 1910, 2200, 2255, 2320, 2400):
        at, depth = centre + draw.normal(0, 8, samples), draw.uniform(-0.05, 0.4, samples).clip(0)
        values *= 1 - depth * np.exp(-(((nm[:, None] - at) / draw.uniform(8, 25)) ** 2))
    return (values * (1 + draw.normal(0, 1 / 300, values.shape))).astype(np.float32)


def sure(nm: NDArray[np.float64], values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Where the answer does not turn on the last bit of float32: it stays there when all is 1.1 times as bright."""
    features = placed(nm)
    once, again = (absorptions(features, values.astype(np.float64) * scale)[:, 0] for scale in (1.0, 1.1))
    return np.abs(once - again) < 1.0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 7, 63, 64, 65, 150]), st.booleans(), st.booleans())
def test_a_line_has_the_features_of_its_spectra(seed: int, samples: int, uneven: bool, falling: bool) -> None:
    nm = SWIR + np.sin(np.arange(288.0)) if uneven else SWIR
    nm = nm[::-1].copy() if falling else nm
    values = rocks(nm, samples, seed)
    line = LineFeatures(nm.tolist(), samples)
    answer, expected = line(values, np.zeros(samples, np.uint8)), absorptions(placed(nm), values)
    clear = expected[:, 1] > LEAST_DEPTH + 1e-5
    assert np.isfinite(answer[:, 0][clear]).all()
    compared = clear & sure(nm, values)
    off = np.abs(answer - expected).swapaxes(0, 1)[:, compared]
    assert (off.max(axis=1, initial=0) < [0.01, 2e-6]).all()
    assert compared.sum() >= 0.9 * clear.sum()


@pytest.mark.parametrize("what", [np.nan, np.inf, -np.inf, 0.0, -0.1])
@pytest.mark.parametrize("sample", [0, 63, 64, 69])
def test_a_value_that_is_none_spoils_its_windows_and_sample_and_no_other(what: float, sample: int) -> None:
    values, free = rocks(SWIR, 70, 1), np.zeros(70, np.uint8)
    line = LineFeatures(SWIR.tolist(), 70)
    before = line(values, free).copy()
    spoiled = [place for place, one in enumerate(line.infos) if one.name in ("2200", "OH")]
    assert np.isfinite(before[spoiled][:, :, [0, 63, 64, 69]]).all()
    values[int(np.abs(SWIR - 2135).argmin()), sample] = what
    after = line(values, free)
    assert np.isnan(after[spoiled, :, sample]).all()
    others = np.ones(before.shape, np.bool_)
    others[spoiled, :, sample] = False
    np.testing.assert_array_equal(after[others], before[others])


def test_a_sample_of_which_nothing_is_to_be_concluded_has_no_feature() -> None:
    values, invalid = rocks(SWIR, 64, 2), np.zeros(64, np.uint8)
    invalid[[3, 40, 41]] = Quality.SATURATED, Quality.LOST, Quality.REPAIRED
    answer = LineFeatures(SWIR.tolist(), 64)(values, invalid)
    assert np.isnan(answer[:, :, [3, 40]]).all()
    assert np.isfinite(answer[:, :, 41]).any()


def test_a_camera_that_ends_at_1700_nm_measures_what_it_has() -> None:
    nm = camera_preset("nir224").wavelengths_nm
    line = LineFeatures(nm.tolist(), 64)
    assert [one.name for one in line.infos] == ["1400", "1480"]
    assert line(rocks(nm, 64, 3), np.zeros(64, np.uint8)).shape == (2, 2, 64)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(-0.02, 0.02))
def test_features_on_a_flank_are_those_of_its_spectra_however_steep(seed: int, slope: float) -> None:
    """As of wet or stained rock, whose reflectance falls many times within a window. Where two bands are the least but
    for the last bit, the parabola through the one is a little deeper than that through the other."""
    values = (rocks(SWIR, 64, seed) * np.exp(slope * (SWIR - 1900.0))[:, None]).astype(np.float32)
    answer, expected = (
        LineFeatures(SWIR.tolist(), 64)(values, np.zeros(64, np.uint8)),
        absorptions(placed(SWIR), values),
    )
    clear = (expected[:, 1] > LEAST_DEPTH + 1e-4) & sure(SWIR, values)
    off = np.abs(answer - expected).swapaxes(0, 1)[:, clear]
    assert (off.max(axis=1, initial=0) < [0.05, 3e-3]).all()
