"""`oreline core export`: files of a hole for programs that others wrote."""

from __future__ import annotations

from collections.abc import Iterator
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
from sinks.core.export.tsg_file import Spectra
from sinks.core.hole_folder import HoleFolder
from sinks.core.hole_log import HoleLog
from sinks.core.intervals import intervals, steps
from sinks.core.reflectance_files import reflectance_of

TABLES, BOXES = ("csv", "las", "parquet"), ("envi", "tsg")
"""Formats of the intervals, and of the boxes themselves."""
NO_SPECTRA = "no reflectance was recorded beside the journal, so the spectra of the data set for TSG are empty"


def export(path: Path, to: Path | None, formats: str, dialect: csv_tables.Name, step_m: float) -> Iterator[str]:
    """Write files of the hole at `path`, a folder of a hole or the session in it, to a folder, by default its own for
    exports; what was written and what was assumed, line by line. `formats`: of TABLES and BOXES, with commas between
    them. Raises ConfigError, RecordingError, StoreFailed, SystemRefused."""
    wanted = chosen(formats)
    log = HoleLog(HoleFolder.at(path))
    folder = to or log.folder.export
    session = log.session
    spans = steps(session.boxes[0].from_m, session.boxes[-1].to_m, step_m)
    table = intervals(log.samples(), spans, {**log.header, "step_m": step_m})
    hole, told = ruled(session, table), {"hole": session.hole.id, "dialect": dialect, "step_m": step_m}
    notes = list(hole.notes)
    with exported(folder, told | {"notes": notes}) as draft:
        stem = draft / file_stem(session.hole.id)
        if "parquet" in wanted:
            pq.write_table(table, f"{stem}.parquet")
        _write_tables(stem, hole, wanted, csv_tables.DIALECTS[dialect])
        notes += _write_boxes(stem, log, wanted) if set(wanted) & set(BOXES) else []
    yield from notes
    yield f"{len(hole.table)} intervals of {session.hole.id} as {', '.join(wanted)}: {folder}"


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


def _write_tables(stem: Path, hole: Hole, wanted: tuple[str, ...], dialect: csv_tables.Dialect) -> None:
    if "csv" in wanted:
        for make in (csv_tables.collar, csv_tables.survey, csv_tables.intervals, csv_tables.columns):
            Path(f"{stem}_{make.__name__}.csv").write_bytes(make(hole, dialect))
    if "las" in wanted:
        Path(f"{stem}.las").write_bytes(las(hole))


def _write_boxes(stem: Path, log: HoleLog, wanted: tuple[str, ...]) -> list[str]:
    """Write each box, one after another, in the formats of BOXES; what was assumed."""
    parts, nm = list[Points](), None
    for number, at in log.scans.items():
        scan, hole = log.seen(at), log.session.hole.id
        if "envi" in wanted:
            write_label_map(Path(f"{stem}_box{number:03d}.hdr"), scan, hole)
        if "tsg" in wanted:
            found = reflectance_of(log.folder.output, scan)
            nm = nm if found is None else found.wavelengths_nm
            samples, cube = samples_of(hole, scan, log.depth), None if found is None else found.cube
            parts.append(points_of(samples, scan, log.depth.boxes[number], cube))
    if "tsg" not in wanted:
        return []
    points = joined(parts)
    spectra = None if nm is None or points.reflectance is None else Spectra(nm, points.reflectance)
    write_tsg(stem.with_name(f"{stem.name}_tsg"), points.samples, points.x_mm, spectra)
    return [NO_SPECTRA] if spectra is None else []
