"""Smooth continua."""

from __future__ import annotations

import numpy as np

from oreline.light_model.continuum import bumps, places, tilt


def test_slope_and_bend_leave_the_mean_as_it_is() -> None:
    x = places(2001)
    assert (x[0], x[-1], x.dtype) == (-1.0, 1.0, np.float32)
    assert abs(tilt(np.float32(0.3), np.float32(0.2), x).mean()) < 1e-3
    np.testing.assert_allclose(tilt(np.float32(0.3), np.float32(0.0), x)[[0, -1]], [-0.3, 0.3], rtol=1e-6)


def test_bumps_are_bells_one_at_each_place_and_wider_than_any_absorption_band() -> None:
    bells = bumps(places(1501), 9)
    assert bells.shape == (9, 1501)
    np.testing.assert_allclose(bells.argmax(axis=1), np.linspace(0, 1500, 9), atol=1)
    np.testing.assert_allclose(bells.max(axis=1), 1.0, atol=1e-5)
    half = (bells[4] >= 0.5).sum()
    assert half > 300, "nm of a range of 1500: bands of minerals are 10 to 100 nm wide"
    assert np.abs(np.diff(bells, axis=1)).max() < 0.01
