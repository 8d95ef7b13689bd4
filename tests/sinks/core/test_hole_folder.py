"""Folder of a hole."""

from __future__ import annotations

from pathlib import Path

import pytest

from oreline.errors import ConfigError
from sinks.core.hole_folder import HoleFolder


def test_holes_with_names_that_no_folder_may_have_get_folders_of_their_own(tmp_path: Path) -> None:
    names = ["DH-1", "DH 1", "DH/1", "DH\\1", "..", "../../etc", ".hidden", "井-7"]
    folders = [HoleFolder.of(tmp_path, name).path for name in names]
    assert len(set(folders)) == len(names)
    assert {folder.resolve().parent for folder in folders} == {tmp_path.resolve() / "core"}
    assert folders[0].name == "DH-1"


def test_a_hole_is_found_by_its_folder_or_its_session(tmp_path: Path) -> None:
    hole = HoleFolder.of(tmp_path, "DH-1")
    hole.path.mkdir(parents=True)
    with pytest.raises(ConfigError, match="no folder of a hole"):
        HoleFolder.at(hole.path)
    hole.session.write_text("")
    assert HoleFolder.at(hole.path) == HoleFolder.at(hole.session) == hole
    assert hole.output == tmp_path
