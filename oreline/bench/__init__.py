"""`oreline bench`: every stage beside the ceiling it is held against, measured in one run.

A round measures each case once, the fast ones in turns, so that what the machine's other guests do falls on a stage
and on its ceiling alike. A ratio is the median over rounds of the ratio within a round.
"""

from __future__ import annotations

import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from oreline.bench.case import BANDS, SAMPLES, Case, Result, measure
from oreline.bench.machine import machine
from oreline.files import try_to_write, write_whole
from oreline.process import one_thread, tune_allocator
from oreline.terminal import console_of

ROUNDS, QUICK_ROUNDS = 3, 1
TITLE = f"a line is {SAMPLES} samples x {BANDS} bands, uint16, where no camera is named"
WIDTH = 110
"""Of the table, where the output is a file."""


def main(path: Path | None, quick: bool) -> None:
    """Measure, print the table and, with `path`, write it as JSON. Takes 3 minutes, `quick` one."""
    if path is not None:
        try_to_write(path)
    one_thread()
    tune_allocator()
    console = console_of(None if sys.stdout.isatty() else WIDTH)
    with tempfile.TemporaryDirectory(prefix="oreline-bench-", dir=_memory()) as folder, Progress(transient=True) as bar:
        cases = _cases(Path(folder), quick)
        rounds = QUICK_ROUNDS if quick else ROUNDS
        task = bar.add_task("measuring", total=rounds * len(cases))
        results = measure(cases, rounds, lambda case: bar.update(task, advance=1, description=case.name))
    console.print(_table(results))
    if path is not None:
        report = {"machine": machine(), "measurements": {result.name: result.facts() for result in results}}
        write_whole(path, f"{json.dumps(report, indent=2)}\n".encode())


def _cases(folder: Path, quick: bool) -> list[Case]:
    """Stages are loaded by name: they stand above this package."""
    stages = (
        "oreline.bench.ceilings",
        "inference.bench",
        "inference.bench_forms",
        "oreline.bench.transport",
        "oreline.bench.delivery",
        "oreline.bench.camera",
        "oreline.bench.line",
    )
    return [case for stage in stages for case in import_module(stage).cases(folder, quick)]


def _memory() -> str | None:
    """A folder in memory for rings and recordings, where the system has one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def _table(results: list[Result]) -> Table:
    table = Table("", "µs a line", "rate", "", "ratio", "to", "goal", box=SIMPLE_HEAD, title=TITLE)
    for number, column in enumerate(table.columns):
        column.no_wrap = number in (1, 2, 4, 6)
        column.justify = "right" if number in (1, 2, 4) else "left"
    for result in results:
        goal = "" if result.goal is None else f"{result.goal:g} {'reached' if result.reached else 'missed'}"
        style = "red" if goal and not result.reached else ""
        table.add_row(
            result.name,
            f"{result.seconds * 1e6:,.1f}" if result.line else "",
            f"{result.value:,.1f}",
            result.unit,
            "" if result.ratio is None else f"{result.ratio:.2f}",
            result.to or "",
            Text(goal, style),
        )
    return table
