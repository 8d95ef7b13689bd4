"""Repair of a raw recording that was cut short, by a power cut, a full disk or a kill: each view up to its last whole
line, what belongs to the lines as they are, and what is missing named.

A line is whole where its row in the account, its counts and their checksum are there. What comes behind the last such
line is cut off; one before it that is damaged stays, and is named. Who repairs twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.files import write_whole
from oreline.messages import Kind
from oreline.recordings.names import HEADER, STAMPS
from oreline.recordings.raw import gaps, manifest
from oreline.recordings.raw import lines as table
from oreline.recordings.raw.examination import Examined, examine
from oreline.recordings.raw.gaps import Missing
from oreline.recordings.raw.layout import LINES, MANIFEST, data_of, drop, files_of, gaps_of, kinds_in, path_of
from oreline.recordings.raw.view import LineCount
from oreline.recordings.recording import inside


@dataclass(frozen=True)
class Repaired:
    """`lines` by view, those of other recordings with them; `own`: without. `lost`: lines that were cut off or never
    reached the disk, named now; `damaged`: sequence numbers of lines that stay; `next`: one past the last line or gap;
    `changed`: whether anything was."""

    folder: Path
    lines: dict[Kind, int]
    own: int
    lost: tuple[Missing, ...] = ()
    damaged: tuple[int, ...] = ()
    next: int = 0
    changed: bool = False


def repair(folder: Path, end: int = 0) -> Repaired:
    """Repair a recording that nobody writes. `end`: the sequence number before which every line is its own, where
    somebody knows; otherwise what is behind its last line is not known to have been. Raises RecordingError where its
    manifest or a header cannot be read, or a link leads out of it, OSError."""
    for path in files_of(folder):
        inside(path, folder)
    said, before = manifest.read(folder), _state(folder)
    views = {kind: examine(folder, kind) for kind in kinds_in(folder)}
    for kind, view in views.items():
        _cut(folder, kind, view) if len(view.rows) else drop(folder, kind)
    own = [view for kind, view in views.items() if "from" not in said["views"].get(kind.name.lower(), {})]
    known = gaps.read(gaps_of(folder))
    covered = _covered(own, known)
    lost = _holes(covered, said["first"], end)
    write_if_new(gaps_of(folder), gaps.HEAD + b"".join(map(gaps.row, sorted([*known, *lost]))))
    damaged = tuple(sorted(seq for view in own for seq in view.damaged))
    hashes = {data_of(folder, kind): view.sha256 for kind, view in views.items()}
    sealed = manifest.sealed(folder, said, hashes) | ({"damaged": list(damaged)} if damaged else {})
    if sealed != said:
        manifest.write(folder, sealed)
    return Repaired(
        folder,
        lines={kind: len(view.rows) for kind, view in views.items()},
        own=sum(len(view.rows) for view in own),
        lost=tuple(lost),
        damaged=damaged,
        next=max([end, said["first"], *(stop for _, stop in covered)]),
        changed=_state(folder) != before,
    )


def _state(folder: Path) -> dict[Path, tuple[int, int]]:
    """Size and time of each file: who writes changes one of them."""
    status = {path: path.stat() for path in (*folder.glob("*"), *folder.glob("*/*")) if path.is_file()}
    return {path: (one.st_size, one.st_mtime_ns) for path, one in status.items()}


def _cut(folder: Path, kind: Kind, view: Examined) -> None:
    """Bring the files of a view to its whole lines."""
    data, rows = data_of(folder, kind), path_of(folder, kind, LINES)
    for path, size in ((data, view.size), (rows, table.size_of(len(view.rows)))):
        if path.stat().st_size > size:
            with path.open("r+b") as file:
                file.truncate(size)
    if rows.stat().st_size < len(table.HEAD):
        rows.write_bytes(table.HEAD)
    write_if_new(path_of(folder, kind, STAMPS), _stamps(view.rows))
    LineCount(path_of(folder, kind, HEADER)).say(len(view.rows))


def _stamps(rows: NDArray[np.void]) -> bytes:
    return np.stack([rows["t_ns"], rows["encoder"]], axis=1).astype("<i8").tobytes()


def write_if_new(path: Path, content: bytes) -> None:
    """Write a file that is not there, or holds something else."""
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)


def _covered(views: Iterable[Examined], known: Iterable[Missing]) -> list[tuple[int, int]]:
    """Stretches [first, stop) of sequence numbers that lines or gaps cover, in order."""
    seqs = np.sort(np.concatenate([np.empty(0, np.int64), *(view.rows["seq"] for view in views)]))
    runs = np.split(seqs, np.flatnonzero(np.diff(seqs) != 1) + 1)
    lines = [(int(run[0]), int(run[-1]) + 1) for run in runs if len(run)]
    return sorted([*lines, *((gap.first, gap.first + gap.n) for gap in known)])


def _holes(covered: Iterable[tuple[int, int]], first: int, end: int) -> list[Missing]:
    """What is in no stretch, from `first` on up to the last of them, or to `end`."""
    holes, at = [], first
    for start, stop in (*covered, (end, end)):
        if start > at:
            holes.append(Missing(at, start - at, gaps.CUT))
        at = max(at, stop)
    return holes


def is_raw(folder: Path) -> bool:
    """Whether a folder is a raw recording of ours, or was to become one."""
    return (folder / MANIFEST).is_file() and gaps_of(folder).is_file()
