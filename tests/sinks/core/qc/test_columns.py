"""Columns that see less light: dust and scratches, not the shape of the light."""

from __future__ import annotations

import numpy as np
import pytest

from sinks.core.qc.columns import WIDEST, dark_columns, told

FALL_OFF = np.cos(np.linspace(-0.8, 0.8, 200)) ** 4 * 3000


def test_the_fall_off_of_a_lens_is_no_dust() -> None:
    assert dark_columns(FALL_OFF, 0.1) == []


@pytest.mark.parametrize("width", [1, 4, WIDEST])
def test_a_speck_is_told_by_its_columns_wherever_it_lies(width: int) -> None:
    for first in (20, 60, 180 - width):
        profile = FALL_OFF.copy()
        profile[first : first + width] *= 0.6
        assert dark_columns(profile, 0.25) == [(first, first + width)]


def test_a_wide_shadow_and_an_end_are_no_specks() -> None:
    profile = FALL_OFF.copy()
    profile[80:140] *= 0.5
    profile[:5] = np.nan
    assert dark_columns(profile, 0.25) == []
    assert dark_columns(np.empty(0), 0.25) == []


def test_runs_are_said_as_people_write_them() -> None:
    assert told([(3, 4), (10, 13)]) == "3, 10-12"
