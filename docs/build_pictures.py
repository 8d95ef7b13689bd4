"""Makes docs/img/label-map.png: `python docs/build_pictures.py out/demo`, after a demo that wrote into out/demo; and
docs/img/wet-belt.png, with the folder of the same line with a model of version 1 behind it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
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

IMAGES = Path(__file__).parent / "img"
BOTH = slice(4050, 4950)
"""Two seconds of the demo's belt: it is wet in the first and dusty in the second."""
WET = slice(450, 1050)
SPAN = 6
"""Between the pictures and the legend."""
COLOURS = 200
LEAST_SHARE = 0.002
"""Of the samples shown: below it a class has no entry in the legend."""


def build(demos: Sequence[Path], lines: slice, path: Path) -> None:
    """Write `lines` of demos of one scene, from left to right: what the camera saw, and below it what was said of it in
    each demo, in the classes of the first."""
    said = [_labels(demo, lines) for demo in demos]
    classes = said[0][1]
    maps = [_as(labels, own, classes) for labels, own in said]
    paint, (width, height) = Paint(classes), maps[0].shape
    seen = false_colours(find_recording(demos[0] / "scene"), lines)[:, :height]
    entries = _entries(np.concatenate(maps), paint)
    shown = [seen, *map(paint, maps)]
    high = len(shown) * (height + SPAN)
    image = Image.new("RGB", (width, high + height_of(entries, width)), "white")
    for number, one in enumerate(shown):
        across = np.ascontiguousarray(one.transpose(1, 0, 2))
        image.paste(Image.fromarray(across), (0, number * (height + SPAN)))
    draw_legend(image, entries, paint, SPAN, high, width)
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _labels(demo: Path, lines: slice) -> tuple[NDArray[np.uint8], tuple[ClassInfo, ...]]:
    """Labels of the journal, uint8 (lines, samples), and what they stand for."""
    with reading(demo / "journal.sqlite") as db:
        run = newest_run(db)
        assert run is not None
        segment = segments(db, run)[-1]
        page = next(pages(db, run, segment))
    return page.labels[lines], segment.classes


def _as(labels: NDArray[np.uint8], own: Sequence[ClassInfo], classes: Sequence[ClassInfo]) -> NDArray[np.uint8]:
    """Labels of a model's own classes as those of another that has them all."""
    code = np.arange(256, dtype=np.uint8)
    code[: len(own)] = [[one.name for one in classes].index(one.name) for one in own]
    return code[labels]


def _entries(labels: NDArray[np.uint8], paint: Paint) -> list[Entry]:
    """The legend, the commonest first."""
    shares = np.bincount(labels.ravel(), minlength=256) / labels.size
    shown = sorted((label for label in paint.known if shares[label] >= LEAST_SHARE), key=lambda label: -shares[label])
    return [(label, paint.known[label].name) for label in shown]


if __name__ == "__main__":
    demo, *before = map(Path, sys.argv[1:])
    build([demo], BOTH, IMAGES / "label-map.png")
    if before:
        build([demo, *before], WET, IMAGES / "wet-belt.png")
