"""`oreline core export`: files of a hole for programs that others wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from oreline.errors import ConfigError, nearest
from sinks.core.counting import samples_of
from sinks.core.export import csv_tables
from sinks.core.export.folder import exported
from sinks.core.export.label_map import write_label_map
from sinks.core.export.las import las
from sinks.core.export.names import file_stem
from sinks.core.export.points import Points, joined, points_of
from sinks.core.export.rules import Hole, ruled
from sinks.core.export.tsg import write_tsg
from sinks.core.hole_folder import HoleFolder
from sinks.core.intervals import intervals, steps
from sinks.core.reflectance_files import reflectance_of
from sinks.core.source import Source, source_of

TABLES, BOXES = ("csv", "las", "parquet"), ("envi", "tsg")
"""Formats of the intervals, and of the boxes themselves."""
NO_SPECTRA = "no reflectance was recorded beside the journal, so the spectra of the data set for TSG are empty"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written: `formats`, of TABLES and BOXES with commas between them, the dialect of CSV files, and
    intervals of a step."""

    formats: str = ",".join(TABLES)
    dialect: csv_tables.Name = "leapfrog"
    step_m: float = 1.0


def export(hole: Path, to: Path | None, wanted: Wanted) -> Iterator[str]:
    """Write files of a hole to a folder, by default its own for exports; what was written and what was assumed, line by
    line. `hole`: a folder of a hole or the session in it, or a data set of TSG. Raises ConfigError, RecordingError,
    SpectraRefused, StoreFailed, SystemRefused."""
    formats, source = chosen(wanted.formats), source_of(hole)
    if to is None and source.output is None:
        raise ConfigError(f"{hole} has no folder for exports: name one by --to")
    folder, name = to or HoleFolder.at(hole).export, source.session.hole.id
    spans = steps(*source.ends_m, wanted.step_m)
    table = intervals(source.samples(), spans, {**source.header, "step_m": wanted.step_m})
    rules = ruled(source.session, table)
    notes = list(rules.notes)
    with exported(folder, {"hole": name, "dialect": wanted.dialect, "step_m": wanted.step_m, "notes": notes}) as draft:
        stem = draft / file_stem(name)
        if "parquet" in formats:
            pq.write_table(table, f"{stem}.parquet")
        _write_tables(stem, rules, formats, csv_tables.DIALECTS[wanted.dialect])
        notes += _write_boxes(stem, source, formats)
    yield from notes
    yield f"{len(rules.table)} intervals of {name} as {', '.join(formats)}: {folder}"


def chosen(formats: str) -> tuple[str, ...]:
    """Formats by their names, with commas between them. Raises ConfigError."""
    known = (*TABLES, *BOXES)
    names = tuple(dict.fromkeys(name.strip().lower() for name in formats.split(",") if name.strip()))
    for name in names:
        if name not in known:
            raise ConfigError(f"no format {name!r}: choose of {', '.join(known)}.{nearest(name, known)}")
    if not names:
        raise ConfigError(f"no format is named: choose of {', '.join(known)}")
    return names


def _write_tables(stem: Path, hole: Hole, formats: tuple[str, ...], dialect: csv_tables.Dialect) -> None:
    if "csv" in formats:
        for make in (csv_tables.collar, csv_tables.survey, csv_tables.intervals, csv_tables.columns):
            Path(f"{stem}_{make.__name__}.csv").write_bytes(make(hole, dialect))
    if "las" in formats:
        Path(f"{stem}.las").write_bytes(las(hole))


def _write_boxes(stem: Path, source: Source, formats: tuple[str, ...]) -> list[str]:
    """Write each box, one after another, in the formats of BOXES; what was assumed."""
    points = list[Points]()
    for scan in source.scans() if set(formats) & set(BOXES) else ():
        if "envi" in formats:
            write_label_map(Path(f"{stem}_box{scan.box:03d}.hdr"), scan, source.session.hole.id)
        if "tsg" in formats:
            found = None if source.output is None else reflectance_of(source.output, scan)
            samples = samples_of(source.session.hole.id, scan, source.depth)
            points.append(points_of(samples, scan, source.depth.boxes[scan.box], found))
    if "tsg" not in formats:
        return []
    told = joined(points)
    write_tsg(stem.with_name(f"{stem.name}_tsg"), told.samples, told.x_mm, told.spectra)
    return [NO_SPECTRA] if told.spectra is None else []
