"""The report of a run as a person reads it in a terminal."""

from __future__ import annotations

import importlib
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from oreline.cli.report import COUNTED
from oreline.cli.verdict import ALARM, GOOD, WARNING
from oreline.sink import LOG, SORTER

MOST, LEAST = 8, 0.0005
"""Shares that are named of each kind, and the least of them."""
TITLES = {"classes": "rock", "reasons": "unknown"}
SHOWN = 20
"""Incidents that a person is shown, the last ones; the report as JSON has all."""
STYLES = {GOOD: "bold green", WARNING: "bold yellow", ALARM: "bold red"}


def show(report: dict[str, Any], console: Console) -> None:
    """Print a report: the verdict, what became of the lines, what went wrong, what was written."""
    for one in report["verdict"]:
        console.print(Text(one["words"], STYLES[one["severity"]]), soft_wrap=False)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    _add_lines(table, report)
    _add_counts(table, report)
    _add_incidents(table, report)
    _add_written(table, report["artefacts"])
    console.print(table)
    if report.get("plant"):
        importlib.import_module("hwsim.plant.report").show(report["plant"], console)


def _add_lines(table: Table, report: dict[str, Any]) -> None:
    account = [_said(report, key) for key in COUNTED]
    table.add_row("lines", _marked(f"{_said(report, 'acquired')} = {' + '.join(account)}", report["lost"]))
    table.add_row("", _marked(_said(report, "unaccounted"), report["unaccounted"]))
    if report.get("undelivered", 0) != 0:
        words = f"{_said(report, 'undelivered')}: start the line again, and they are delivered first"
        table.add_row("", Text(words, STYLES[WARNING]))
    if report.get("missing_lines"):
        table.add_row("", Text(f"cut short: {report['missing_lines']} lines are missing at its end", STYLES[WARNING]))
    if report.get("lines_per_s") is not None:
        table.add_row("rate", f"{report['lines_per_s']:.1f} lines/s")
    if report.get("latency_ms"):
        table.add_row("latency", ", ".join(f"{key} {value:.2f} ms" for key, value in report["latency_ms"].items()))


def _add_counts(table: Table, report: dict[str, Any]) -> None:
    for note in report.get("notes", ()):
        table.add_row("recording", note)
    if report.get("judged_pixels"):
        of_group = f", {report['group_accuracy']:.4f} with one of its group" if "group_accuracy" in report else ""
        table.add_row("accuracy", f"{report['accuracy']:.4f} of the true stone pixels of trained species{of_group}")
        _add_scene(table, report)
    for name, parts in report.get("shares", {}).items():
        table.add_row(*_shares(name, parts))
    if report.get("saturated_samples"):
        table.add_row("saturated", f"{report['saturated_samples']} samples at full scale, which are invalid")
    if report.get("stones"):
        table.add_row("stones", _listed(report["stones"]))
    if sorter := report.get("sorter"):
        broken = [sorter.get(name) for name in ("shed", "lost", "commands_late", "unaccounted")]
        table.add_row("sorter", _marked(_listed(sorter), *broken))
    if sorter and sorter.get("shed"):
        table.add_row("", "shed is load: lines that were older than budget_ms when their turn came")
    if (recipe := report.get("recipe")) and recipe["version"]:
        by = f", asked for by {recipe['by']}" if recipe["by"] else ""
        table.add_row("recipe", f"{recipe['name']} v{recipe['version']} since {recipe['since']}{by}")
    for name, sink in report.get("sinks", {}).items():
        if sink["kind"] not in (LOG, SORTER):
            counts = {key: count for key, count in sink.items() if key != "kind"}
            words = _listed(counts) or "left no count"
            table.add_row(name, _marked(words, counts.get("lost"), counts.get("unaccounted")))
    if report.get("reference"):
        table.add_row("reference", _listed(report["reference"]))


def _shares(name: str, parts: dict[str, float]) -> tuple[str, str]:
    """The largest shares of the rock, and how many there are besides."""
    shown = [f"{part} {share:.1%}" for part, share in list(parts.items())[:MOST] if share >= LEAST]
    more = len(parts) - len(shown)
    return TITLES.get(name, name), ", ".join(shown) + (f" and {more} more" if more else "")


def _add_scene(table: Table, report: dict[str, Any]) -> None:
    """What only the truth of a simulated scene tells."""
    if report.get("rock_pixels"):
        right = "" if report["bands_right"] is None else f", and {report['bands_right']:.4f} of those hold it"
        table.add_row("", f"bands, as core is logged: {report['bands_named']:.4f} of the rock name a group{right}")
    if report.get("stone_accuracy") is not None:
        table.add_row(
            "", f"{report['stone_accuracy']:.4f} of {report['judged_stones']} true stones, by their most labels"
        )
    for name, part in report.get("by_stretch", {}).items():
        shares = (f"{'-' if part[key] is None else format(part[key], '.4f')} of the {what}"
                  for key, what in (("accuracy", "pixels"), ("stone_accuracy", "stones")))  # fmt: skip
        table.add_row("", f"{name}: {', '.join(shares)}")
    if known := report.get("in_training"):
        new = report["new_accuracy"]
        of_new = "" if new is None else f"; {new:.4f} of the pixels of the others"
        table.add_row("", f"specimens that were in training: {', '.join(known)}{of_new}")
    elif known is not None:
        table.add_row("", "no specimen of the belt was in training")


def _add_incidents(table: Table, report: dict[str, Any]) -> None:
    if report["incidents"]:
        stages = (f"{stage}: {_counts(kinds)}" for stage, kinds in report["incidents"].items())
        table.add_row("incidents", "; ".join(stages))
    for one in report["history"][-SHOWN:]:
        first, _, _ = one["words"].partition("\n")
        words = f"{one['time']} {one['stage']} {one['kind'].replace('_', ' ')}: {first}"
        table.add_row(one["severity"], Text(words, STYLES.get(one["severity"], "")))


def _counts(kinds: dict[str, int]) -> str:
    return ", ".join(f"{kind.replace('_', ' ')} {n}" for kind, n in kinds.items())


def _add_written(table: Table, artefacts: dict[str, str | None]) -> None:
    """One row a file, the first with a heading; the pages of a map that follow the first are counted with it."""
    for number, (name, path) in enumerate(artefacts.items()):
        where = path if path is not None else Text("not there any more", STYLES[ALARM])
        table.add_row("written" if number == 0 else "", Text.assemble(f"{name.replace('_', ' ')}  ", where))


def _marked(words: str, *broken: int | None) -> Text:
    """Words in red where any of the counts of what should not be is not 0."""
    return Text(words, STYLES[ALARM] if any(count != 0 for count in broken) else "")


def _listed(counts: dict[str, Any]) -> str:
    return ", ".join(_said(counts, key) for key in counts)


def _said(counts: dict[str, Any], key: str) -> str:
    value = counts[key]
    return f"{key.replace('_', ' ')} {'not known' if value is None else value}"
