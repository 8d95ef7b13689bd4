"""`oreline recipe`, on a line that stands."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from oreline.cli.main import app
from oreline.errors import ConfigError, OrelineError

LINE = """
[line]
output = "{output}"
[acquisition]
[inference]
model = "swir288"
[sinks.conveyor]
distance_counts = 900
[sinks.conveyor.recipe]
ore = ["carbonate"]
"""


@pytest.fixture
def line(tmp_path: Path) -> Path:
    path = tmp_path / "line.toml"
    path.write_text(LINE.format(output=tmp_path / "out"))
    return path


def said(*words: object) -> str:
    result = CliRunner().invoke(app, ["recipe", *map(str, words)])
    if isinstance(result.exception, OrelineError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def recipe(line: Path, text: str) -> Path:
    path = line.with_name("mica.toml")
    path.write_text(text)
    return path


MICA = """ore = ["white mica"]
when = "'white mica' > 0.4 and unknown < 0.3"
"""


def test_a_recipe_is_checked_saved_listed_used_and_shown(line: Path) -> None:
    file = recipe(line, MICA)
    words = "where white mica is more than 40 %, and unknown is less than 30 %"
    assert words in said("check", line, file)
    assert "line v0 <- in force" in said("list", line)
    assert "saved mica v1" in said("save", line, "mica", file, "--note", "less quartz")
    assert "mica v1 will be in force when the line starts" in said("use", line, "mica")
    listed = said("list", line)
    assert "mica v1 <- in force" in listed
    assert "less quartz" in listed
    assert words in said("show", line)
    assert "carbonate is at least 50 %" in said("show", line, "line")
    assert "line v0 will be in force" in said("use", line, "line")


def test_what_is_saved_and_used_is_in_the_audit_log(line: Path) -> None:
    said("save", line, "mica", recipe(line, MICA))
    said("use", line, "mica")
    acts = [json.loads(entry) for entry in (line.parent / "out" / "audit.jsonl").read_text().splitlines()]
    assert [(act["verb"], act["old"], act["new"]) for act in acts[1:]] == [
        ("save_recipe", None, "mica v1"),
        ("select_recipe", "line v0", "mica v1"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('ore = ["carbonat"]', "Did you mean 'carbonate'"),
        ('ore = ["carbonate"]\nwhen = "chlorit > 0.2"', "Did you mean 'chlorite'"),
        ('ore = ["carbonate"]\nmin_fracton = 0.3', "Did you mean 'min_fraction'"),
        ('ore = ["carbonate"]\nwhen = "carbonate > 40%"', "0.4 for 40 %"),
        ('ore = ["carbonate"]\ndecide = "mean"', r"inference\.layers"),
        ('ore = ["carb', "cannot be read"),
        ("", "ore: Field required"),
    ],
)
def test_a_recipe_that_the_model_cannot_be_sorted_by_is_neither_right_nor_saved(
    line: Path, text: str, words: str
) -> None:
    file = recipe(line, text)
    for command in (("check", line, file), ("save", line, "mica", file)):
        with pytest.raises(ConfigError, match=words):
            said(*command)
    assert not (line.parent / "out" / "recipes").exists()


PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "recipes.md"
SHOWN = [
    text for text in re.findall(r"^```\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE) if "ore = " in text
]


@pytest.mark.parametrize("text", SHOWN, ids=range(len(SHOWN)))
def test_recipes_that_are_shown_are_right(line: Path, text: str) -> None:
    assert "is right" in said("check", line, recipe(line, text))


def test_a_recipe_that_is_not_there_and_a_line_without_a_sorter_are_refused(line: Path) -> None:
    with pytest.raises(ConfigError, match="no recipe 'mica'"):
        said("use", line, "mica")
    line.write_text("[sinks.log]\n")
    with pytest.raises(ConfigError, match="no sorter"):
        said("list", line)
