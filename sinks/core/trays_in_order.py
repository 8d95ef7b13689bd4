"""Boxes of a journal that nobody followed while it was written, such as that of a recording that was labelled later:
the k-th tray that passed is the k-th box of the session, and of core that passed without boxes the k-th run. Nothing is
written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from oreline.errors import ConfigError
from oreline.moment import now
from sinks.core.box_scans import SCANS, BoxScan, BoxScans, BoxScansFile, usual_way_mm
from sinks.core.hole_folder import HoleFolder
from sinks.core.live.journal_lines import Way, counts_of, following, glances
from sinks.core.live.scanning import Ended, Place, Scanning
from sinks.core.live.trays import NEARLY, TrayFinder
from sinks.core.session import Session
from sinks.core.session_in_force import box_of
from sinks.log.journal import JOURNAL
from sinks.log.reading import reading

LEAST_SHARE, TABLE_MM = 0.05, 20.0
"""As the core log of a line has them where its file sets nothing else."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Scans by the order in which trays passed, and what is to be said of that."""

    scans: BoxScans
    notes: tuple[str, ...] = ()


def count(folder: HoleFolder, session: Session) -> Counted:
    """Which lines of the journal in the hole's output each box is, over all runs as they came, but those whose boxes
    are written down for another hole. A tray with which its run ends is whole where all of it passed.
    Raises ConfigError where none passed, or more than there are boxes, and RecordingError where there is no journal."""
    runs, others = _runs(folder.output), _others(folder)
    own = {run: lines for run, lines in runs.items() if run not in others}
    names = ", ".join(sorted({others[run] for run in runs.keys() - own.keys()}))
    if names and not own:
        raise ConfigError(
            f"what passed in {folder.output} are boxes of {names}: see whether that is the hole, and not "
            f"{session.hole.id}"
        )
    found, passed = _whole(own, session) if session.continuous else _trays(folder.output, own, session)
    if passed > len(session.boxes) or not found:
        raise ConfigError(
            f"{passed} {'runs' if session.continuous else 'trays'} passed in {folder.output}, and the session of "
            f"{session.hole.id} has {len(session.boxes)} boxes: add what it lacks, or write the lines of each box into "
            f"{folder.scans.path}"
        )
    notes = (f"{len(runs) - len(own)} runs are left out, whose boxes are those of {names}",) if names else ()
    return Counted(BoxScans(tuple(_numbered(found))), notes)


def _runs(output: Path) -> dict[str, tuple[int, int]]:
    """Runs that have lines, in order, with the first and the last of them."""
    query = """SELECT lines.run, min(seq), max(seq) FROM lines JOIN runs USING (run) GROUP BY runs.run
        ORDER BY runs.rowid"""
    with reading(output / JOURNAL) as db:
        return {bytes(run).hex(): (first, last) for run, first, last in db.execute(query)}


def _others(folder: HoleFolder) -> dict[str, str]:
    """Runs in which other holes of the output have boxes, and the folder's name of each."""
    paths = sorted(path for path in folder.path.parent.glob(f"*/{SCANS}") if path.parent != folder.path)
    return {one.run: path.parent.name for path in paths for one in BoxScansFile(path).read().all}


def _numbered(found: Sequence[BoxScan]) -> Iterator[BoxScan]:
    """Scans with the number that each has among those of its box."""
    for at, one in enumerate(found):
        yield replace(one, scan=1 + sum(before.box == one.box for before in found[:at]))


def _whole(runs: Mapping[str, tuple[int, int]], session: Session) -> tuple[list[BoxScan], int]:
    """Each run as a box, and how many there are."""
    pairs = zip(session.boxes, runs.items(), strict=False)
    return [BoxScan(box.number, 0, run, *ends, "", now().text) for box, (run, ends) in pairs], len(runs)


def _trays(output: Path, runs: Mapping[str, tuple[int, int]], session: Session) -> tuple[list[BoxScan], int]:
    """Each tray as a box, and how many passed whole."""
    finder = TrayFinder(LEAST_SHARE, TABLE_MM, row_mm=session.row_mm)
    numbers = [box.number for box in session.boxes]
    scanning = Scanning(numbers, "trays", finder, Place(), (), lambda: now().text)
    found = []
    for run in runs:
        scanning.begin_run(run, 0)
        endings = [*_endings(output, run, scanning), _last(output, run, scanning, finder.ways_mm, session)]
        found += [one.scan(run, one.open.when) for one in endings if one is not None]
    return found, sum(not one.cut for one in found) + scanning.strays


def _endings(output: Path, run: str, scanning: Scanning) -> Iterator[Ended | None]:
    """What ends with each line of a run."""
    way = _way(output, run)
    for line in glances(output, run, 0, following(output, run)):
        yield scanning.see(line.seq, line.share, way.to(line))


def _last(output: Path, run: str, scanning: Scanning, ways_mm: Sequence[float], session: Session) -> Ended | None:
    """The tray that was under the camera when a run ended: whole where the table was seen behind it, or where it is
    nearly as long as the others, or else as the rows that the session says."""
    opened = scanning.place.open
    if opened is None:
        return scanning.end_run()
    box, way = box_of(session, opened.box), _way(output, run)
    row_mm = session.row_mm or (box.to_m - box.from_m) / box.rows * 1e3
    lines = list(glances(output, run, opened.first_seq, scanning.place.next_seq))
    is_long = sum(map(way.to, lines)) >= NEARLY * usual_way_mm(ways_mm, row_mm)
    return scanning.end_run(is_whole=is_long or lines[-1].share < LEAST_SHARE)


def _way(output: Path, run: str) -> Way:
    way = Way()
    way.counts, pitch_mm = counts_of(output, run)
    way.pitch_mm = pitch_mm or 1.0
    return way
