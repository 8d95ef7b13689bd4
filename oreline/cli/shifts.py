"""`oreline shifts`: what a line did, shift by shift."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from oreline.terminal import commands, console

Output = Annotated[Path, typer.Argument(help="Output folder of a line, with its journal.")]
Line = Annotated[Path | None, typer.Option("--line", help="TOML file of the line; by default, as its last run had it.")]
Zone = Annotated[str | None, typer.Option(help="Zone of the plant, such as America/Santiago, in place of the line's.")]
Start = Annotated[list[str] | None, typer.Option(help="Start of a shift, as night=19:00, in place of the line's.")]

app = commands(
    "Shifts of a line, from its journal.\n\n"
    "When shifts begin and in which zone is said in [sinks.station.shifts] of the line's file."
)


@app.command("list")
def list_(output: Output, line: Line = None, zone: Zone = None, start: Start = None) -> None:
    """List the shifts that the journal has lines of.

    Example: oreline shifts list out/demo
    """
    importlib.import_module("sinks.station.shifts.commands").show_list(output, line, zone, start, console)


@app.command()
def report(
    output: Output,
    shift: Annotated[str | None, typer.Option(help="Shift as `list` has it; the last one by default.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page to print to this file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all numbers as CSV to this file.")] = None,
    language: Annotated[str, typer.Option(help="Of the page: en, es or zh-CN.")] = "en",
    line: Line = None,
    zone: Zone = None,
    start: Start = None,
) -> None:
    """Report of a shift: material and its grade, lines, times and stops, alarms, recipes.

    All is counted from the journal, so it says the same whenever it is made.

    Example: oreline shifts report out/demo --html shift.html --csv shift.csv
    """
    module = importlib.import_module("sinks.station.shifts.commands")
    module.report(output, shift, line, zone, start, html, csv, language, console)
