"""Making of verdicts: in order, once, and what goes wrong is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oreline.config import Config
from sinks.core.box_scans import BoxScan
from sinks.core.hole_folder import HoleFolder
from sinks.core.live import making
from sinks.core.live.making import Making
from sinks.core.qc.finding import Finding, Level, Verdict
from sinks.core.qc.verdicts import keep

Told = list[tuple[str, str]]


class Child:
    """A child that does what a test says, and ends."""

    started: list[list[str]] = []
    does: Callable[[list[str]], int] = lambda command: 0  # noqa: ARG005

    def __init__(self, command: list[str], **_: object) -> None:
        self.started.append(command[5:])
        self.returncode = type(self).does(command[4:])

    def poll(self) -> int:
        return self.returncode

    def wait(self) -> int:
        return self.returncode


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    said: Told = []
    monkeypatch.setattr(making, "report", lambda _, kind, words: said.append((kind, words)))
    return said


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> type[Child]:
    monkeypatch.setattr(Child, "started", [])
    monkeypatch.setattr(making.subprocess, "Popen", Child)
    return Child


@pytest.fixture
def folder(tmp_path: Path) -> HoleFolder:
    folder = HoleFolder.of(tmp_path, "DH-1")
    for number in (1, 2):
        folder.scans.add(scan(number))
    return folder


def scan(number: int) -> BoxScan:
    return BoxScan(number, 1, "ab" * 16, 1000 * number, 1000 * number + 500, "", "now")


def judged(folder: HoleFolder, *findings: Finding) -> Callable[[list[str]], int]:
    """Does what a worker does."""

    def does(command: list[str]) -> int:
        if command[2] == "box":
            keep(folder, Verdict(int(command[3]), int(command[4]), findings, f"at {command[3]}"))
        return 0

    return does


def test_scans_that_a_crash_left_without_a_verdict_are_made_first(
    folder: HoleFolder, child: type[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "does", staticmethod(judged(folder)))
    keep(folder, Verdict(1, 1))
    work = Making(folder, Config({}, "line.toml"))
    assert work.waiting == ((2, 1),)
    work.add(folder.scans.add(scan(3)))
    work.finish()
    assert child.started == [["line.toml", "box", "2", "1"], ["line.toml", "box", "3", "1"], ["line.toml", "hole"]]
    assert (work.waiting, work.counted()) == ((), {"pass": 3})
    assert [one["box"] for one in work.last][:2] == [3, 2]


def test_a_box_to_be_scanned_again_calls_somebody_with_why(
    folder: HoleFolder, child: type[Child], told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "does", staticmethod(judged(folder, Finding("no_light", Level.RESCAN, {"n": "9"}))))
    Making(folder, Config({}, "line.toml")).finish()
    assert told == [("core_rescan", "box 1: 9 lines had no light"), ("core_rescan", "box 2: 9 lines had no light")]


def test_what_cannot_be_made_is_told_with_its_reason_and_the_rest_is_made(
    folder: HoleFolder, child: type[Child], told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(command: list[str]) -> int:
        (folder.path / making.LOG).write_text("trace\ncore: the disk is full\n")
        return 5 if command[2:4] == ["box", "1"] else 0

    monkeypatch.setattr(child, "does", staticmethod(fails))
    Making(folder, Config({}, "line.toml")).finish()
    assert told == [("core_not_made", "box 1: core: the disk is full")]
    assert [one[2:] for one in child.started if one[1] == "box"] == [["1", "1"], ["2", "1"]]


def test_a_hole_of_which_nothing_is_in_force_has_no_tables(tmp_path: Path, child: type[Child]) -> None:
    folder = HoleFolder.of(tmp_path, "DH-2")
    folder.path.mkdir(parents=True)
    assert Making(folder, Config({}, "line.toml")).finish() == {}
    assert child.started == []
