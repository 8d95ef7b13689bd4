"""What the pages say is what the code does."""

from __future__ import annotations

import re
import runpy
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer

from oreline import errors
from oreline.cli.main import app
from oreline.config import Config, validated
from oreline.metrics import REGISTRY
from sinks.core.session import Session

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OTHERS = {"cmp", "curl", "kill", "ls", "scp", "sleep", "wait", ".venv/bin/pip", ".venv/bin/python"}
"""Programs that a page may show besides ours."""
LARGEST_PICTURE = 300_000

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def commands(*languages: str) -> list[tuple[str, list[str]]]:
    """Every command of every page, with where it stands."""
    shown = [
        (page.name, line) for page in PAGES for lang in languages for line in "".join(blocks(page, lang)).splitlines()
    ]
    return [(f"{name}: {line}", shlex.split(line)) for name, line in shown if line]


def refusals(kind: type[errors.OrelineError] = errors.OrelineError) -> dict[str, int]:
    found = {kind.__name__: kind.exit_code}
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            found |= refusals(below)
    return found


def parse(words: list[str]) -> None:
    """Parse a command line as `oreline` would, and run nothing."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        assert words, "a group is no command"
        assert words[0] in command.commands, f"no command {words[0]}"
        command, words = command.commands[words[0]], words[1:]
    command.make_context(command.name, list(words))


@each_page
def test_every_relative_link_and_picture_exists(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [one for one in targets if "://" not in one and not (page.parent / one).exists()]
    assert not missing


@each_page
def test_every_file_that_is_named_is_there(page: Path) -> None:
    named = re.findall(
        r"`((?:oreline|acquisition|inference|sinks|hwsim|tests|deploy|docs)/[\w./-]+)`", page.read_text()
    )
    places = [name for name in named if "NAME" not in name and not any(mark in name for mark in "*<{")]
    assert [name for name in places if not (ROOT / name).exists()] == []


def test_the_picture_of_the_architecture_shows_every_folder() -> None:
    shown = set(re.findall(r"([\w-]+)/", (ROOT / "docs" / "img" / "line.svg").read_text()))
    packages = [ROOT / name for name in ("acquisition", "inference", "sinks", "hwsim", "oreline")]
    rooms = {file.parent.name for package in packages for file in package.glob("*/*.py")}
    assert {package.name for package in packages} | rooms | {"deploy", "tests", "docs"} <= shown


@each_page
def test_every_table_is_what_the_code_says_now(page: Path) -> None:
    filled = runpy.run_path(str(ROOT / "docs" / "build_tables.py"))["filled"]
    text = page.read_text(encoding="utf-8")
    assert text == filled(text), "out of date: run `python docs/build_tables.py`"


def test_every_key_of_a_table_of_settings_has_a_sentence_of_its_own() -> None:
    tables = runpy.run_path(str(ROOT / "docs" / "build_tables.py"))["TABLES"]
    rows = [row for name in tables if name.startswith("settings-") for row in tables[name]().splitlines()]
    keys = [row for row in rows if row.startswith("| `")]
    assert keys
    assert [row for row in keys if not re.fullmatch(r"\| `\w+` \| .+ \| .+\S \|", row)] == []


@pytest.mark.parametrize(("where", "words"), [pytest.param(*one, id=one[0]) for one in commands("sh")])
def test_every_command_shown_is_one(where: str, words: list[str]) -> None:
    if words[0] == "make":
        targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert {word for word in words[1:] if "=" not in word} <= set(targets)
    elif words[0] == ".venv/bin/oreline":
        parse([word for word in words[1:] if word != "&"])
    else:
        assert words[0] in OTHERS


def test_a_command_that_is_none_would_be_found() -> None:
    with pytest.raises(Exception, match="--fast"):
        parse(["demo", "--fast"])
    with pytest.raises(AssertionError, match="demos"):
        parse(["demos"])


@each_page
def test_every_configuration_shown_is_right(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for text in blocks(page, "toml"):
        tables = tomllib.loads(text)
        if "hole" in tables:
            validated(Session, tables, page.name)
        else:
            Config(tables, page.name).check()


@each_page
def test_every_python_shown_compiles(page: Path) -> None:
    for text in blocks(page, "python"):
        compile(text, page.name, "exec")


def test_every_length_of_a_file_is_what_it_is_now() -> None:
    said = [found for page in PAGES for found in re.findall(r"`([\w/]+\.py)`, (\d+) lines", page.read_text("utf8"))]
    assert "sinks/conveyor/outputs/udp_bank.py" in dict(said)
    assert said == [(path, str(len((ROOT / path).read_text("utf8").splitlines()))) for path, _ in said]


def test_the_exit_codes_are_those_of_the_errors() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", (ROOT / "docs/reference/exit-codes.md").read_text(), re.MULTILINE)
    assert {name: int(code) for code, name in rows} == refusals()


def test_the_metrics_are_those_of_the_registry() -> None:
    page = (ROOT / "docs/reference/metrics.md").read_text()
    known = {f"{one.name}_total" if one.type == "counter" else one.name for one in REGISTRY.collect()}
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == known


def test_pictures_are_small_and_named_on_a_page() -> None:
    text = "".join(page.read_text() for page in PAGES)
    for picture in (ROOT / "docs" / "img").iterdir():
        assert picture.stat().st_size < LARGEST_PICTURE
        assert f"img/{picture.name})" in text


def test_the_readme_begins_with_what_it_is_in_five_sentences_and_the_two_commands() -> None:
    head, _, rest = (ROOT / "README.md").read_text().partition("```sh\n")
    statement = " ".join(head.splitlines()[1:])
    assert len(re.findall(r"\.(?=\s|$)", statement)) == 5
    assert rest.startswith("make demo\nmake test\n```")
