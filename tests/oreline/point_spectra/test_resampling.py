"""Point spectra at a camera's bands: what was measured, and nothing where nothing was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oreline.errors import SpectraRefused
from oreline.point_spectra import PointSpectra, gaps, resampled
from tests.oreline.point_spectra.writers import spectrum

CENTRES = np.linspace(1000.0, 2500.0, 288)
FWHM = 12.0


def points(nm, values=None, fwhm_nm=None):
    nm = np.asarray(nm, float)
    values = spectrum(nm) if values is None else values
    return PointSpectra(Path("a"), "b", ("c",), nm, np.atleast_2d(values).astype(np.float32), "", "", fwhm_nm)


def seen(*args, **options):
    return resampled(points(*args, **options), CENTRES, FWHM)


def blurred(width):
    """By brute force, at 0.1 nm; ends held."""
    fine = np.arange(900, 2600, 0.1)
    weights = np.exp(-4 * np.log(2) * ((fine - CENTRES[:, None]) / width) ** 2)
    return weights @ spectrum(np.clip(fine, 1000, 2500)) / weights.sum(1)


@pytest.mark.parametrize("step", [0.5, 1.0, 4.0, 8.0, 10.0])
def test_an_instrument_of_any_spacing_gives_what_the_camera_would_see(step):
    values, _ = seen(np.arange(1000, 2500.1, step))
    assert np.abs(values[0] - blurred(FWHM)).max() < (0.001 if step <= 4 else 0.006)


def test_what_the_instrument_has_blurred_is_not_blurred_again():
    nm = np.arange(1000, 2501, 4.0)
    values, _ = seen(nm, fwhm_nm=7.0)
    assert np.abs(values[0] - blurred(np.sqrt(FWHM**2 - 49))).max() < 1e-3


@pytest.mark.parametrize("missing", ["deleted", "left out"])
def test_values_that_are_missing_never_become_a_number(missing):
    nm = np.arange(1000, 2501, 1.0)
    gone = (nm > 1350) & (nm < 1450)
    if missing == "deleted":
        values, _ = seen(nm, np.where(gone, np.nan, spectrum(nm)))
    else:
        values, _ = seen(nm[~gone])
    ((first, last),) = gaps(CENTRES, np.isnan(values[0]))
    assert 1350 <= first < 1362
    assert 1438 < last <= 1450
    whole, _ = seen(nm)
    rest = ~np.isnan(values[0])
    assert np.abs(values[0] - whole[0])[rest].max() < 0.001


def test_a_camera_is_covered_where_a_quarter_of_its_last_band_is_lacking_and_not_further():
    values, _ = seen(np.arange(998, 2499, 1.0))
    assert np.isfinite(values).all()
    values, _ = seen(np.arange(998, 2451, 1.0))
    ((first, last),) = gaps(CENTRES, np.isnan(values[0]))
    assert (first > 2450, last) == (True, 2500.0)


def test_an_instrument_that_is_coarser_says_so_and_one_that_is_far_coarser_is_refused():
    assert seen(np.arange(1000, 2501, 4.0))[1] == ()
    (note,) = seen(np.arange(1000, 2501, 15.0))[1]
    assert "coarser" in note
    (note,) = seen(np.arange(1000, 2501, 4.0), fwhm_nm=20.0)[1]
    assert "20 nm wide" in note
    with pytest.raises(SpectraRefused, match="too coarse"):
        seen(np.arange(1000, 2501, 60.0))


def test_an_instrument_of_another_range_has_no_band():
    values, _ = seen(np.arange(350, 951, 1.0))
    assert np.isnan(values).all()
