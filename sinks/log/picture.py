"""A run as pictures: one pixel a sample, one row a line, at most 8192 rows each, with a legend at the side.

Lines that are not there are rows hatched in red; a gap of more than a picture is cut to one. Reference lines have no
rows. The pixels of the map are the labels themselves, as indices of the palette.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from oreline.messages import BACKGROUND, ClassInfo, Reason
from oreline.recordings.envi_writer import SPECIAL_CLASSES
from sinks.log.reading import Segment, gaps, lines, segments

ROWS = 8192
_PAPER, _INK, _RED = 250, 251, 252
_OURS = {_PAPER: (255, 255, 255), _INK: (0, 0, 0), _RED: (230, 20, 20)}
_LEGEND_WIDTH, _ENTRY = 200, 16


def export(db: sqlite3.Connection, run: bytes, stem: Path) -> list[Path]:
    """Write `STEM_000.png`, `STEM_001.png`, ... in place of what is there. Returns their paths."""
    paths: list[Path] = []
    for segment in segments(db, run):
        for pixels in _pictures(db, run, segment):
            path = stem.with_name(f"{stem.name}_{len(paths):03d}.png")
            draft = path.with_name(path.name + ".new")
            _draw(pixels, segment.classes).save(draft, "PNG", optimize=False)
            draft.replace(path)
            paths.append(path)
    return paths


def _pictures(db: sqlite3.Connection, run: bytes, segment: Segment) -> Iterator[NDArray[np.uint8]]:
    """Label maps uint8 (rows, samples), _RED where a line is missing; a view that the next one overwrites."""
    page = np.empty((ROWS, segment.samples), np.uint8)
    filled = 0
    for row in _rows(db, run, segment):
        page[filled] = row
        filled += 1
        if filled == ROWS:
            yield page
            filled = 0
    if filled:
        yield page[:filled]


def _rows(db: sqlite3.Connection, run: bytes, segment: Segment) -> Iterator[NDArray[np.uint8]]:
    """Lines and gaps of a segment in order, each uint8 (samples,)."""
    there = ((row[0], np.frombuffer(row[9], np.uint8)) for rows in lines(db, run, segment) for row in rows)
    missing = _missing(db, run, segment)
    for _, row in heapq.merge(there, missing, key=lambda item: item[0]):
        yield row


def _missing(db: sqlite3.Connection, run: bytes, segment: Segment) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    across = np.arange(segment.samples)
    for gap in gaps(db, run):
        if gap.reason is Reason.REFERENCE or not segment.start <= gap.first < segment.stop:
            continue
        for seq in range(gap.first, gap.first + min(gap.n, ROWS)):
            yield seq, np.where((across + seq) % 12 < 6, _RED, BACKGROUND).astype(np.uint8)


def _draw(pixels: NDArray[np.uint8], classes: tuple[ClassInfo, ...]) -> Image.Image:
    entries = _legend(pixels, classes)
    rows, samples = pixels.shape
    image = Image.new("P", (samples + _LEGEND_WIDTH, max(rows, (len(entries) + 1) * _ENTRY)), _PAPER)
    image.putpalette(_palette(classes))
    image.paste(Image.frombuffer("P", (samples, rows), pixels.tobytes(), "raw", "P", 0, 1), (0, 0))
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"
    font = ImageFont.load_default()
    for i, (label, text) in enumerate(entries):
        x, y = samples + 10, 8 + i * _ENTRY
        draw.rectangle((x, y, x + 12, y + 11), fill=label, outline=_INK)
        draw.text((x + 20, y), text, fill=_INK, font=font)
    return image


def _legend(pixels: NDArray[np.uint8], classes: tuple[ClassInfo, ...]) -> list[tuple[int, str]]:
    """What the picture shows, with its share of the samples."""
    shares = np.bincount(pixels.ravel(), minlength=256) / pixels.size
    names = {i: info.name for i, info in enumerate(classes)} | {i: info.name for i, info in SPECIAL_CLASSES.items()}
    return [(i, f"{name} {shares[i]:.1%}") for i, name in names.items() if shares[i] > 0] + (
        [(_RED, "missing")] if shares[_RED] > 0 else []
    )


def _palette(classes: tuple[ClassInfo, ...]) -> list[int]:
    colours = dict.fromkeys(range(256), (0, 0, 0))
    colours |= {i: info.colour for i, info in enumerate(classes)} | _OURS
    colours |= {label: info.colour for label, info in SPECIAL_CLASSES.items()}
    return [part for colour in colours.values() for part in colour]
