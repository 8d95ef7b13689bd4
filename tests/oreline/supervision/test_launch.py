"""Where a line keeps its rings, and whether it runs."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from oreline import places as choices
from oreline.config import Config
from oreline.errors import SecurityError
from oreline.facts import leave_facts
from oreline.locks import LOCK
from oreline.ownership import own
from oreline.state_folder import CONFIGURATION, LINE, choose_state, runs
from oreline.supervision import recovery
from oreline.wire import encode
from tests.oreline.stream.streams import line, make_ring

OURS = f"oreline-{os.geteuid()}"


class Places(NamedTuple):
    """The user's folders."""

    session: Path
    memory: Path
    disk: Path


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    session, memory, disk = (tmp_path / name for name in ("run", "shm", "tmp"))
    for place in (session, memory, disk):
        place.mkdir(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(session))
    monkeypatch.setattr(choices, "SHARED", memory)
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    return Places(session / "oreline", memory / OURS, disk / OURS)


def rooms(monkeypatch: pytest.MonkeyPatch, **sizes: int) -> None:
    """Bytes that are free, by the folder's name."""
    monkeypatch.setattr(choices, "_room", lambda folder: sizes.get(folder.parent.name, 0))


def chosen(output: str = "out") -> Config:
    config = Config({"line": {"name": "belt", "output": output}})
    choose_state(config)
    return config


@contextmanager
def running_in(folder: Path) -> Iterator[None]:
    folder.mkdir(0o700, parents=True, exist_ok=True)
    with (folder / LOCK).open("wb") as file:
        (folder / LOCK).chmod(0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.mark.parametrize(
    ("session", "memory", "where"),
    [
        pytest.param(2 << 30, 1 << 30, "session", id="the session's folder where it has the room"),
        pytest.param(2 << 30, 8 << 30, "memory", id="shared memory where it has more"),
        pytest.param(1 << 20, 1 << 20, "disk", id="the disk where memory has none"),
    ],
)
def test_rings_are_where_there_is_room(
    places: Places, monkeypatch: pytest.MonkeyPatch, session: int, memory: int, where: str
) -> None:
    rooms(monkeypatch, run=session, shm=memory)
    folder = chosen().line.folder
    assert folder.parent == getattr(places, where)
    assert folder.name.startswith("belt-")


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o1777])
def test_a_session_folder_that_others_can_enter_is_none(
    places: Places, monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    places.session.parent.chmod(mode)
    rooms(monkeypatch, run=8 << 30, shm=2 << 30)
    assert chosen().line.folder.parent == places.memory


def test_lines_of_one_name_with_outputs_of_their_own_have_folders_of_their_own(places: Places, tmp_path: Path) -> None:
    here, there = (chosen(str(tmp_path / checkout / "out")).line.folder for checkout in ("a", "b"))
    assert here.name != there.name
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert chosen(str(tmp_path / "link" / "out")).line.folder == here


@pytest.mark.parametrize("where", ["session", "memory", "disk"])
def test_a_line_that_runs_is_found_where_it_is_whatever_room_there_is_now(
    places: Places, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    folder = getattr(places, where) / chosen().line.folder.name
    for room in (0, 8 << 30):
        rooms(monkeypatch, run=room, shm=room // 2)
        with running_in(folder):
            config = chosen()
            assert config.line.folder == folder
            assert runs(config)
        assert not runs(config)


@pytest.mark.parametrize("where", ["session", "memory", "disk"])
def test_so_is_what_a_run_has_left_that_was_cut_short(
    places: Places, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    rooms(monkeypatch, run=8 << 30)
    folder = getattr(places, where) / chosen().line.folder.name
    folder.mkdir(0o700, parents=True)
    (folder / CONFIGURATION).touch(0o640)
    assert chosen().line.folder == folder


def test_a_folder_that_is_named_is_taken(tmp_path: Path, places: Places) -> None:
    config = Config({"line": {"name": "belt", "state": str(tmp_path / "own")}})
    choose_state(config)
    assert config.line.folder == tmp_path / "own"
    assert not runs(config)


def test_a_folder_is_made_for_its_user_alone_under_any_umask(places: Places) -> None:
    folder = chosen().line.folder
    for umask in (0o000, 0o077):
        before = os.umask(umask)
        try:
            choices.claim(folder)
        finally:
            os.umask(before)
        assert [place.stat().st_mode & 0o777 for place in (folder.parent, folder)] == [0o700, 0o700]
        folder.rmdir()
        folder.parent.rmdir()


def test_a_folder_that_others_can_write_to_is_refused(places: Places) -> None:
    folder = chosen().line.folder
    folder.mkdir(parents=True)
    for mode in (0o770, 0o707, 0o1777):
        folder.chmod(mode)
        with pytest.raises(SecurityError, match="others can write to"):
            choices.claim(folder)


def test_so_is_one_that_others_can_replace(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms(monkeypatch, shm=8 << 30)
    folder = chosen().line.folder
    folder.mkdir(0o700, parents=True)
    for place, mode in ((folder.parent, 0o777), (folder.parent.parent, 0o777)):
        before = place.stat().st_mode
        place.chmod(mode)
        with pytest.raises(SecurityError, match="others can"):
            choices.claim(folder)
        place.chmod(before)
    choices.claim(folder)


def test_so_is_a_link(places: Places, tmp_path: Path) -> None:
    folder = chosen().line.folder
    folder.parent.symlink_to(tmp_path)
    with pytest.raises(SecurityError, match="is refused"):
        choices.claim(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_so_is_one_of_another_user_though_only_he_can_write_to_it(places: Places) -> None:
    folder = chosen().line.folder
    folder.mkdir(0o755, parents=True)
    os.chown(folder, 65_534, 65_534)
    with pytest.raises(SecurityError, match=f"{folder} belongs to user 65534"):
        choices.claim(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_so_is_an_output_folder_that_became_anothers_since_it_was_checked(tmp_path: Path) -> None:
    config = Config({"line": {"output": str(tmp_path / "out"), "state": str(tmp_path / "state")}})
    config.check()
    (tmp_path / "out").mkdir()
    os.chown(tmp_path / "out", 65_534, 65_534)
    with pytest.raises(SecurityError, match="out belongs to user 65534"), recovery._begun(config):
        pass


def another_session(tmp_path: Path, name: str) -> Config:
    """A run in the first session, from which a folder is left; then the line in one without such a folder."""
    output = tmp_path / "out"
    output.mkdir()
    first = chosen(str(output))
    first.line.folder.mkdir(0o700, parents=True)
    first.save(first.line.folder / CONFIGURATION)
    leave_facts(output, LINE, first.tables)
    for folder in (first.line.folder, output):
        (folder / CONFIGURATION).chmod(0o640)
    return Config({"line": {"name": name, "output": str(output)}})


@pytest.mark.parametrize("name", ["belt", "renamed"])
def test_what_another_session_has_left_is_found(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    rooms(monkeypatch, run=2 << 30)
    config = another_session(tmp_path, name)
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    with running_in(next(places.session.iterdir())):
        choose_state(config)
        assert runs(config)
    assert config.line.folder.parent == places.session


COPIES = ["{", '{"line": {}}', '{"process": "line", "line": {"state": "nowhere"}}', '{"process": "line", "lines": 1}']


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_that_says_nothing_of_use_is_passed_over(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy: str
) -> None:
    rooms(monkeypatch, run=2 << 30)
    config = another_session(tmp_path, "renamed")
    config.line.output.joinpath(CONFIGURATION).write_text(copy)
    choose_state(config)
    assert config.line.folder.parent == places.session
    assert config.line.folder.name.startswith("renamed-")


def test_a_folder_that_is_a_link_is_refused_as_one(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(0o700)
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    with pytest.raises(SecurityError, match="link is refused: it is a link; go elsewhere"):
        own(tmp_path / "link", "go elsewhere")


def test_lines_that_a_run_of_another_output_has_left_are_told(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(recovery, "report", lambda _, kind, words="": said.append(f"{kind}: {words}"))
    left, now = chosen(str(tmp_path / "monday")), chosen(str(tmp_path / "tuesday"))
    choices.claim(left.line.folder)
    left.save(left.line.folder / CONFIGURATION)
    ring = make_ring(left.line.folder)
    ring.append(0, 1, 0, encode(line(0)))
    ring.close()
    recovery._tell_of_others(left)
    assert said == []
    recovery._tell_of_others(now)
    (words,) = said
    assert f"left_elsewhere: a run that wrote to {tmp_path / 'monday'} was cut short" in words
    with running_in(left.line.folder):
        recovery._tell_of_others(now)
    assert len(said) == 1
