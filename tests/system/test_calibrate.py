"""`oreline calibrate` on a line that stands, as a technician types it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from inference.commands.take import TakeReference
from inference.references.store import Store
from oreline.config import Config
from oreline.state_folder import runs
from tests.hwsim.host import until
from tests.system.line import Line, oreline

DARK = {"kind": "dark", "lines": 60, "features": [["Shutter", "Closed"]]}
WHITE = {"kind": "white", "lines": 60, "features": [["Shutter", "Open"], ["TargetSelector", "White"]]}


class Bench:
    """A line's file, and the command."""

    def __init__(self, folder: Path, recording: Path) -> None:
        self.path, self.store = folder / "line.json", Store(folder / "out" / "references")
        self.tables: dict[str, Any] = {
            "line": {"name": f"calibrate-{folder.name}"[:32], "output": str(folder / "out"), "state": str(folder)},
            "simulator": {"recording": str(recording), "frame_rate": 450.0, "loop": True},
            "acquisition": {"serial": "SIM0001", "preset": "swir288", "steps": [DARK, WHITE, {"kind": "scene"}]},
            "inference": {"model": "swir288"},
            "sinks": {"log": {}},
        }

    def __call__(self, command: str, *words: object) -> str:
        """What the command says, with its exit code last."""
        self.path.write_text(json.dumps(self.tables))
        ran = oreline("calibrate", command, *words)
        return f"{ran.stdout}{ran.stderr}{ran.returncode}"


@pytest.fixture
def bench(tmp_path: Path, short_belt: Path) -> Bench:
    return Bench(tmp_path, short_belt)


def test_a_dark_and_a_white_are_taken_shown_and_reported(bench: Bench, tmp_path: Path) -> None:
    assert "the dark is kept until there is a white: oreline calibrate white\n0" in bench("dark", bench.path)
    said = bench("white", bench.path)
    first = bench.store.chosen
    assert f"reference {first} was captured and is chosen" in said
    assert "only 60 lines of a kind" in said
    made = bench.store.load(first)
    assert (made.dark.lines, made.white.lines, made.serial) == (60, 60, "SIM0001")
    assert not (tmp_path / "out" / "journal.sqlite").exists()

    bench.tables["simulator"]["faults"] = [
        {"kind": "dirty_white", "view": "white", "line": 0, "n": 60, "share": 0.4, "start": 50, "stop": 70}
    ]
    said = bench("white", bench.path)
    assert "samples 50..69 of the panel have 60% of the light they should" in said
    assert said.endswith("30")
    assert bench.store.chosen == first
    (refused,) = set(bench.store.ids()) - {first}
    listed = bench("list", bench.path)
    assert f"* {first}" in listed
    assert "refused: dirty" in listed
    assert "dark 60, white 60, 2000 us" in listed
    assert max(map(len, listed.splitlines())) <= 80
    assert bench("use", refused, bench.path).endswith("30")
    assert "give --force" in bench("use", refused, bench.path)
    assert f"reference {refused} is chosen, for when the line starts" in bench("use", refused, bench.path, "--force")
    said = bench("revert", bench.path)
    assert f"reference {first} is chosen" in said
    assert "each start of this line takes its own dark and white first" in said
    bench.tables["acquisition"]["steps"] = [{"kind": "scene"}]
    assert f"reference {first} is chosen, for when the line starts\n0" in bench("use", first, bench.path)
    page = tmp_path / "page.html"
    assert bench("report", bench.path, "--out", page).endswith("0")
    assert first in page.read_text()


def test_a_dark_that_is_asked_of_a_line_that_starts_is_taken_after_its_own(bench: Bench, tmp_path: Path) -> None:
    config, shown = Config(bench.tables), io.StringIO()
    with Line(tmp_path, bench.tables).start() as process:
        try:
            until(lambda: runs(config))
            said = TakeReference(config, "dark", 70).take(Console(file=shown, width=120))
        finally:
            process.terminate()
            output = process.communicate(timeout=60)[0]
    assert process.returncode == 0, output
    assert "the line does not see its scene yet: the dark is taken when it does" in shown.getvalue()
    changes = [entry for entry in bench.store.history() if entry["what"] == "in_force"]
    assert [bench.store.load(entry["id"]).dark.lines for entry in changes] == [60, 70]
    assert f"reference {changes[1]['id']} is in force from line {changes[1]['line']} of run" in said


def test_where_the_camera_cannot_do_it_somebody_is_asked_or_says_yes(bench: Bench) -> None:
    bench.tables["acquisition"]["steps"] = [{"kind": "scene"}]
    said = bench("dark", bench.path)
    assert "nobody is there to press Enter. Close the lens cap" in said
    assert said.endswith("3")
    assert bench("dark", bench.path, "--yes", "--lines", 20).endswith("0")


@pytest.mark.parametrize(
    ("command", "words", "says"),
    [
        ("list", (), "no reference in"),
        ("revert", (), "nothing to go back to"),
        ("use", ("0123456789abcdef",), "no reference '0123456789abcdef'"),
        ("report", (), "no reference is chosen"),
    ],
)
def test_a_line_without_references_says_what_to_do(
    bench: Bench, command: str, words: tuple[str, ...], says: str
) -> None:
    assert says in bench(command, *words, bench.path)


def test_an_import_of_what_is_not_there_says_so(bench: Bench) -> None:
    said = bench("import", "no/such/folder", bench.path)
    assert "no/such/folder does not exist: give a LUMO folder" in " ".join(said.split())


@pytest.mark.parametrize("command", ["list", "revert", "report"])
def test_references_that_cannot_be_read_are_not_said_to_be_none(bench: Bench, command: str) -> None:
    folder = bench.store.folder
    folder.parent.mkdir()
    folder.symlink_to(folder.name)
    assert f"the references in {folder.absolute()} cannot be read" in bench(command, bench.path)


def test_a_line_that_names_its_reference_is_not_chosen_for(bench: Bench) -> None:
    bench.tables["inference"]["reference"] = "some/folder"
    said = bench("revert", bench.path)
    assert "names inference.reference: take that key out" in said
    assert said.endswith("3")


@pytest.mark.parametrize("command", ["dark", "white", "import", "list", "use", "revert", "report"])
def test_the_help_of_each_command_has_an_example(command: str) -> None:
    assert f"Example: oreline calibrate {command} " in oreline("calibrate", command, "--help").stdout
