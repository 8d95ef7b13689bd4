"""A box of core by depth."""

from __future__ import annotations

import numpy as np
import pytest

from oreline.errors import ConfigError
from oreline.reading import core_box, journal, to_xarray
from sinks.core.hole_folder import HoleFolder


def test_each_pixel_of_a_box_has_its_depth(hole: HoleFolder) -> None:
    box = core_box(hole.path, 1)
    assert box.depth_m is not None
    assert box.depth_m.shape == box.labels.shape
    assert box.seq.tolist() == list(range(240))
    assert box.depth_m[20, 10] == pytest.approx(10.0005, abs=0.001)
    assert box.depth_m[219, 40] == pytest.approx(10.3995, abs=0.001)
    assert np.isnan(box.depth_m[0]).all()
    assert np.isnan(box.depth_m[:, [0, 30, 63]]).all()


def test_what_lies_at_a_depth_is_looked_up_by_it(hole: HoleFolder) -> None:
    data = to_xarray(core_box(hole.path, 1))
    there = data.labels.where((data.depth > 10.2) & (data.depth < 10.3))
    assert int((there == 0).sum()) == 20 * 100
    assert data.depth.attrs["units"] == "m"
    assert "depth" not in to_xarray(journal(hole.output)).coords


def test_a_box_that_was_not_scanned_is_refused_with_those_that_were(hole: HoleFolder) -> None:
    with pytest.raises(ConfigError, match="box 2 has not been scanned: there are 1"):
        core_box(hole.path, 2)
    with pytest.raises(ConfigError, match="is no folder of a hole"):
        core_box(hole.output, 1)
