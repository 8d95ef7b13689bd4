"""What the terminal shows of a line at work."""

from __future__ import annotations

import io
from typing import cast

import pytest
from rich.console import Console

from oreline.cli import progress
from oreline.cli.progress import Progress, fitting
from oreline.config import Config
from oreline.supervision.supervisor import Samples, Supervisor
from oreline.terminal import Ticker


class Line:
    """A supervisor of whose processes the counters are scripted."""

    def __init__(self, *kinds: str) -> None:
        names = {"conveyor": "belt_2", "log": "journal"}
        sinks = {names[kind]: {"sink": kind} for kind in kinds or names}
        self.config, self.stopping = Config({"sinks": sinks, "acquisition": {"steps": [{}]}}), 0
        self.rate: float | None = None
        self.lines, self.lost, self.stones, self.calibrating = 0.0, 0.0, 0.0, 0.0
        self.sorter_answers, self.logged = True, 0.0
        self.given_up: dict[str, float | None] = {"inference": 0.0, "journal": 0.0}

    def samples(self, name: str) -> Samples:
        if name in self.given_up:
            lines = self.given_up[name]
            gap = "oreline_gap_lines_total", "ring_full", name
            done = {("oreline_lines_total", "scene", name): self.logged}
            return {} if lines is None else {gap: lines, ("oreline_gap_lines_total", "reference", name): 200.0, **done}
        if name == "belt_2":
            return {("oreline_stones_total", "seen"): self.stones} if self.sorter_answers else {}
        gap = ("oreline_gap_lines_total", "restart", "acquisition")
        calibrating = {("oreline_calibrating",): self.calibrating}
        calibrating |= {} if self.rate is None else {("oreline_camera_lines_per_second",): self.rate}
        return {("oreline_lines_total", "scene", "acquisition"): self.lines, gap: self.lost, **calibrating}


def progress_on(shown: io.StringIO) -> Progress:
    return Progress(Ticker(Console(file=shown, width=120)))


def see(show: Progress, line: Line) -> None:
    show(cast(Supervisor, line))
    show._ticker._screen.wait(None)


def test_a_process_that_is_started_again_takes_nothing_from_what_the_run_has_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, line, shown = [0.0], Line(), io.StringIO()
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    show = progress_on(shown)
    for line.lines, line.lost, line.stones, line.sorter_answers in (
        (5000.0, 0.0, 70.0, True),
        (2500.0, 300.0, 80.0, False),
        (7500.0, 300.0, 90.0, True),
        (8500.0, 300.0, 15.0, True),
    ):
        now[0] += 10.0
        see(show, line)
    said = [words.strip().split("  ") for words in shown.getvalue().splitlines()]
    assert said == [
        ["500.0 lines/s", "5000 lines", "lost 0", "shed 0", "70 stones"],
        ["250.0 lines/s", "7500 lines", "lost 300", "shed 0", "70 stones"],
        ["500.0 lines/s", "12500 lines", "lost 300", "shed 0", "90 stones"],
        ["100.0 lines/s", "13500 lines", "lost 300", "shed 0", "105 stones"],
    ]


def test_a_line_that_calibrates_says_so_in_place_of_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now, line, shown = [0.0], Line(), io.StringIO()
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    show = progress_on(shown)
    line.calibrating, now[0] = 1.0, 10.0
    see(show, line)
    assert shown.getvalue().startswith("calibrating  0 lines")


def test_what_a_ring_gave_up_is_lost_and_is_counted_once_whoever_was_told_and_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, line, shown = [0.0], Line(), io.StringIO()
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    show = progress_on(shown)
    for inference, log in ((4096.0, 0.0), (4096.0, 4096.0), (None, 4096.0), (8.0, 5000.0), (8.0, None), (8.0, 7.0)):
        line.given_up = {"inference": inference, "journal": log}
        now[0] += 10.0
        see(show, line)
    said = [words.strip().split("  ")[2] for words in shown.getvalue().splitlines()]
    assert said == ["lost 4096", "lost 4096", "lost 4096", "lost 5000", "lost 5000", "lost 5007"]


def shown_of(line: Line, monkeypatch: pytest.MonkeyPatch, width: int = 80) -> str:
    now, shown = [0.0], io.StringIO()
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    show = Progress(Ticker(Console(file=shown, width=width)))
    now[0] = 10.0
    see(show, line)
    return shown.getvalue().rstrip()


def test_the_rate_stands_beside_the_cameras_and_the_lines_beside_all_that_are_to_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    line = Line()
    line.config.tables["acquisition"]["steps"] = [{"kind": "dark", "lines": 9}, {"kind": "scene", "lines": 9000}]
    line.lines, line.rate = 4498.0, 450.0
    assert shown_of(line, monkeypatch) == " 449.8/450 lines/s  4498/9000 lines  lost 0  shed 0  0 stones"


def test_a_camera_that_keeps_no_time_has_no_rate_to_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line()
    line.config.tables["simulator"] = {"speed": "max"}
    line.rate = 450.0
    assert "450" not in shown_of(line, monkeypatch)


def test_nothing_is_said_of_a_sorter_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown_of(Line("log"), monkeypatch) == "   0.0 lines/s  0 lines  lost 0"


def test_words_that_do_not_fit_a_line_are_left_out_whole() -> None:
    assert fitting(["450.0 lines/s", "9000 lines", "calcite 12%"], 30) == "450.0 lines/s  9000 lines"


def test_who_stops_a_line_is_told_at_once_what_is_left_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    now, line, shown = [0.0], Line(), io.StringIO()
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    show = Progress(Ticker(Console(file=shown, width=80)))
    line.lines, line.logged, line.stopping = 5000.0, 3796.0, 1
    see(show, line)
    assert shown.getvalue().rstrip() == "stopping: draining 1,204 lines; Ctrl-C again ends at once"
    see(show, line)
    assert shown.getvalue().count("stopping") == 1
