"""The command line's own answers; what it starts is tested in tests/system."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import CliRunner

from oreline import errors
from oreline.cli import main as cli
from oreline.cli.main import app
from oreline.config import Config
from oreline.process import START_AGAIN
from tests.system.line import ROOT, oreline

DEMO = ROOT / "deploy" / "examples" / "demo.toml"


def test_it_says_its_version() -> None:
    ran = oreline("--version")
    assert (ran.returncode, ran.stdout) == (0, f"oreline {metadata.version('oreline')}\n")


def test_the_example_is_right() -> None:
    ran = oreline("config", "check", DEMO)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_byte_order_mark_is_said_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "line.toml"
    path.write_text(DEMO.read_text(), encoding="utf-8-sig")
    ran = oreline("config", "check", path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(f"{path} begins with a byte-order mark (BOM)")


def test_an_unknown_key_is_refused_with_its_own_exit_code_and_the_nearest_name(tmp_path: Path) -> None:
    path = tmp_path / "line.toml"
    path.write_text(DEMO.read_text().replace("deadline_ms", "deadlin_ms"))
    ran = oreline("run", path)
    assert ran.returncode == 3
    assert "Did you mean 'deadline_ms'" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_unknown_sink_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.toml"
    path.write_text(DEMO.read_text() + '\n[sinks.other]\nsink = "lgo"\n')
    ran = oreline("config", "check", path)
    assert ran.returncode == 3
    assert "Did you mean 'log'" in ran.stderr


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "line.toml"
    text = DEMO.read_text().replace('model = "swir288"', 'model = "swir289"').replace("port = 5020", "port = 25020")
    path.write_text(text.replace('"out/demo"', f'"{tmp_path}/out"').replace("lines = 9000", "lines = 50"))
    ran = oreline("run", path)
    assert ran.returncode == 20, ran.stderr
    assert "Did you mean 'swir288'" in ran.stderr


@pytest.mark.parametrize("table", ["line", "acquisition", "inference", "simulator", "plant"])
def test_every_table_has_a_schema(table: str) -> None:
    ran = oreline("config", "schema", table)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["additionalProperties"] is False


def test_the_schema_of_sinks_has_a_table_a_sink_with_its_own_keys_and_those_of_all() -> None:
    ran = oreline("config", "schema", "sinks")
    assert ran.returncode == 0, ran.stderr
    tables = json.loads(ran.stdout)["$defs"]
    for name, own in (("log", "label_map"), ("conveyor", "valves"), ("record", "what")):
        assert {own, "budget_ms", "remote"} <= set(tables[name]["properties"])
        assert tables[name]["additionalProperties"] is False


def test_a_replay_whose_lines_nobody_took_is_to_be_played_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        failure = errors.StageFailed(f"record refused: record lacks 7 of reflectance: {START_AGAIN}")
        failure.exit_code = errors.Undelivered.exit_code
        raise failure

    monkeypatch.setattr(cli, "launch", stopped)
    with pytest.raises(errors.StageFailed, match=r"lacks 7 of reflectance.*play the recording again") as said:
        cli._run(Config({"line": {"finish": False}}), None)
    assert "start the line" not in str(said.value)
    assert said.value.exit_code == errors.Undelivered.exit_code


def test_exit_codes_are_distinct() -> None:
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.OrelineError)]
    assert len({kind.exit_code for kind in kinds}) == len(kinds) > 10


def test_help_names_every_command() -> None:
    ran = oreline("--help")
    for command in ("demo", "run", "replay", "train", "bench", "config"):
        assert command in ran.stdout


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("keys make", "in [sinks]"),
        ("sim camera", "whose [simulator] table is taken"),
        ("sim plant", "whose [plant] table is taken"),
        ("sim faults", "whose [simulator] table is taken"),
    ],
)
def test_help_shows_what_stands_in_brackets(command: str, words: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"]).stdout
    assert words in " ".join(shown.split())


def test_a_path_with_brackets_is_said_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "d[/x][red].toml"
    path.parent.mkdir()
    path.write_text(DEMO.read_text())
    ran = CliRunner().invoke(app, ["config", "check", str(path)])
    assert (ran.exit_code, ran.stdout) == (0, f"{path} is right\n")


def test_the_list_of_commands_shows_their_sentences_whole() -> None:
    assert "..." not in CliRunner().invoke(app, ["--help"]).stdout.partition("Commands:")[2]


@pytest.mark.parametrize("module", ["acquisition", "inference", "sinks", "hwsim", "oreline.supervision.recovery"])
def test_a_process_without_its_words_says_how_it_is_started(module: str) -> None:
    ran = process(module)
    assert (ran.returncode, ran.stderr.splitlines()[0].split(" [-h] ")[0]) == (2, f"usage: python -m {module}")


def test_a_sink_that_the_file_does_not_have_is_refused_with_those_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "office.toml"
    path.write_text('[sinks.archive]\nsink = "log"\n')
    ran = process("sinks", "arkive", path)
    assert ran.returncode == 3
    assert "has no [sinks.arkive]: it has [sinks.archive]. Did you mean 'archive'?" in ran.stderr


def process(module: str, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
