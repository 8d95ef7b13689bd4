"""Verdict on a run: what it comes to in a sentence, and each promise that it did not keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

GOOD, WARNING, ALARM = "good", "warning", "alarm"


@dataclass(frozen=True, slots=True)
class Finding:
    """`severity`: good; warning, of what somebody should look at; alarm, of a promise that broke."""

    severity: str
    words: str


def verdict(report: dict[str, Any]) -> list[Finding]:
    """What a report comes to: first what was done, then what was not, the worst first."""
    broken = sorted(_findings(report), key=lambda one: one.severity != ALARM)
    severity = broken[0].severity if broken else GOOD
    return [Finding(severity, _done(report)), *broken]


def share(n: float, of: float) -> str:
    """A share in per cent, of two digits; of all only where it is all."""
    percent = 100.0 * n / of if of else 0.0
    if 99.0 <= percent < 100.0:
        return f"{min(percent, 99.9):.1f} %"
    return f"{percent:.0f} %" if percent >= 10.0 else f"{percent:.2g} %"


def _done(report: dict[str, Any]) -> str:
    lines, of = report.get("labelled"), report.get("acquired")
    if lines is None or of is None:
        return "how many lines were dealt with is not known: a process could not leave its count"
    stones, plant = report.get("stones"), report.get("plant")
    if plant and plant.get("recovery") is not None:
        return f"sorted {share(plant['recovery'], 1.0)} of the ore, with a grade of {_grade(plant)}"
    if stones and stones.get("seen") is not None:
        return f"sorted {stones['seen']:,} stones, of which {stones.get('ejected') or 0:,} were told to be ejected"
    what = "recorded" if "recording" in report else "labelled"
    return f"{what} all {of:,} lines" if lines == of else f"{what} {lines:,} of {of:,} lines, {share(lines, of)}"


def _grade(plant: dict[str, Any]) -> str:
    grade = plant["concentrate"]["grade"]
    return "nothing, for nothing was ejected" if grade is None else share(grade, 1.0)


def _findings(report: dict[str, Any]) -> Iterator[Finding]:
    acquired = report.get("acquired") or 0
    if report.get("unaccounted"):
        yield Finding(ALARM, f"{report['unaccounted']:,} lines are in no account: see incidents")
    if report.get("unaccounted") is None:
        yield Finding(ALARM, "what became of the lines is not known, for a process left no count: see incidents")
    if lost := report.get("lost"):
        yield Finding(ALARM, f"{share(lost, acquired)} of lines were lost ({lost:,}): see incidents")
    yield from _late(report.get("sorter") or {}, report.get("quicker"))
    if undelivered := report.get("undelivered"):
        yield Finding(WARNING, f"{undelivered:,} lines wait in the rings for the next start")
    if missing := report.get("missing_lines"):
        yield Finding(WARNING, f"the recording is cut short: {missing:,} lines are missing")
    if gone := [name for name, path in report.get("artefacts", {}).items() if path is None]:
        yield Finding(ALARM, f"written, and not there any more: {', '.join(gone)}")
    yield from _alarms(report.get("history", []))


def _late(sorter: dict[str, Any], quicker: str | None) -> Iterator[Finding]:
    """`quicker`: the precision in which the machine would be."""
    if shed := sorter.get("shed"):
        of = f"{share(shed, sorter.get('acquired', 0))} of lines came too late to be sorted ({shed:,})"
        remedy = f', and is more than twice as quick at the network with inference.precision = "{quicker}"'
        why = f"the machine was too slow or too busy{remedy if quicker else ''}, see latency and budget_ms"
        yield Finding(ALARM, f"{of}: {why}")
    late = (sorter.get("commands_late") or 0) + (sorter.get("plc_late") or 0)
    if late:
        yield Finding(ALARM, f"{late:,} rows of valves came too late to be fired: see deadline_ms")


def _alarms(history: list[dict[str, Any]]) -> Iterator[Finding]:
    kinds = {one["kind"].replace("_", " "): None for one in history if one["severity"] == "alarm"}
    if kinds:
        yield Finding(ALARM, f"alarms: {', '.join(kinds)}; see incidents")
