"""`oreline core check`: a session in words."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from oreline.cli.main import app
from oreline.errors import ConfigError

SESSION = """
direction = "snake"
hole = { id = "DH-1", x = 500123.5, y = 7123456.0, z = 312.0, crs = "EPSG:28355" }

[[boxes]]
number = 1
from_m = 100.0
to_m = 102.25
rows = 3
core = "NQ"
cut = "half"
blocks = [{ row = 2, depth_m = 101.5 }]

[[boxes]]
number = 3
from_m = 103.0
to_m = 105.0
rows = 3
core = 50.5
"""
SURVEY = "survey = [{ depth_m = 0, azimuth_deg = 90, dip_deg = 60 }]"


def said(path: Path) -> str:
    result = CliRunner().invoke(app, ["core", "check", str(path)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_a_session_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SESSION)
    assert said(tmp_path / "s.toml").splitlines() == [
        "hole DH-1 at x 500123.5, y 7123456, z 312 m (EPSG:28355), 0 surveys",
        "2 boxes, 4.25 m from 100 to 105 m",
        "  box 1: 100 to 102.25 m, 3 rows of half core (NQ, 47.6 mm), blocks 101.5",
        "  box 3: 103 to 105 m, 3 rows of whole core (50.5 mm), no block",
        "3 runs from block to block, 0.75 to 2 m long",
        "gaps: 102.25 to 103 m",
        "rows begin at the camera's first sample; they are read the first from the first line to the last, each other "
        "one turned",
        "depth lies between box ends and blocks; core that is missing is taken to be at the base of its run; blocks "
        "are within 10 mm",
        "take note: no survey: the hole is taken to go straight down",
        "take note: box 3: begins at 103 m: nothing is known of 102.25 to 103 m, below box 1",
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('crs = "EPSG:28355"', SURVEY, "dip 60 at 0 m goes upwards"),
        ("x = 500123.5, y = 7123456.0,", "", "no collar"),
        ('crs = "EPSG:28355"', "max_depth_m = 104", "box 3: ends at 105 m, below the hole's end at 104 m"),
        ("direction", "row_mm = 300\ndirection", "box 1: holds 2.25 m of hole in 0.9 m of rows"),
        ("direction", "losses = [{ from_m = 101, to_m = 101.1 }]\ndirection", 'not used with loss = "base"'),
        ("direction", "runs = [{ from_m = 100, to_m = 101 }]\ndirection", "run 100 to 101 m ends at no block"),
        (
            "direction",
            "runs = [{ from_m = 100, to_m = 101 }]\ndirection",
            "box 1, row 2: block 101.5 m is the end of no",
        ),
        ("to_m = 105.0", "to_m = 123.0", "box 3: holds 6.67 m of hole a row: see whether its depths are in feet"),
        ("to_m = 105.0", "to_m = 103.002", "box 3: holds 0.667 mm of hole a row"),
        (
            "direction",
            'loss = "placed"\nlosses = [{ from_m = 200, to_m = 201 }]\ndirection',
            "loss 200 to 201 m lies in no",
        ),
        ("direction", "continuous = true\ndirection", "core passes without boxes, but has several rows"),
        ('core = "NQ"', 'core = "nq"', "half core (NQ, 47.6 mm)"),
        ("direction", 'spread = "tray"\ndirection', "spread over the way of the tray"),
    ],
)
def test_what_may_be_right_but_should_be_known_is_said(tmp_path: Path, old: str, new: str, words: str) -> None:
    (tmp_path / "s.toml").write_text(SESSION.replace(old, new, 1))
    assert words in said(tmp_path / "s.toml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hole = 3", "hole: give a table"),
        ("hole = {", "cannot be read"),
        (SESSION.replace("105.0", "105,5"), "line 17, column .*: write decimals with a point"),
        (SESSION.replace("101.5", "101,5"), "write decimals with a point"),
        (SESSION.replace("105.0", '"105,5"'), "box 3, to_m: give a number without quotes, with a point"),
        (SESSION.replace("105.0", "true"), "box 3, to_m: Input should be a valid number"),
        (SESSION.replace("number = 3", "number = true"), "box True, number: Input should be a valid integer"),
        (SESSION.replace("number = 3", "number = 100000000000000000000"), "number: Input should be less"),
        (
            SESSION.replace("rows = 3\ncore = 50.5", "rows = 51"),
            "box 3, rows: Input should be less than or equal to 50",
        ),
        (SESSION.replace("row = 2", "row = 0"), "box 1, block 1, row: Input should be greater"),
        (SESSION.replace("50.5", '"XQ"'), "box 3, core: no size of core 'XQ': give one of BQ.*in mm, 10 to 200$"),
        (SESSION.replace("50.5", "5"), "box 3, core: no size of core 5: give"),
        (SESSION.replace("DH-1", " "), "hole.id: String should have at least 1 character"),
        (SESSION.replace("DH-1", r"a\nb"), "hole.id: it has letters that cannot be printed"),
        (SESSION.replace("DH-1", "a\u202eb"), "hole.id: it has letters that cannot be printed"),
    ],
)
def test_what_is_no_session_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(ConfigError, match=words):
        said(tmp_path / "s.toml")


def test_a_data_set_of_tsg_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no session: give it to `oreline core intervals`"):
        said(tmp_path / "hole.tsg")


def test_a_session_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no session .*s\.toml"):
        said(tmp_path / "s.toml")
