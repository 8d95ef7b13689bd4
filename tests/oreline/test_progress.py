"""What the terminal shows of a line at work."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import cast

import pytest
from rich.console import Console

from oreline import progress
from oreline.progress import Progress
from oreline.supervise import Samples, Supervisor


class Line:
    """A supervisor of whose processes the counters are scripted."""

    workers = (SimpleNamespace(name="conveyor"),)

    def __init__(self) -> None:
        self.lines, self.lost, self.stones, self.calibrating = 0.0, 0.0, 0.0, 0.0
        self.sorter_answers = True

    def samples(self, name: str) -> Samples:
        if name == "conveyor":
            return {("oreline_stones_total", "seen"): self.stones} if self.sorter_answers else {}
        gap = ("oreline_gap_lines_total", "restart", "acquisition")
        calibrating = {("oreline_calibrating",): self.calibrating}
        return {("oreline_lines_total", "scene", "acquisition"): self.lines, gap: self.lost, **calibrating}


def test_a_process_that_is_started_again_takes_nothing_from_what_the_run_has_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, line, shown = [0.0], Line(), io.StringIO()
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    show = Progress(Console(file=shown, width=120))
    for line.lines, line.lost, line.stones, line.sorter_answers in (
        (5000.0, 0.0, 70.0, True),
        (2500.0, 300.0, 80.0, False),
        (7500.0, 300.0, 90.0, True),
        (8500.0, 300.0, 15.0, True),
    ):
        now[0] += 10.0
        show(cast(Supervisor, line))
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
    show = Progress(Console(file=shown, width=120))
    line.calibrating, now[0] = 1.0, 10.0
    show(cast(Supervisor, line))
    assert shown.getvalue().startswith("calibrating  0 lines")
