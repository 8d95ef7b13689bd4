"""`oreline core export`: files of a hole for programs that others wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from oreline.errors import ConfigError, nearest
from oreline.files import try_folder
from oreline.locks import in_turn
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
from sinks.core.reflectance_files import reflectance_of
from sinks.core.source import Source, is_tsg, source_of
from sinks.core.whole_table import spans_of, whole_table

TABLES, BOXES = ("csv", "las", "parquet"), ("envi", "tsg")
"""Formats of the intervals, and of the boxes themselves."""
NOT_AGAIN = "spectra stay in the data set for TSG that they are in; in the new one they are empty"
NO_SPECTRA = "no reflectance was recorded beside the journal, so the spectra of the data set for TSG are empty"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written: `formats`, of TABLES and BOXES with commas between them, for the `dialect` of a program;
    intervals of a step, or those of a file of assays; of which answer, "" being the usual one."""

    formats: str = ",".join(TABLES)
    dialect: csv_tables.Name = "leapfrog"
    step_m: float = 1.0
    assays: Path | None = None
    answer: str = ""


def export(session: Path, output: Path | None, to: Path | None, wanted: Wanted) -> Iterator[str]:
    """Write files of a hole to a folder, by default its own for exports; what was written and what was assumed, line by
    line. `session`: of a hole, whose journal is in `output`; or alone the folder of a hole, or a data set of TSG.
    Raises ConfigError, RecordingError, SpectraRefused, StoreFailed, SystemRefused."""
    formats = chosen(wanted.formats)
    folder = to or _own_folder(session, output)
    try_folder(folder)
    with in_turn(folder):
        yield from _exported(folder, source_of(session, wanted.answer, output=output), wanted, formats)


def _own_folder(session: Path, output: Path | None) -> Path:
    """Folder for exports of a hole; it is not made yet. Raises ConfigError, RecordingError where there is none."""
    if output is not None:
        return _of_scanned(session, output).export
    if is_tsg(session):
        raise ConfigError(f"{session} has no folder for exports: name one by --to")
    return HoleFolder.at(session).export


def _of_scanned(session: Path, output: Path) -> HoleFolder:
    """Folder of a hole of which something was scanned. Raises ConfigError, RecordingError where nothing was."""
    from sinks.core.hole_log import HoleLog  # Kernels: a data set of TSG needs none of them.

    log = HoleLog.of(session, output)
    log.must_have_scans()
    return log.folder


def _exported(folder: Path, source: Source, wanted: Wanted, formats: tuple[str, ...]) -> Iterator[str]:
    spans, notes = spans_of(source, wanted.step_m, wanted.assays)
    table = whole_table(source, spans, wanted.assays)
    hole = ruled(source.session, table)
    said = [*notes, *hole.notes]
    with exported(folder, {"hole": source.session.hole.id, "dialect": wanted.dialect, "notes": said}) as draft:
        stem = draft / file_stem(source.session.hole.id)
        if "parquet" in formats:
            pq.write_table(table, f"{stem}.parquet")
        _write_tables(stem, hole, formats, csv_tables.DIALECTS[wanted.dialect])
        said += _write_boxes(stem, source, formats)
    yield from said
    yield f"{len(hole.table)} intervals of {source.session.hole.id} as {', '.join(formats)}: {folder}"


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
    if told.spectra is not None:
        return []
    return [NOT_AGAIN if source.output is None else NO_SPECTRA]
