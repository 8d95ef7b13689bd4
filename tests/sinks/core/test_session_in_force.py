"""Session in force: what was put right stays so, is told, and changes only what depends on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from oreline.errors import AuditBroken, ConfigError
from sinks.core.hole_folder import HoleFolder
from sinks.core.session_file import read_session
from sinks.core.session_in_force import BlockEdit, depth_of, edit_block, take
from sinks.station.audit import entries, verify

TYPED = """
hole = { id = "DH-1" }
[[boxes]]
number = 1
from_m = 100.0
to_m = 103.0
rows = 3
blocks = [{ row = 1, depth_m = 101.0 }, { row = 2, depth_m = 102.0 }]
"""


@pytest.fixture
def typed(tmp_path: Path) -> Path:
    path = tmp_path / "hole.toml"
    path.write_text(TYPED)
    return path


def edited(folder: HoleFolder, new_m: float) -> float:
    old_m = depth_of(read_session(folder.session), 1, 2)
    return depth_of(edit_block(folder, BlockEdit(1, 2, old_m, new_m), "ana", "misread"), 1, 2)


def test_a_session_is_taken_once_however_often_its_line_starts(typed: Path, tmp_path: Path) -> None:
    folder, session = take(typed, tmp_path / "out", "oreline")
    assert folder.path == tmp_path / "out" / "core" / "DH-1"
    assert take(typed, tmp_path / "out", "oreline")[1] == session
    assert [one.record.verb for one in entries(folder.audit)] == ["begun", "session"]


def test_an_edit_stands_in_the_audit_log_with_who_when_why_old_and_new(typed: Path, tmp_path: Path) -> None:
    folder, _ = take(typed, tmp_path / "out", "oreline")
    assert edited(folder, 102.1) == 102.1
    entry = list(entries(folder.audit))[-1]
    told = entry.record
    assert (told.verb, told.who, told.old, told.new) == ("edit_block", "ana", 102.0, 102.1)
    assert told.arguments == {"box": 1, "block": 2, "why": "misread"}
    assert entry.time
    assert verify(folder.audit).broken == {}
    folder.audit.write_bytes(folder.audit.read_bytes().replace(b"misread", b"agreed!"))
    assert verify(folder.audit).broken


def test_an_edit_outlives_the_next_start_and_a_session_that_grows(typed: Path, tmp_path: Path) -> None:
    folder, _ = take(typed, tmp_path / "out", "oreline")
    edited(folder, 102.1)
    assert depth_of(take(typed, tmp_path / "out", "oreline")[1], 1, 2) == 102.1
    typed.write_text(f"{TYPED}\n[[boxes]]\nnumber = 2\nfrom_m = 103.0\nto_m = 106.0\nrows = 3\n")
    session = take(typed, tmp_path / "out", "oreline")[1]
    assert (len(session.boxes), depth_of(session, 1, 2)) == (2, 102.1)


def test_a_technician_who_types_another_depth_later_has_the_last_word(typed: Path, tmp_path: Path) -> None:
    folder, _ = take(typed, tmp_path / "out", "oreline")
    edited(folder, 102.1)
    typed.write_text(TYPED.replace("102.0", "102.2"))
    assert depth_of(take(typed, tmp_path / "out", "oreline")[1], 1, 2) == 102.2


def test_a_second_edit_follows_the_first(typed: Path, tmp_path: Path) -> None:
    folder, _ = take(typed, tmp_path / "out", "oreline")
    edited(folder, 102.1)
    edited(folder, 102.3)
    assert depth_of(take(typed, tmp_path / "out", "oreline")[1], 1, 2) == 102.3


@pytest.mark.parametrize(("box", "block", "why"), [(2, 1, "has no box 2"), (1, 3, "box 1 has no block 3: it has 1 at")])
def test_what_is_not_there_is_refused_by_name(typed: Path, tmp_path: Path, box: int, block: int, why: str) -> None:
    _, session = take(typed, tmp_path / "out", "oreline")
    with pytest.raises(ConfigError, match=why):
        depth_of(session, box, block)


def test_a_depth_that_contradicts_its_neighbours_is_refused_and_changes_nothing(typed: Path, tmp_path: Path) -> None:
    folder, session = take(typed, tmp_path / "out", "oreline")
    with pytest.raises(ConfigError, match="box 1"):
        edited(folder, 100.5)
    assert take(typed, tmp_path / "out", "oreline")[1] == session
    assert [one.record.verb for one in entries(folder.audit)] == ["begun", "session"]


def test_an_audit_log_that_is_empty_is_no_audit_log(typed: Path, tmp_path: Path) -> None:
    folder, _ = take(typed, tmp_path / "out", "oreline")
    folder.audit.write_bytes(b"")
    with pytest.raises(AuditBroken):
        verify(folder.audit)
