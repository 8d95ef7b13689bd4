"""Lamp, facet and detector."""

from __future__ import annotations

import numpy as np
import pytest

from oreline.light_model.continuum import places
from oreline.light_model.pixel import illuminated, noise_std


def test_the_noise_of_twenty_thousand_electrons_is_a_hundredth_of_half_a_white() -> None:
    assert 0.5 / noise_std(np.float32([0.5]), np.float32(20_000), np.float32(0))[0] == pytest.approx(100, rel=1e-3)
    assert noise_std(np.float32([-1.0]), np.float32(20_000), np.float32(60))[0] == pytest.approx(60 / 20_000)


def test_a_lamp_changes_brightness_and_slope_and_no_band_of_a_grey_appears() -> None:
    grey, x = np.full(100, 0.5, np.float32), places(100)
    seen = illuminated(grey, np.float32(0.8), np.float32(0.1), np.float32(0.0), x)
    assert seen.mean() == pytest.approx(0.4, rel=1e-3)
    np.testing.assert_allclose(np.diff(seen, 2), 0.0, atol=1e-6)
