"""Pictures of labels: how classes are painted, and the legend that says which is which.

A class has the colour of its mineral, and where the eye, or the eye of one in twelve men, could take two colours for
each other, a pattern too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from oreline.messages import ClassInfo
from oreline.palette import Colour, pattern_of
from oreline.recordings.envi_writer import SPECIAL_CLASSES

INK: Colour = (30, 30, 34)
ROW, BOX, FONT = 24, 14, 13
"""Pixels: from entry to entry, the side of a box, and the size of the letters."""
TILE = 6
_ROW, _COLUMN = np.indices((TILE, TILE))
PATTERNS = np.stack(
    [
        np.zeros((TILE, TILE), bool),
        (_ROW + _COLUMN) % TILE == 0,
        (_ROW - _COLUMN) % TILE == 0,
        (_ROW % 3 == 1) & (_COLUMN % 3 == 1),
    ]
)
"""None, two ways of hatching, dots: bool (patterns, TILE, TILE)."""

Pixels = NDArray[np.uint8]
Entry = tuple[int, str]
"""A label and what the legend says of it."""


class Paint:
    """How labels of some classes, and those that are no class, are painted."""

    def __init__(self, classes: Iterable[ClassInfo], plain: Collection[str] = ()) -> None:
        """`plain`: names of classes that have no pattern, whatever they are."""
        self.known = dict(enumerate(classes)) | SPECIAL_CLASSES
        self._colours, self._inks = np.zeros((256, 3), np.uint8), np.zeros((256, 3), np.uint8)
        self._patterns = np.zeros(256, np.uint8)
        for label, info in self.known.items():
            self._colours[label] = info.colour
            self._inks[label] = _ink(info.colour)
            self._patterns[label] = (
                0 if label in SPECIAL_CLASSES or info.name in plain else pattern_of(info.name, label)
            )

    def ink(self, label: int) -> Colour:
        """Colour of a label's pattern."""
        red, green, blue = (int(part) for part in self._inks[label])
        return red, green, blue

    def pattern(self, label: int) -> int:
        """Number of a label's pattern in `PATTERNS`."""
        return int(self._patterns[label])

    def __call__(self, labels: Pixels) -> Pixels:
        """Colours uint8 (rows, columns, 3) of labels uint8 (rows, columns)."""
        shown = self._colours[labels]
        row, column = np.indices(labels.shape, np.uint16) % TILE
        marked = PATTERNS[self._patterns[labels], row, column]
        shown[marked] = self._inks[labels[marked]]
        return np.asarray(shown)


def height_of(entries: Sequence[Entry], width: int) -> int:
    """Pixels that a legend of `width` pixels is high."""
    return ROW * -(-len(entries) // _columns(entries, width))


def draw_legend(image: Image.Image, entries: Sequence[Entry], paint: Paint, left: int, top: int, width: int) -> int:
    """Draw entries row by row. Returns where they end, in pixels from the top."""
    draw, columns = ImageDraw.Draw(image), _columns(entries, width)
    for number, (label, name) in enumerate(entries):
        x, y = left + number % columns * (width // columns), top + number // columns * ROW
        image.paste(Image.fromarray(paint(np.full((BOX, BOX), label, np.uint8))), (x + 1, y + 1))
        draw.rectangle((x, y, x + BOX, y + BOX), outline=INK)
        draw.text((x + BOX + 6, y), name, INK, ImageFont.load_default(FONT))
    return top + height_of(entries, width)


def _columns(entries: Sequence[Entry], width: int) -> int:
    font = ImageFont.load_default(FONT)
    widest = max((font.getlength(name) for _, name in entries), default=1.0)
    return max(1, int(width // (widest + BOX + ROW)))


def _ink(colour: Colour) -> Colour:
    """Of a pattern: darker than a light colour, lighter than a dark one."""
    red, green, blue = colour
    other = 0 if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 110 else 255
    return (red + other) // 2, (green + other) // 2, (blue + other) // 2
