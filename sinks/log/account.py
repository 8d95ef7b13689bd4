"""Account of a run: the fate of every line, counted from the journal itself.

Each sequence number from 0 to the end is looked for among the lines and the gaps. None of the numbers is made by
subtracting the others, so `unaccounted` and `doubled` are findings: numbers that nothing covers, and numbers that more
than one record covers.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from oreline.errors import RecordingError
from oreline.messages import LOST, Reason
from sinks.log.reading import gaps, newest_run, reading

_ISLANDS = """
SELECT min(seq), max(seq) + 1 FROM (
    SELECT seq, seq - row_number() OVER (ORDER BY seq) AS island FROM lines WHERE run = ?
) GROUP BY island"""

Span = tuple[int, int, str]


def account(path: Path, run: bytes | None = None) -> dict[str, int]:
    """Count one run of a journal, the newest unless `run` names one.

    Returns acquired (numbers that are no reference line), labelled, shed, lost, reference, unaccounted, doubled, end
    (one past the last number: the sender's, or the last record's while the run goes on) and closed (1 where the end
    of the stream was committed). Raises RecordingError.
    """
    with reading(path) as db:
        run = run or newest_run(db)
        if run is None:
            raise RecordingError(f"{path} holds no run")
        entry = db.execute("SELECT end FROM runs WHERE run = ?", (run,)).fetchone()
        if entry is None:
            raise RecordingError(f"{path} holds no run {run.hex()}")
        spans = _spans(db, run)
    end = max([stop for _, stop, _ in spans] + [entry[0] or 0])
    total = dict.fromkeys(("labelled", "shed", "lost", "reference"), 0)
    for start, stop, fate in spans:
        total[fate] += stop - start
    covered, doubled = _coverage(spans)
    return {
        "acquired": end - _covered(spans, "reference"),
        **total,
        "unaccounted": end - covered,
        "doubled": doubled,
        "end": end,
        "closed": int(entry[0] is not None),
    }


def _spans(db: sqlite3.Connection, run: bytes) -> list[Span]:
    """Lines and gaps as [start, stop) and their fate, in order."""
    spans: list[Span] = [(start, stop, "labelled") for start, stop in db.execute(_ISLANDS, (run,))]
    for gap in gaps(db, run):
        fate = "lost" if gap.reason in LOST else "shed" if gap.reason is Reason.SHED else "reference"
        spans.append((gap.first, gap.first + gap.n, fate))
    return sorted(spans)


def _coverage(spans: list[Span]) -> tuple[int, int]:
    """Numbers that the sorted spans cover at least once, and times that they cover one again."""
    covered = doubled = reach = 0
    for start, stop, _ in spans:
        fresh = max(0, stop - max(start, reach))
        covered += fresh
        doubled += stop - start - fresh
        reach = max(reach, stop)
    return covered, doubled


def _covered(spans: list[Span], fate: str) -> int:
    return _coverage([span for span in spans if span[2] == fate])[0]
