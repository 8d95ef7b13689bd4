"""Files that are written whole, beside what others have put there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from oreline.files import write_whole


def test_a_link_that_waits_under_the_drafts_name_is_not_written_through(tmp_path: Path) -> None:
    precious, report = tmp_path / "precious", tmp_path / "report.json"
    precious.write_text("precious")
    (tmp_path / f"report.json.{os.getpid()}.new").symlink_to(precious)
    write_whole(report, b"{}\n")
    assert (precious.read_text(), report.read_text()) == ("precious", "{}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["precious", "report.json"]
    assert not report.is_symlink()


def test_what_a_file_held_stays_where_it_cannot_be_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "report.json"
    report.write_text("old")

    def refuse(_from: Path, _to: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="No space left on device") as said:
        write_whole(report, b"new")
    assert said.value.filename == str(report)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
