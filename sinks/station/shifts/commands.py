"""What `oreline shifts` does."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from oreline.config import Config, validated
from oreline.errors import ConfigError
from oreline.files import try_to_write, write_whole
from sinks.log.journal import JOURNAL
from sinks.station.shifts.calendar import Calendar
from sinks.station.shifts.ore import ore_of
from sinks.station.shifts.page import page
from sinks.station.shifts.report import chosen, report_of, shifts_in
from sinks.station.shifts.settings import ShiftsSettings
from sinks.station.shifts.summary import Measures
from sinks.station.shifts.table import HEAD, csv_of, rows
from sinks.station.words import LANGUAGES


def show_list(output: Path, line: Path | None, zone: str | None, starts: list[str] | None, console: Console) -> None:
    """Print the shifts that a journal has lines of."""
    _, settings = _told(output, line, zone, starts)
    calendar = Calendar(settings)
    table = Table(box=None, pad_edge=False)
    for name in ("shift", "from", "to", "lines"):
        table.add_column(name, justify="right" if name == "lines" else "left")
    for key, (shift, n) in shifts_in(output, calendar).items():
        table.add_row(key, calendar.text(shift.start_ns), calendar.text(shift.stop_ns), str(n))
    console.print(table)


def report(
    output: Path,
    key: str | None,
    line: Path | None,
    zone: str | None,
    starts: list[str] | None,
    html: Path | None,
    csv: Path | None,
    language: str,
    console: Console,
) -> None:
    """Print a shift's report, and write it where asked: the page in a language."""
    if language not in LANGUAGES:
        raise ConfigError(f"there is no page in {language!r}: choose one of {', '.join(LANGUAGES)}")
    try_to_write(*filter(None, (html, csv)), reading=(output / JOURNAL,))
    config, settings = _told(output, line, zone, starts)
    calendar = Calendar(settings)
    measures = Measures(ore_of(config, settings), settings.tonnes_per_m2)
    made = report_of(output, calendar, measures, chosen(output, calendar, key), config.line.name)
    if html is not None:
        write_whole(html, page(made, calendar, language).encode())
    if csv is not None:
        write_whole(csv, csv_of(made).encode())
    table = Table(show_header=False, box=None, pad_edge=False)
    for _ in HEAD:
        table.add_column(overflow="fold")
    for section, item, value, unit in rows(made):
        table.add_row(section, item, "not known" if value is None else str(value), unit)
    console.print(table)
    for note in made.notes:
        console.print(note)


def _told(output: Path, line: Path | None, zone: str | None, starts: list[str] | None) -> tuple[Config, ShiftsSettings]:
    """The line's configuration, from its file or as its last run had it, and its shifts, with what was asked for."""
    config = Config.load(line) if line else Config.of_last_run(output)
    sinks = config.tables.get("sinks", {})
    station: dict[str, Any] = next((one for name, one in sinks.items() if config.kinds[name] == "station"), {})
    table = dict(station.get("shifts", {}))
    if zone:
        table["zone"] = zone
    if starts:
        table["starts"] = dict(_start(one) for one in starts)
    return config, validated(ShiftsSettings, table, "the shifts")


def _start(text: str) -> tuple[str, time]:
    name, _, at = text.partition("=")
    try:
        return name, time.fromisoformat(at)
    except ValueError:
        raise ConfigError(f"--start {text} is no start of a shift: say it like --start night=19:00") from None
