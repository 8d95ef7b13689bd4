"""Rules of databases: what is mended is said, and what cannot be is refused in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oreline.errors import ConfigError
from sinks.core.export.rules import ruled
from tests.sinks.core.export.tables import hole, intervals, session, tenths


def test_a_hole_without_a_survey_is_vertical_and_that_is_said() -> None:
    told = hole()
    assert [(one.depth_m, one.dip_deg) for one in told.survey] == [(0, -90)]
    assert "the hole has no survey, so it is taken to be vertical" in told.notes


def test_a_survey_that_begins_below_the_collar_is_continued_to_it() -> None:
    told = hole(survey=[{"depth_m": 12.0, "azimuth_deg": 90.0, "dip_deg": -60.0}])
    assert [(one.depth_m, one.azimuth_deg, one.dip_deg) for one in told.survey] == [(0, 90, -60), (12, 90, -60)]
    assert any("begins at 12 m" in note for note in told.notes)


def test_the_last_interval_is_cut_at_the_holes_end() -> None:
    told = hole(np.arange(65.0, 69), np.arange(66.0, 70), max_depth_m=67.5)
    assert list(told.to_m) == [66, 67, 67.5], "and that from 68 m on, in which there is no rock, is left out"
    assert "intervals are cut at the hole's end, 67.5 m" in told.notes


@pytest.mark.parametrize(
    ("spans", "said", "words"),
    [
        (([66.0, 66.5], [67.0, 68.0]), {}, "the interval 66.5 to 68 m overlaps"),
        (([67.0, 66.0], [68.0, 67.0]), {}, "the interval 66 to 67 m overlaps"),
        (([66.0], [66.0]), {}, "ends before it begins"),
        (([66.0, 80.0], [67.0, 81.0]), {"max_depth_m": 70.0}, "80 to 81 m lies below the hole's end at 70 m"),
        (([np.nan], [66.0]), {}, "has no from_m"),
        (([], []), {}, "no interval of hole OR001"),
        (([66.0], [67.0]), {"x": float("inf")}, "x"),
        (
            ([66.0], [67.0]),
            {"survey": [{"depth_m": 80, "azimuth_deg": 0, "dip_deg": -90}], "max_depth_m": 70.0},
            "survey",
        ),
    ],
)
def test_what_breaks_a_rule_is_refused(spans: Any, said: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        hole(*spans, **said)


def test_intervals_of_another_hole_are_refused() -> None:
    with pytest.raises(ConfigError, match="of hole OR001, and the intervals are of OR002"):
        ruled(session(), intervals(*tenths(659, 662), name="OR002"))
