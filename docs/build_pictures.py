"""Makes docs/img/label-map.png: `python docs/build_pictures.py out/demo`, after a demo that wrote into out/demo."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hwsim.render.preview import false_colours
from oreline.messages import ClassInfo
from oreline.recordings.envi_writer import SPECIAL_CLASSES
from oreline.recordings.finding import find_recording
from sinks.log.reading import newest_run, reading, segments

PICTURE = Path(__file__).parent / "img" / "label-map.png"
LINES = 900
"""Two seconds of the demo's belt."""
SPAN, ROW, COLUMNS = 4, 26, 6
"""Between the two pictures, and of the legend."""
COLOURS = 96
LEAST_SHARE = 0.002
"""Of the samples shown: below it a class has no entry in the legend."""


def build(demo: Path, path: Path = PICTURE) -> None:
    """Write the first `LINES` of a demo, the belt moving to the left: what the camera saw above what was said of it."""
    labels, classes = _labels(demo)
    seen = false_colours(find_recording(demo / "scene"), LINES)[:, : labels.shape[1]]
    shown = [np.rot90(image) for image in (seen, _palette(classes)[labels])]
    names = _named(labels, classes)
    width, height = shown[0].shape[1], shown[0].shape[0]
    legend = 2 * height + SPAN + 6
    image = Image.new("RGB", (width, legend + ROW * -(-len(names) // COLUMNS)), "white")
    image.paste(Image.fromarray(np.ascontiguousarray(shown[0])), (0, 0))
    image.paste(Image.fromarray(np.ascontiguousarray(shown[1])), (0, height + SPAN))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(14)
    for number, (name, colour) in enumerate(names):
        x, y = 6 + number % COLUMNS * (width // COLUMNS), legend + number // COLUMNS * ROW
        draw.rectangle((x, y, x + 16, y + 16), fill=colour, outline="black")
        draw.text((x + 22, y), name, fill="black", font=font)
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _labels(demo: Path) -> tuple[NDArray[np.uint8], tuple[ClassInfo, ...]]:
    """The first labels of the log's map, uint8 (lines, samples), and what they stand for."""
    artefacts = json.loads((demo / "log.json").read_text(encoding="utf-8"))["artefacts"]
    with reading(Path(artefacts["journal"])) as db:
        run = newest_run(db)
        assert run is not None
        segment = segments(db, run)[-1]
    with Image.open(artefacts["label_map"]) as picture:
        return np.asarray(picture)[:LINES, : segment.samples], segment.classes


def _entries(classes: tuple[ClassInfo, ...]) -> dict[int, ClassInfo]:
    return dict(enumerate(classes)) | SPECIAL_CLASSES


def _palette(classes: tuple[ClassInfo, ...]) -> NDArray[np.uint8]:
    palette = np.zeros((256, 3), np.uint8)
    for label, info in _entries(classes).items():
        palette[label] = info.colour
    return palette


def _named(labels: NDArray[np.uint8], classes: tuple[ClassInfo, ...]) -> list[tuple[str, tuple[int, int, int]]]:
    """Names and colours for the legend, the commonest first."""
    shares = np.bincount(labels.ravel(), minlength=256) / labels.size
    shown = [label for label in _entries(classes) if shares[label] >= LEAST_SHARE]
    entries = [_entries(classes)[label] for label in sorted(shown, key=lambda label: -shares[label])]
    return [(info.name, info.colour) for info in entries]


if __name__ == "__main__":
    build(Path(sys.argv[1]))
