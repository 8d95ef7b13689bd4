"""`oreline classify`: labels of point spectra, for a person, as JSON and as CSV."""

from __future__ import annotations

import csv as tables
import importlib
import io
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from oreline.cli.report import save
from oreline.errors import ConfigError, SpectraRefused
from oreline.files import write_whole
from oreline.guard import refusal
from oreline.point_spectra import PointSpectra, Said, read_points
from oreline.recordings.wavelengths import UnknownUnit, unit_of
from oreline.screen import say
from oreline.terminal import console_of

SHOWN = 40
"""Spectra that a person is shown of a file; JSON and CSV have all."""
WIDTH = 80
LEAST_SHARE = 0.05
"""Of a second group, from which on a person is told of it."""
FEATURES_AT = "features of absorption are measured on the instrument's own bands"

HEADS = (
    "file", "name", "label", "confidence", "group", "group_confidence",
    "bands_label", "bands_group", "bands_confidence", "bands_second", "bands_share",
    "unknown_reason", "best_1", "p_1", "best_2", "p_2", "best_3", "p_3",
)  # fmt: skip
"""Columns of the CSV, before those of the features."""

Row = dict[str, Any]


def main(
    files: Sequence[Path], model: str, json: Path | None, csv: Path | None, percent: bool | None, unit: str
) -> None:
    """Classify all files, print, and write what is asked for. Raises ModelError, and SpectraRefused at the end where a
    file was refused, of which each is named by then."""
    points = importlib.import_module("inference.classification.point_spectra")
    said, classifier = _said(percent, unit), points.load(model)
    console, found = console_of(WIDTH), list[dict[str, Any]]()
    for path in files:
        found.append(_done(path, said, lambda spectra: points.classify(spectra, classifier)))
        if found[-1]["refused"] is None:
            show(found[-1], console)
        elif len(files) > 1:
            say(found[-1]["refused"], sys.stderr)
    if json is not None:
        save(report_of(found, classifier.card.name, classifier.id), json)
    if csv is not None:
        write_csv(found, csv)
    refused = [one["refused"] for one in found if one["refused"] is not None]
    if refused:
        raise SpectraRefused(
            refused[0] if len(files) == 1 else f"{len(refused)} of {len(files)} files were refused, the others are done"
        )


def _done(path: Path, said: Said, classify: Callable[[PointSpectra], Any]) -> dict[str, Any]:
    """What became of a file: its rows and what is to be said of it, or why it was refused."""
    try:
        spectra = read_points(path, said)
        done = classify(spectra)
    except SpectraRefused as error:
        return {"file": str(path), "format": None, "refused": str(error), "notes": [], "rows": []}
    except OSError as error:
        return {"file": str(path), "format": None, "refused": str(refusal(error, path)), "notes": [], "rows": []}
    notes = [_units(spectra), *done.notes, FEATURES_AT]
    return {"file": str(path), "format": spectra.format, "refused": None, "notes": notes, "rows": done.rows}


def report_of(found: Sequence[dict[str, Any]], model: str, model_id: str) -> dict[str, Any]:
    """What `--json` writes: rows of all files one after another, and what is to be said of each file."""
    files = [{**one, "rows": len(one["rows"])} for one in found]
    rows = [row for one in found for row in one["rows"]]
    return {"version": 1, "model": model, "model_id": model_id, "files": files, "rows": rows}


def write_csv(found: Sequence[dict[str, Any]], path: Path) -> None:
    """The same columns flat, a row a spectrum; what is absent is blank."""
    rows = [{"file": one["file"], **_flat(row)} for one in found for row in one["rows"]]
    text = io.StringIO()
    writer = tables.DictWriter(text, dict.fromkeys([*HEADS, *(head for row in rows[:1] for head in row)]))
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue().encode())


def _flat(row: Row) -> Row:
    flat = {key: value for key, value in row.items() if key not in ("bands", "best", "features")}
    flat |= {f"bands_{key}": value for key, value in (row["bands"] or {}).items()}
    for n, (name, p) in enumerate(row["best"], 1):
        flat |= {f"best_{n}": name, f"p_{n}": p}
    for name, one in row["features"].items():
        flat |= {f"{name}_nm": one and one["nm"], f"{name}_depth": one and one["depth"]}
    return flat


def show(one: dict[str, Any], console: Console) -> None:
    """Print the labels of a file."""
    rows, has_bands = one["rows"], any(row["bands"] for row in one["rows"])
    console.print(f"{one['file']}: {one['format']}, {len(rows)} {'spectrum' if len(rows) == 1 else 'spectra'}")
    for note in one["notes"]:
        console.print(Padding(note, (0, 0, 0, 2)))
    table = Table("spectrum", "label", "p", "group", *(["bands"] if has_bands else []), box=None, pad_edge=False)
    table.columns[0].max_width, table.columns[2].justify, table.columns[2].no_wrap = 26, "right", True
    for row in rows[:SHOWN]:
        label = row["label"] if row["unknown_reason"] is None else f"{row['label']}: {row['unknown_reason']}"
        bands = [_bands(row["bands"])] if has_bands else []
        p = "-" if row["confidence"] is None else f"{row['confidence']:.2f}"
        table.add_row(row["name"], label, p, row["group"] or "-", *bands)
    console.print(table)
    if len(rows) > SHOWN:
        counts = ", ".join(f"{n} {label}" for label, n in Counter(row["label"] for row in rows).most_common())
        console.print(f"and {len(rows) - SHOWN} more, which --json and --csv have; of all: {counts}")


def _bands(bands: Row | None) -> str:
    """The second answer in words: "muscovite, 30 % kaolin"."""
    if bands is None:
        return "-"
    told = bands["label"] if bands["label"] != "unknown" else bands["group"] or "unknown"
    if bands["second"] is None or bands["share"] < LEAST_SHARE:
        return told
    return f"{told}, {100 * bands['share']:.0f} % {bands['second']}"


def _units(spectra: PointSpectra) -> str:
    first, last = spectra.wavelengths_nm[[0, -1]].tolist()
    size = f"{len(spectra.wavelengths_nm)} values from {first:g} to {last:g} nm"
    return f"{size}; wavelengths: {spectra.unit}; reflectance: {spectra.scale}"


def _said(percent: bool | None, unit: str) -> Said:
    if not unit:
        return Said(percent)
    try:
        found = unit_of(unit)
    except UnknownUnit as error:
        raise ConfigError(f"--unit: {error}") from None
    if found is None:
        raise ConfigError(f"--unit: {unit!r} is no unit of wavelength: give nm, um or 1/cm")
    return Said(percent, found)
