"""Session of a hole: what a technician types."""

import tomllib

import pytest
from pydantic import ValidationError

from sinks.core.session import Session

TYPED = """
rows_begin = "top"
direction = "snake"
hole = { id = "DH-1", max_depth_m = 120.0 }

[[boxes]]
number = 1
from_m = 100.0
to_m = 104.5
rows = 3
core = "NQ"
blocks = [{ row = 2, depth_m = 101.5 }, { row = 3, depth_m = 103.0, at_mm = 410 }]
"""


def test_a_session_says_what_was_typed_and_what_was_not_is_the_usual() -> None:
    session = Session.model_validate(tomllib.loads(TYPED))
    assert [(block.depth_m, block.at_mm) for block in session.boxes[0].blocks] == [(101.5, None), (103.0, 410.0)]
    assert (session.direction, session.loss, session.boxes[0].cut) == ("snake", "base", "whole")


def test_a_box_of_a_size_that_no_driller_knows_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"boxes\.0\.core"):
        Session.model_validate(tomllib.loads(TYPED.replace('"NQ"', '"XQ"')))
