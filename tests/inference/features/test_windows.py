"""Windows: a feature is there where the camera's bands cover all of it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.features.windows import placed, refuse_none
from oreline.cameras import camera_preset
from oreline.errors import ConfigError
from oreline.features import FEATURES

ALL = [one.name for one in FEATURES]


def names(nm: NDArray[np.float64]) -> list[str]:
    return [one.info.name for one in placed(nm)]


def test_a_camera_to_2500_nm_has_all_of_them() -> None:
    assert names(camera_preset("swir288").wavelengths_nm) == ALL


def test_a_camera_that_ends_before_a_window_has_no_such_feature() -> None:
    assert names(camera_preset("nir224").wavelengths_nm) == ["1400", "1480"]
    assert names(np.arange(1000.0, 2241.0, 5)) == ["1400", "1480", "1900", "water"]
    assert names(np.arange(1000.0, 2245.0, 4)) == ["1400", "1480", "1900", "2200", "water"]


def test_channels_that_were_left_out_leave_no_feature() -> None:
    nm = np.arange(1000.0, 2501.0, 4)
    assert names(nm[(nm < 1380) | (nm > 1430)]) == ALL[1:]
    assert names(nm[(nm < 2290) | (nm > 2350)]) == [one for one in ALL if one not in ("2320", "2340")]


def test_coarse_bands_have_no_parabola() -> None:
    assert names(np.arange(1000.0, 2501.0, 18)) == ["1400", "1900", "2200", "2340", "OH", "water"]


def test_a_camera_without_any_is_refused_with_what_to_do() -> None:
    with pytest.raises(
        ConfigError, match=r"bands from 400 to 1000 nm cover.*2200 of 2120-2245 nm.*leave \"features\" out"
    ):
        refuse_none(np.arange(400.0, 1001.0, 5))  # type: ignore[arg-type]
