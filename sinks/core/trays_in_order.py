"""Boxes of a journal that nobody followed while it was written, such as that of a recording that was labelled later:
the k-th tray that passed is the k-th box of the session, and of core that passed without boxes the k-th run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from oreline.errors import ConfigError
from oreline.moment import now
from sinks.core.box_scans import BoxScan
from sinks.core.hole_folder import HoleFolder
from sinks.core.live.journal_lines import Way, counts_of, following, glances
from sinks.core.live.scanning import RUN_ENDED, Place, Scanning
from sinks.core.live.trays import TrayFinder
from sinks.core.session import Session
from sinks.log.journal import JOURNAL
from sinks.log.reading import reading

LEAST_SHARE, TABLE_MM = 0.05, 20.0
"""As the core log of a line has them where its file sets nothing else."""


def write_down(folder: HoleFolder, session: Session, who: str) -> list[BoxScan]:
    """Write down which lines of the journal in the hole's output each box is, over all runs as they came. A tray that
    ends with its recording is whole. Raises ConfigError where none passed, or more than there are boxes, RecordingError
    where there is no journal, StoreFailed and SystemRefused."""
    numbers, runs = [box.number for box in session.boxes], _runs(folder.output)
    if session.continuous:
        found, passed = _whole(runs, numbers, who), len(runs)
    else:
        finder = TrayFinder(LEAST_SHARE, TABLE_MM, row_mm=session.row_mm)
        scanning = Scanning(numbers, "trays", finder, Place(who=who), (), lambda: now().text)
        found = list(chain.from_iterable(_of_run(folder.output, run, scanning) for run in runs))
        passed = len(found) + scanning.strays
    if passed > len(numbers) or not found:
        raise ConfigError(
            f"{passed} {'runs' if session.continuous else 'trays'} passed in {folder.output}, and the session of "
            f"{session.hole.id} has {len(numbers)} boxes: add what it lacks, or write the lines of each box into "
            f"{folder.scans.path}"
        )
    return [folder.scans.add(one) for one in found]


def _runs(output: Path) -> dict[str, tuple[int, int]]:
    """Runs that have lines, in order, with the first and the last of them."""
    query = """SELECT lines.run, min(seq), max(seq) FROM lines JOIN runs USING (run) GROUP BY runs.run
        ORDER BY runs.rowid"""
    with reading(output / JOURNAL) as db:
        return {bytes(run).hex(): (first, last) for run, first, last in db.execute(query)}


def _whole(runs: Mapping[str, tuple[int, int]], numbers: Sequence[int], who: str) -> list[BoxScan]:
    """Each run as a box."""
    pairs = zip(numbers, runs.items(), strict=False)
    return [BoxScan(number, 0, run, first, last, who, now().text) for number, (run, (first, last)) in pairs]


def _of_run(output: Path, run: str, scanning: Scanning) -> Iterator[BoxScan]:
    """Boxes of a run, in order."""
    way = Way()
    way.counts, pitch_mm = counts_of(output, run)
    way.pitch_mm = pitch_mm or 1.0
    scanning.begin_run(run, 0)
    endings = []
    for line in glances(output, run, 0, following(output, run)):
        endings.append(scanning.see(line.seq, line.share, way.to(line)))
    for ended in (*endings, scanning.end_run()):
        if ended is not None:
            whole = replace(ended, cut="") if ended.cut == RUN_ENDED else ended
            yield whole.scan(run, ended.open.when)
