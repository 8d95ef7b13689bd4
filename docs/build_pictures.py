"""Makes docs/img/label-map.png: `python docs/build_pictures.py out/demo`, after a demo that wrote into out/demo."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hwsim.render.preview import false_colours
from oreline.messages import ClassInfo
from oreline.recordings.finding import find_recording
from oreline.recordings.label_picture import Entry, Paint, draw_legend, height_of
from sinks.log.pages import pages
from sinks.log.reading import newest_run, reading, segments

PICTURE = Path(__file__).parent / "img" / "label-map.png"
LINES = slice(4050, 4950)
"""Two seconds of the demo's belt: it is wet in the first and dusty in the second."""
SPAN = 6
"""Between the two pictures and the legend."""
COLOURS = 200
LEAST_SHARE = 0.002
"""Of the samples shown: below it a class has no entry in the legend."""


def build(demo: Path, path: Path = PICTURE) -> None:
    """Write `LINES` of a demo, from left to right: what the camera saw above what was said of it."""
    labels, classes = _labels(demo)
    paint = Paint(classes)
    seen = false_colours(find_recording(demo / "scene"), LINES)[:, : labels.shape[1]]
    width, height = labels.shape
    entries = _entries(labels, paint)
    image = Image.new("RGB", (width, 2 * height + 2 * SPAN + height_of(entries, width)), "white")
    for number, shown in enumerate((seen, paint(labels))):
        across = np.ascontiguousarray(shown.transpose(1, 0, 2))
        image.paste(Image.fromarray(across), (0, number * (height + SPAN)))
    draw_legend(image, entries, paint, SPAN, 2 * height + 2 * SPAN, width)
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _labels(demo: Path) -> tuple[NDArray[np.uint8], tuple[ClassInfo, ...]]:
    """Labels of the journal, uint8 (lines, samples), and what they stand for."""
    with reading(demo / "journal.sqlite") as db:
        run = newest_run(db)
        assert run is not None
        segment = segments(db, run)[-1]
        page = next(pages(db, run, segment))
    return page.labels[LINES], segment.classes


def _entries(labels: NDArray[np.uint8], paint: Paint) -> list[Entry]:
    """The legend, the commonest first."""
    shares = np.bincount(labels.ravel(), minlength=256) / labels.size
    shown = sorted((label for label in paint.known if shares[label] >= LEAST_SHARE), key=lambda label: -shares[label])
    return [(label, paint.known[label].name) for label in shown]


if __name__ == "__main__":
    build(Path(sys.argv[1]))
