"""`oreline doctor`: whether a machine is fit for a line, what is not, and what cures it."""

from __future__ import annotations

import importlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from rich.table import Table
from rich.text import Text

from oreline.bench.machine import machine as described
from oreline.config import Config
from oreline.doctor import CHECKS, Answer, Check, Machine, Needs, Verdict, bad, good, unknown
from oreline.errors import ConfigError, MachineDoubtful, MachineUnfit, OrelineError
from oreline.incidents import Severity
from oreline.state_folder import choose_state
from oreline.supervision import check as checking
from oreline.terminal import console, console_of

PARTS = ("acquisition", "inference", "sinks")
PATIENCE_S = 9.0
"""Of the whole command: what has not answered by then cannot be known here."""
STYLES = {Verdict.GOOD: "green", Verdict.BAD: "bold red", Verdict.UNKNOWN: "dim"}
WIDTH = 100
_FILE = Check("file", "line", "`oreline config check` finds nothing", Severity.ALARM, lambda _machine, _needs: iter(()))


@dataclass(frozen=True)
class Found:
    """A check with one of its answers."""

    check: Check
    answer: Answer

    @property
    def facts(self) -> dict[str, str | None]:
        """As JSON has it; `severity` and `cure` only of what is bad."""
        is_bad = self.answer.verdict is Verdict.BAD
        return {
            "subject": self.check.subject,
            "check": self.check.name,
            "verdict": self.answer.verdict.value,
            "severity": self.check.severity.value if is_bad else None,
            "words": self.answer.words,
            "cure": self.answer.cure if is_bad else None,
        }


def checks() -> list[Check]:
    """All checks, each package's with those of its subject."""
    own = [check for part in PARTS for check in importlib.import_module(f"{part}.doctor").CHECKS]
    subjects = dict.fromkeys(check.subject for check in (*own[:1], *CHECKS, *own))
    return [_FILE, *(check for subject in subjects for check in (*CHECKS, *own) if check.subject == subject)]


def main(line: Path | None, card: str | None, as_json: bool) -> None:
    """Examine, and print. Raises MachineUnfit, MachineDoubtful, by the worst that was found."""
    found = examine(line, card, patience_s=PATIENCE_S - _age_s())
    if as_json:
        console.print(json.dumps(report_of(found, line), indent=2, ensure_ascii=False))
    else:
        _show(found)
    _refuse(found)


def examine(
    line: Path | None, card: str | None = None, machine: Machine | None = None, patience_s: float = PATIENCE_S
) -> list[Found]:
    """Answers of all checks, in their order, within `patience_s`. Nothing is changed by it."""
    needs, end = Needs(card=card), time.monotonic() + patience_s
    answers = [Found(_FILE, answer) for answer in _read(line, needs)]
    return [*answers, *_asked(checks()[1:], machine or Machine(), needs, end)]


def report_of(found: Iterable[Found], line: Path | None) -> dict[str, Any]:
    """What `--json` prints."""
    answers = [one.facts for one in found]
    return {"version": 1, "line": str(line) if line else None, "machine": described(), "answers": answers}


def _read(line: Path | None, needs: Needs) -> Iterator[Answer]:
    """What is wrong with a line's file; what it wants is added to the needs."""
    if line is None:
        yield unknown("no line's file was given, so a machine is judged by any line: `oreline doctor LINE.toml`")
        return
    cure = f"put that right in {line}, then `oreline config check {line}`"
    try:
        config = Config.load(line)
        findings, needs.expected = checking.examined(config)
        choose_state(config)
    except ConfigError as error:
        needs.is_right = False
        yield bad(str(error), cure)
        return
    needs.config, needs.is_right = config, not findings
    yield from (bad(str(one).removeprefix(f"{config.source}: "), cure) for one in findings)
    needs.ports += checking.bound(config.tables)
    for part in PARTS:
        try:
            importlib.import_module(f"{part}.doctor").needs(config, needs)
        except OrelineError:
            needs.is_right = False
    if not findings:
        yield good(f"{line} is right")


def _asked(asked: list[Check], machine: Machine, needs: Needs, end: float) -> list[Found]:
    """Answers of each check in a thread of its own, since a disk or a driver may never answer; `end`: of the time for
    them."""
    told: SimpleQueue[tuple[int, list[Answer]]] = SimpleQueue()
    for number, check in enumerate(asked):
        Thread(target=lambda n=number, c=check: told.put((n, _look(c, machine, needs))), daemon=True).start()
    answers = dict[int, list[Answer]]()
    while len(answers) < len(asked):
        try:
            number, said = told.get(timeout=max(0.0, end - time.monotonic()))
            answers[number] = said
        except Empty:
            break
    late = [unknown("no answer in time")]
    return [Found(check, answer) for n, check in enumerate(asked) for answer in answers.get(n, late)]


def _age_s() -> float:
    """Since when this process is there."""
    started = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started / os.sysconf("SC_CLK_TCK")


def _look(check: Check, machine: Machine, needs: Needs) -> list[Answer]:
    """Answers of a check; what the system refuses to tell cannot be known."""
    try:
        return list(check.look(machine, needs))
    except (OSError, OrelineError) as error:
        return [unknown(str(error))]


def _show(found: list[Found]) -> None:
    wide = console_of(max(WIDTH, console.width))
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in found:
        verdict = one.answer.verdict
        said = one.check.severity.value if verdict is Verdict.BAD else verdict.value
        table.add_row(Text(said, STYLES[verdict]), f"{one.check.subject}: {one.check.name}", one.answer.words)
        if verdict is Verdict.BAD:
            table.add_row("", "", Text(f"-> {one.answer.cure}", "bold"))
    wide.print(table)
    counts = Counter(one.answer.verdict for one in found)
    wide.print(", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict))


def _refuse(found: list[Found]) -> None:
    """Raise what the worst of the findings is."""
    if alarms := _named(found, Severity.ALARM):
        raise MachineUnfit(f"this machine is not fit: {alarms}; the cure of each is above")
    if warnings := _named(found, Severity.WARNING):
        raise MachineDoubtful(f"this machine is doubtful: {warnings}; the cure of each is above")


def _named(found: list[Found], severity: Severity) -> str:
    """Checks of a severity that found something bad."""
    wrong = (one.check for one in found if one.answer.verdict is Verdict.BAD and one.check.severity == severity)
    return ", ".join(dict.fromkeys(f"{check.subject}: {check.name}" for check in wrong))
