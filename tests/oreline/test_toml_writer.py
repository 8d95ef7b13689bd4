"""TOML that is written is what the standard library reads."""

import tomllib

import pytest

from oreline.toml_writer import toml_of


def test_what_is_written_is_read_back_and_none_is_left_out() -> None:
    table = {
        "name": 'a "b" \\ \n\t\x7f\x01 ü 石',
        "on": True,
        "number": 3,
        "small": 1e-9,
        "none": None,
        "empty": [],
        "hole": {"id": "A-1", "x.y": 1.5, "survey": [{"depth_m": 0.0, "gone": None}]},
        "boxes": [{"number": 1, "blocks": [{"row": 1, "depth_m": 101.5}]}, {"number": 2, "at": None}],
        "list": [[1, 2], ["a"]],
    }
    expected = {key: value for key, value in table.items() if value is not None} | {
        "hole": {"id": "A-1", "x.y": 1.5, "survey": [{"depth_m": 0.0}]},
        "boxes": [{"number": 1, "blocks": [{"row": 1, "depth_m": 101.5}]}, {"number": 2}],
    }
    text = toml_of(table)
    assert tomllib.loads(text) == expected
    assert text.count("[[boxes]]") == 2


def test_what_toml_has_no_form_for_is_refused() -> None:
    with pytest.raises(TypeError, match="no form in TOML"):
        toml_of({"a": object()})
