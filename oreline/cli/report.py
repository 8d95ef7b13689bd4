"""What a run amounts to, put together from what each process left when it ended."""

from __future__ import annotations

import importlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from oreline.config import Config
from oreline.facts import facts_of
from oreline.files import write_whole
from oreline.incidents import history

COUNTED = "labelled", "shed", "lost"
SHOWN = 20
"""Incidents that a person is shown, the last ones; the report as JSON has all."""


def acquired(output: Path, log: dict[str, Any]) -> int | None:
    """Scene lines that acquisition itself has counted in this run, whatever came of them: the numbers that it gave out,
    less those of reference lines. `log`: what the journal says of the same run, or nothing. None where acquisition has
    left no count, and its end is not in the journal either."""
    counted = facts_of(output, "acquisition")
    if not counted and not log.get("closed"):
        return None
    reference = max(int(log.get("reference", 0)), int(counted.get("account", {}).get("reference", 0)))
    return max(int(counted.get("numbers", 0)), int(log.get("end", 0))) - reference


def in_rings(config: Config, log: dict[str, Any]) -> int | None:
    """Lines of a run that has not ended in the journal, and that lie in the line's rings for its next start. None where
    acquisition or the log has left no count."""
    if not config.line.ring("raw").exists() or log.get("closed"):
        return 0
    numbers, end = facts_of(config.line.output, "acquisition").get("numbers"), log.get("end")
    return None if numbers is None or end is None else max(0, int(numbers) - int(end))


def log_of(output: Path) -> dict[str, Any]:
    """What the log says of the run that acquisition has just ended: no lines where its newest run is another, nothing
    where it has left no count."""
    log, run = facts_of(output, "log"), facts_of(output, "acquisition").get("run")
    return log if not log or run in (None, log.get("run")) else dict.fromkeys((*COUNTED, "end"), 0)


def less(known: int | None, counts: Iterable[int | None]) -> int | None:
    """What is left of a count; None where any of them is not known."""
    counts = list(counts)
    return None if known is None or None in counts else known - sum(filter(None, counts))


def incidents_of(output: Path) -> dict[str, Any]:
    """The incidents of this run in order, as `history`, and how often each kind came in each stage, as `incidents`."""
    told = history(output)
    counts: dict[str, Counter[str]] = {}
    for one in told:
        counts.setdefault(one.stage, Counter())[one.kind] += one.n
    return {"incidents": counts, "history": [asdict(one) for one in told]}


def report_of(config: Config) -> dict[str, Any]:
    """The journal's account against what acquisition counted, latency and stones at the sorter, and, where the scene
    is a simulated one, what its truth says of labels and shots.

    `acquired` is acquisition's own count of the whole run, and no sum of the others. `undelivered`: lines in the rings,
    which the line's next start delivers. `unaccounted`: what is left of `acquired` less all that is accounted for. None
    is what nobody knows, since the process that counts it has left nothing: it was killed, or found no room.
    """
    output = config.line.output
    log = log_of(output)
    has_sorter = "conveyor" in config.tables.get("sinks", {})
    sorter: dict[str, Any] = facts_of(output, "conveyor") if has_sorter else {"stones": 0, "late": 0}
    known = acquired(output, log)
    account = {key: log.get(key) for key in COUNTED}
    account["undelivered"] = in_rings(config, log)
    report: dict[str, Any] = {
        "acquired": known,
        **account,
        "unaccounted": less(known, account.values()),
        "lines_per_s": facts_of(output, "acquisition").get("lines_per_s"),
        "latency_ms": sorter.get("latency_ms", log.get("latency_ms", {})),
        "stones": {"seen": sorter.get("stones")},
        "sorter": {**sorter.get("account", {}), "commands_late": sorter.get("late")}
        | {name: sorter[name] for name in ("doubtful", "dropped", "plc_late") if sorter.get(name)},
        "saturated_samples": facts_of(output, "inference").get("saturated_samples"),
        "reference": facts_of(output, "inference").get("reference"),
        **incidents_of(output),
        "artefacts": {**log.get("artefacts", {}), **sorter.get("artefacts", {})},
    }
    if config.tables.get("simulator", {}).get("scene") is not None:
        truth = importlib.import_module("hwsim.verdict").verdict(config)
        report["stones"].update(truth.pop("stones"))
        report.update(truth)
    return report


def show(report: dict[str, Any], console: Console) -> None:
    """Print a report for a person."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    account = [_said(report, key) for key in COUNTED]
    table.add_row("lines", f"{_said(report, 'acquired')} = {' + '.join(account)}")
    table.add_row("", _said(report, "unaccounted"))
    if report.get("undelivered", 0) != 0:
        table.add_row("", f"{_said(report, 'undelivered')}: start the line again, and they are delivered first")
    if report["lines_per_s"] is not None:
        table.add_row("rate", f"{report['lines_per_s']:.1f} lines/s")
    if report.get("latency_ms"):
        table.add_row("latency", ", ".join(f"{key} {value:.2f} ms" for key, value in report["latency_ms"].items()))
    if "accuracy" in report:
        table.add_row("accuracy", f"{report['accuracy']:.4f} of the true stone pixels of trained species")
    for name in ("stones", "sorter", "reference"):
        if report.get(name):
            table.add_row(name, ", ".join(_said(report[name], key) for key in report[name]))
    if report.get("sorter", {}).get("shed"):
        table.add_row("", "shed is load: lines that were older than budget_ms when their turn came")
    for stage, kinds in report["incidents"].items():
        table.add_row(
            "incidents", f"{stage}: " + ", ".join(f"{kind.replace('_', ' ')} {n}" for kind, n in kinds.items())
        )
    for one in report["history"][-SHOWN:]:
        words = one["words"].partition("\n")[0]
        table.add_row(one["severity"], f"{one['time']} {one['stage']} {one['kind'].replace('_', ' ')}: {words}")
    for name, path in report["artefacts"].items():
        table.add_row(name, str(path))
    console.print(table)
    if report.get("plant"):
        importlib.import_module("hwsim.plant.report").show(report["plant"], console)


def _said(counts: dict[str, Any], key: str) -> str:
    value = counts[key]
    return f"{key.replace('_', ' ')} {'not known' if value is None else value}"


def save(report: dict[str, Any], path: Path) -> None:
    """Write a report as JSON."""
    write_whole(path, f"{json.dumps(report, indent=2, default=str)}\n".encode())
