"""Help: every command has an example that is one, tells of itself by -h, and fits a terminal of 80 columns."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from oreline.bench import _table as bench_table
from oreline.bench.case import Result
from oreline.cli.main import app
from oreline.config import TABLES, Config
from oreline.errors import ConfigError
from oreline.terminal import console_of
from tests.test_docs import parse


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, below in getattr(command, "commands", {}).items():
        yield from leaves(below, (*path, name)) if hasattr(below, "commands") else [(*path, name)]


COMMANDS = sorted(leaves(typer.main.get_command(app)))


def shown(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), terminal_width=80, env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_of_a_command_has_an_example_of_it(command: tuple[str, ...]) -> None:
    said = shown(*command, "-h")
    assert said == shown(*command, "--help")
    assert max(map(len, said.splitlines())) <= 80
    example = re.search(r"Example: oreline (.*?)(?:\n\n|\Z)", said, re.DOTALL)
    assert example, said
    words = shlex.split(example[1].split(">")[0])
    assert tuple(words[: len(command)]) == command
    parse(words)


@pytest.mark.parametrize("group", [(), *sorted({command[:-1] for command in COMMANDS if len(command) > 1})])
def test_help_of_a_group_lists_its_commands(group: tuple[str, ...]) -> None:
    said = shown(*group, "-h")
    assert all(f"  {command[len(group)]}" in said for command in COMMANDS if command[: len(group)] == group)


def test_names_of_tables_are_not_eaten() -> None:
    assert "whose [simulator] table" in " ".join(shown("sim", "camera", "-h").split())


@pytest.mark.parametrize("table", [*TABLES, "sinks.conveyor", "sinks.log", "sinks.record"])
def test_the_schema_of_a_table_has_no_names_of_the_code(table: str) -> None:
    schema = json.loads(shown("config", "schema", table))
    assert schema.pop("title") == table
    assert re.findall(r'"title": "([^"]*)"', json.dumps(schema)) == []


@pytest.mark.parametrize("table", TABLES)
def test_a_table_says_of_itself_what_its_keys_are_and_nothing_of_the_code_that_reads_it(table: str) -> None:
    schema = json.loads(shown("config", "schema", table))
    for model in (schema, *schema.get("$defs", {}).values()):
        named = re.findall(r"`(\w+)`:", model.get("description", ""))
        assert {*named} <= model.get("properties", {}).keys()


def test_the_schema_of_a_sink_has_its_own_keys_and_those_of_all() -> None:
    keys = json.loads(shown("config", "schema", "sinks.log"))["properties"]
    assert {"label_map", "title", "metrics_port"} <= keys.keys()


@pytest.mark.parametrize(("table", "says"), [("sinks.lgo", "Did you mean 'log'"), ("line.x", "choose one of")])
def test_the_schema_of_what_is_no_table_is_refused(table: str, says: str) -> None:
    result = CliRunner().invoke(app, ["config", "schema", table])
    assert isinstance(result.exception, ConfigError)
    assert says in str(result.exception)


def test_an_example_is_a_line_that_is_right(tmp_path: Path) -> None:
    line = tmp_path / "line.toml"
    line.write_text(shown("config", "example", "demo"), encoding="utf-8")
    assert Config.load(line).line.name == "demo"


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"sinks": {"conveyor": {"recipe": 3}}}, "recipe: give a table (got 3)"),
        ({"acquisition": {"steps": "dark"}}, "steps: give a list (got 'dark')"),
        ({"acquisition": {"steps": ["dark"]}}, "steps.0: give a table (got 'dark')"),
    ],
)
def test_what_a_setting_should_be_is_said_in_the_words_of_the_file(tables: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Config(tables, "line.toml").check()
    assert says in str(refused.value)


def test_numbers_of_a_bench_are_whole_on_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    result = Result(
        "calibration and preprocessing of a line", 12_345.6, "lines/s", 0.87, "a copy of a line", 0.5, 81.0e-6, True
    )
    console = console_of(80)
    with console.capture() as seen:
        console.print(bench_table([result]))
    assert all(number in seen.get() for number in ("12,345.6", "81.0", "0.87", "0.5 reached"))
    assert max(map(len, seen.get().splitlines())) <= 80
