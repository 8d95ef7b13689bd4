"""The absorption of water."""

from __future__ import annotations

import numpy as np
import pytest

from oreline.light_model.water import absorption_per_mm


@pytest.mark.parametrize(("first", "last", "centre"), [(920, 1060, 972), (1150, 1260, 1195), (1400, 1600, 1447)])
def test_water_absorbs_where_the_literature_says(first: int, last: int, centre: int) -> None:
    nm = np.arange(first, last + 1.0)
    assert nm[absorption_per_mm(nm).argmax()] == pytest.approx(centre, abs=12)


def test_water_absorbs_most_at_1940_nm() -> None:
    nm = np.arange(900, 2450.0)
    assert nm[absorption_per_mm(nm).argmax()] == pytest.approx(1935, abs=10)
    assert absorption_per_mm(1940.0) == pytest.approx(12.4, rel=0.02)
    assert absorption_per_mm(np.array([800.0, 3000.0])).tolist() == pytest.approx(
        absorption_per_mm([900, 2500]).tolist()
    )
