"""Every file and socket of a running line is as docs/reference/security.md says, whatever umask it was started with."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.line import ROOT, Line

PAGE = ROOT / "docs" / "reference" / "security.md"
ROW = re.compile(r"^\| `([^`]+)` \| (0[0-7]{3}) \|", re.M)


def table(heading: str) -> list[tuple[str, int]]:
    """Pattern and mode of each row below a heading; what is in capitals stands for any name."""
    (_, text) = PAGE.read_text().split(f"## {heading}\n")
    return [(_pattern(path), int(mode, 8)) for path, mode in ROW.findall(text.split("\n## ")[0])]


def _pattern(path: str) -> str:
    parts = re.split(r"[A-Z][A-Z_]+", path)
    return "[^/]+".join(map(re.escape, parts))


def wrong(folder: Path, rows: list[tuple[str, int]]) -> list[str]:
    """What is there and stands in no row, or is of another mode or owner than its row says."""
    return [said for path in (folder, *folder.rglob("*")) if (said := _wrong(path, folder, rows))]


def _wrong(path: Path, folder: Path, rows: list[tuple[str, int]]) -> str:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return ""
    name, mode = str(path.relative_to(folder)), stat.S_IMODE(status.st_mode)
    modes = [row for pattern, row in rows if re.fullmatch(pattern, name)]
    if stat.S_ISLNK(status.st_mode):
        return "" if name == "references/current" else f"{name} is a link"
    fits = mode in modes and status.st_uid == os.geteuid()
    return "" if fits else f"{name} is {mode:04o} of {status.st_uid}, and should be one of {list(map(oct, modes))}"


@pytest.fixture(params=[0o000, pytest.param(0o077, marks=pytest.mark.long)], ids=["umask 000", "umask 077"])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_a_running_lines_files_are_those_of_the_table(line: Line, umask: None) -> None:
    line.tables["inference"]["streams"] = ["labels", "reflectance"]
    line.tables["sinks"]["record"] = {}
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"]["loop"] = True
    state, output = table("The line's folder"), table("The output folder")
    run = line.start()
    with run:
        line.wait_for_lines(300)
        found = [*wrong(line.folder / "state", state), *wrong(line.output, output)]
        run.terminate()
        said = run.communicate(timeout=150)[0]
    assert run.returncode == 0, said
    assert found + wrong(line.folder / "state", state) + wrong(line.output, output) == []


def test_what_stands_in_no_row_and_what_is_open_to_others_is_found(tmp_path: Path) -> None:
    rows = table("The output folder")
    tmp_path.chmod(0o750)
    assert wrong(tmp_path, rows) == []
    for name, mode in (("notes.txt", 0o640), ("log.json", 0o644), ("journal.sqlite", 0o640)):
        (tmp_path / name).touch()
        (tmp_path / name).chmod(mode)
    assert [said.split()[0] for said in sorted(wrong(tmp_path, rows))] == ["log.json", "notes.txt"]
