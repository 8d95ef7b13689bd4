"""The dark at another exposure or temperature: a weighted sum of those that were captured."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.calibration.dark_model import dark_at
from inference.references.measurement import Measurement
from oreline.errors import ReferenceRefused

BIAS = np.array([[100.0, 250.0], [180.0, 90.0]])
CURRENT = np.array([[0.02, 0.5], [0.0, 0.1]])
"""Counts a microsecond at 25 C; 4 % more for each kelvin."""


def truth(exposure: float, temperature_c: float = 25.0) -> np.ndarray:
    return BIAS + CURRENT * exposure * (1 + 0.04 * (temperature_c - 25.0))


def taken(exposure: float, temperature_c: float = math.nan, gain: float = 1.0, lines: int = 100) -> Measurement:
    """A dark of `exposure` microseconds times gain."""
    mean = truth(exposure, 25.0 if math.isnan(temperature_c) else temperature_c)
    nothing = np.zeros(mean.shape, np.uint32)
    return Measurement(mean, np.ones(mean.shape), nothing, lines, exposure / gain, gain, temperature_c)


@given(st.floats(10, 5000), st.integers(2, 500), st.integers(2, 500))
def test_two_exposures_give_every_other(exposure: float, one: int, two: int) -> None:
    darks = taken(1000.0, lines=one), taken(200.0, gain=2.0, lines=two)
    np.testing.assert_allclose(dark_at(darks, exposure, math.nan).of(darks), truth(exposure), atol=1e-6)


@given(st.floats(10, 45))
def test_two_temperatures_give_every_other(temperature_c: float) -> None:
    darks = taken(1000.0, 20.0), taken(1000.0, 32.0)
    np.testing.assert_allclose(dark_at(darks, 1000.0, temperature_c).of(darks), truth(1000.0, temperature_c), atol=1e-6)


@given(st.floats(10, 5000), st.floats(10, 45))
def test_two_exposures_and_two_temperatures_give_every_pair_of_both(exposure: float, temperature_c: float) -> None:
    darks = taken(1000.0, 20.0), taken(200.0, 20.0), taken(1000.0, 32.0)
    np.testing.assert_allclose(
        dark_at(darks, exposure, temperature_c).of(darks), truth(exposure, temperature_c), atol=1e-5
    )


def test_of_darks_at_other_temperatures_only_the_comparable_are_used_where_the_cameras_is_not_known() -> None:
    darks = taken(1000.0, 20.0), taken(1000.0, 20.4), taken(1000.0, 35.0)
    weights = dark_at(darks, 1000.0, math.nan).weights
    np.testing.assert_allclose(weights, [0.5, 0.5, 0.0], atol=1e-12)


def test_equal_darks_are_averaged_by_their_lines() -> None:
    darks = taken(1000.0, lines=300), taken(1000.0, lines=100)
    np.testing.assert_allclose(dark_at(darks, 1000.0, math.nan).weights, [0.75, 0.25], atol=1e-12)


def test_one_dark_serves_its_own_exposure_or_all_where_the_black_level_is_known() -> None:
    darks = (taken(1000.0),)
    np.testing.assert_allclose(dark_at(darks, 1050.0, math.nan).of(darks), truth(1000.0))
    with pytest.raises(ReferenceRefused, match="taken at 1000 us times gain, and one of 1200 is needed"):
        dark_at(darks, 1200.0, math.nan)
    scaled = dark_at(darks, 2000.0, math.nan, black_level=50.0).of(darks)
    np.testing.assert_allclose(scaled, 50.0 + 2.0 * (truth(1000.0) - 50.0))
