"""A folder of exported files is whole, or has no manifest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from oreline.errors import ConfigError, SystemRefused
from sinks.core.export.folder import MANIFEST, exported


def export(folder: Path, *names: str, then: type[Exception] | None = None) -> None:
    with exported(folder, {}) as draft:
        for name in names:
            (draft / name).write_text("second")
        if then:
            raise then


def test_the_manifest_says_what_there_is_and_its_hashes(tmp_path: Path) -> None:
    with exported(tmp_path / "out", {"hole": "OR001"}) as draft:
        (draft / "a.csv").write_bytes(b"1\r\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.csv", MANIFEST]
    told = json.loads((tmp_path / "out" / MANIFEST).read_text())
    assert told == {"hole": "OR001", "files": {"a.csv": {"sha256": hashlib.sha256(b"1\r\n").hexdigest(), "bytes": 3}}}


def test_an_export_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    with exported(tmp_path, {}) as draft:
        (draft / "a.csv").write_text("first")
    before = (tmp_path / MANIFEST).read_bytes()
    with pytest.raises(RuntimeError):
        export(tmp_path, "a.csv", then=RuntimeError)
    assert (tmp_path / "a.csv").read_text() == "first"
    assert (tmp_path / MANIFEST).read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", MANIFEST]


def test_while_files_take_their_place_there_is_no_manifest(tmp_path: Path) -> None:
    with exported(tmp_path, {}) as draft:
        (draft / "a.csv").write_text("first")
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(SystemRefused):
        export(tmp_path, "a.csv", "b.csv")
    assert not (tmp_path / MANIFEST).exists()


def test_a_folder_holds_one_hole(tmp_path: Path) -> None:
    for hole in ("a/b", "a/b"):
        with exported(tmp_path, {"hole": hole}) as draft:
            (draft / "a.csv").write_text(hole)
    with pytest.raises(ConfigError, match="holds files of hole a/b: name another"), exported(tmp_path, {"hole": "a_b"}):
        pass
    assert (tmp_path / "a.csv").read_text() == "a/b"


def test_a_draft_that_was_left_by_a_kill_is_none_of_the_next(tmp_path: Path) -> None:
    (tmp_path / ".draft").mkdir()
    (tmp_path / ".draft" / "half.csv").write_text("half")
    with exported(tmp_path, {}) as draft:
        (draft / "a.csv").write_text("whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", MANIFEST]
