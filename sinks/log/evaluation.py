"""Evaluation of a run, or of a file of labels, by the truth: numbers, and a map of the errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer, answer_of
from oreline.errors import RecordingError
from oreline.messages import BACKGROUND, UNKNOWN, ClassInfo
from oreline.recordings.label_map import read_labels
from oreline.recordings.label_picture import Paint
from oreline.recordings.truth import Confusion, read_truth
from sinks.log.journal import JOURNAL
from sinks.log.pages import STRIP, Page, count_pages, filled, strips_of
from sinks.log.picture import Heading, draw_page
from sinks.log.reading import COLUMNS, Segment, lines, newest_run, reading, segments, stream_at

RIGHT = ClassInfo("right", (76, 76, 82))
SHOWN = "map of errors", "what is judged"
BLOCK_ID, LABELS, LAYERS = map(COLUMNS.index, ("block_id", "labels", "layers"))

Batch = tuple[NDArray[np.int64], NDArray[np.uint8]]
"""Numbers of the truth's lines (n,), and labels uint8 (n, samples)."""


def evaluate(path: Path, truth: Path, first_line: int = 0, errors: Path | None = None) -> dict[str, Any]:
    """Compare labels with a truth map: `Confusion.facts`, and `maps`, the pictures of errors that were written.

    `path`: the output folder of a run, whose newest is judged, or a file of labels. `first_line`: the truth's line of
    the first one in such a file. `errors`: where the first picture goes; others are numbered. Raises RecordingError.
    """
    known = read_truth(truth)
    with _labelled(path, first_line) as (classes, batches, heading):
        confusion = Confusion(known, classes)
        drawn = _Errors(errors, classes, heading, len(known.labels))
        for numbers, labels in batches:
            drawn.add(numbers, labels, confusion.add(numbers, labels))
        drawn.end()
    if not confusion.counts.any():
        raise RecordingError(f"{truth} has no class that {path} could answer: is it the truth of that scene?")
    return {**confusion.facts(), "maps": [str(one) for one in drawn.paths]}


@contextmanager
def _labelled(path: Path, first_line: int) -> Iterator[tuple[tuple[ClassInfo, ...], Iterator[Batch], Heading]]:
    """Classes and labels of a run or a file, and what stands above a map of them."""
    if path.is_dir():
        with reading(path / JOURNAL) as db:
            run = newest_run(db)
            parts = segments(db, run) if run is not None else []
            if run is None or not parts:
                raise RecordingError(f"{path / JOURNAL} holds no run")
            part, about = parts[-1], stream_at(db, run, parts[-1].start)
            heading = Heading(path.resolve().name, run, about, 1, count_pages(db, run, part), *SHOWN)
            answer = answer_of("labels", part.classes, part.layers)
            yield answer.classes, _of_run(db, run, part, answer), heading
    else:
        image = read_labels(path)
        numbers = first_line + np.arange(len(image.labels))
        batches = ((numbers[i : i + STRIP], image.labels[i : i + STRIP]) for i in range(0, len(numbers), STRIP))
        of = -(-len(numbers) // (STRIP * strips_of(image.labels.shape[1])))
        yield image.classes, batches, Heading(path.stem, b"", {}, 1, of, *SHOWN)


def _of_run(db: sqlite3.Connection, run: bytes, part: Segment, answer: Answer) -> Iterator[Batch]:
    """The camera numbers frames from the scene's first line."""
    for rows in lines(db, run, part):
        labels, _ = filled([row[LABELS] for row in rows], (part.samples,), BACKGROUND)
        planes = sum(layer.planes for layer in part.layers)
        layers = filled([row[LAYERS] for row in rows], (planes, part.samples), UNKNOWN)[0] if planes else None
        yield np.array([row[BLOCK_ID] for row in rows], np.int64), answer.codes(labels, layers)


class _Errors:
    """Maps of errors: what is wrong has the colour of its answer, what is right is grey, nothing else is shown."""

    def __init__(self, path: Path | None, classes: tuple[ClassInfo, ...], heading: Heading, truth_lines: int) -> None:
        self.paths: list[Path] = []
        self._path, self._heading, self._of, self._right = path, heading, truth_lines, len(classes)
        self._paint = Paint((*classes, RIGHT), plain=(RIGHT.name,))
        self._rows: list[tuple[int, NDArray[np.uint8]]] = []

    def add(self, numbers: NDArray[np.int64], labels: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> None:
        """Labels and what they should be, uint8 (n, samples) both."""
        if self._path is None:
            return
        shown = np.where(wanted == BACKGROUND, BACKGROUND, np.where(wanted == labels, self._right, labels))
        self._rows += zip((numbers % self._of).tolist(), shown.astype(np.uint8), strict=True)
        rows = STRIP * strips_of(labels.shape[1])
        while len(self._rows) > rows:
            self._draw(self._path, self._rows[:rows])
            del self._rows[:rows]

    def end(self) -> None:
        """Write the last page."""
        if self._path is not None and self._rows:
            self._draw(self._path, self._rows)

    def _draw(self, path: Path, rows: list[tuple[int, NDArray[np.uint8]]]) -> None:
        seq, labels = np.array([number for number, _ in rows]), np.array([row for _, row in rows])
        page = Page(labels, np.zeros(len(seq), bool), seq, (None, None))
        path = path.with_stem(f"{path.stem}_{len(self.paths):03d}") if self.paths else path
        path.parent.mkdir(parents=True, exist_ok=True)
        heading = replace(self._heading, number=len(self.paths) + 1)
        draw_page(page, self._paint, heading, np.zeros_like(labels, bool)).save(path, "PNG")
        self.paths.append(path)
