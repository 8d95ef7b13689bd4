"""Sheets of a mosaic: pages that any viewer opens, strips of the hole side by side, each with its scale of depth.

A strip goes over a round length of hole, and begins at a depth that is written beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from oreline.files import replacing
from sinks.core.pictures import ink
from sinks.core.pictures.layers import Codes, Feature
from sinks.core.pictures.marks import Mark
from sinks.core.pictures.mosaic import Grid, Mosaic, Window

STRIP_PX, SHEET_PX, STRIPS = 2000, 1900, 16
"""Most rows of a strip, width of a sheet, and most strips of one."""
SCALE, MARKS, HEAD, EDGE = 62, 70, 84, 24
"""Pixels left of a strip for its depths, and right of it for blocks and boxes; above the strips; at the edges."""
LEAST_CORE_PX = 40
"""Core of fewer samples is drawn wider."""
TICK_PX = 70
"""Least distance of two depths that are written."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Above a sheet: whose hole it is, and what its picture was made from."""

    hole: str
    made_from: str


def sheet_path(path: Path, number: int) -> Path:
    """Of NAME.png the sheet NAME_000.png, NAME_001.png and so on."""
    return path.with_name(f"{path.stem}_{number:03d}.png")


def write_sheets(mosaic: Mosaic, path: Path, heading: Heading, marks: Sequence[Mark]) -> list[Path]:
    """Write the sheets of NAME.png; those that a longer mosaic of that name had behind them go. Returns their paths."""
    bounds = strips(mosaic.grid)
    zoom = _zoom(mosaic.grid)
    each = min(STRIPS, max(1, (SHEET_PX - 2 * EDGE) // (SCALE + mosaic.grid.width * zoom + MARKS)))
    paths, gone = list[Path](), 0
    for first in range(0, len(bounds), each):
        to = sheet_path(path, len(paths))
        words = f"sheet {len(paths) + 1} of {-(-len(bounds) // each)}"
        sheet = draw_sheet(mosaic, bounds[first : first + each], heading, words, marks)
        with replacing(to) as draft:
            sheet.save(draft, "PNG")
        paths.append(to)
    while (behind := sheet_path(path, len(paths) + gone)).is_file():
        behind.unlink()
        gone += 1
    return paths


def strips(grid: Grid) -> list[tuple[int, int]]:
    """Rows [first, stop) of each strip."""
    step, length = ink.round_step(TICK_PX * grid.step_m), length_m(grid)
    begin = math.floor(grid.from_m / step + 1e-6) * step
    ends = [grid.row_at(begin + n * length) for n in range(1, math.ceil((grid.to_m - begin) / length - 1e-6))]
    return list(pairwise([0, *ends, grid.rows]))


def length_m(grid: Grid) -> float:
    """Length of hole of a strip: round, and of at most STRIP_PX rows."""
    longest = STRIP_PX * grid.step_m
    return next(step for step in (ink.round_step(longest / part) for part in (1, 2, 5)) if step <= longest * (1 + 1e-9))


def draw_sheet(
    mosaic: Mosaic, bounds: Sequence[tuple[int, int]], heading: Heading, number: str, marks: Sequence[Mark]
) -> Image.Image:
    """A sheet of some strips."""
    grid, zoom = mosaic.grid, _zoom(mosaic.grid)
    wide = SCALE + grid.width * zoom + MARKS
    tall = max(stop - first for first, stop in bounds)
    windows = [mosaic.window(first, stop) for first, stop in bounds]
    entries = ink.legend(mosaic.layer, *ink.count(mosaic.layer, windows))
    width = max(2 * EDGE + len(bounds) * wide, 900)
    below = HEAD + tall + 26
    rows = -(-len(entries) // ink.columns_of(entries, width - 2 * EDGE))
    image = Image.new(
        "RGB", (width, below + rows * ink.ENTRY + (70 if isinstance(mosaic.layer, Feature) else 30)), ink.PAPER
    )
    for place, window in enumerate(windows):
        left, top = EDGE + place * wide + SCALE, HEAD
        _draw_strip(image, mosaic, window, (left, top), marks)
    _draw_words(image, mosaic, heading, number, bounds)
    if isinstance(mosaic.layer, Feature):
        below = ink.draw_bar(image, mosaic.layer, (EDGE, below)) + 10
    end = ink.draw_legend(image, entries, (EDGE, below), width - 2 * EDGE)
    if isinstance(mosaic.layer, Codes):
        ImageDraw.Draw(image).text((EDGE, end), "Shares are of the rock on this sheet.", ink.SOFT, ink.font(12))
    return image


def _draw_words(
    image: Image.Image, mosaic: Mosaic, heading: Heading, number: str, bounds: Sequence[tuple[int, int]]
) -> None:
    grid, draw = mosaic.grid, ImageDraw.Draw(image)
    from_m, to_m = (grid.from_m + row * grid.step_m for row in (bounds[0][0], bounds[-1][1]))
    title = f"{heading.hole}: {mosaic.layer.title}, {from_m:.2f} to {to_m:.2f} m, {number}"
    across = "one sample" if grid.width == 1 else f"core, {grid.across_mm / _zoom(grid):g} mm a pixel"
    scale = f"down: {grid.step_m * 1e3:g} mm of hole a pixel; across: {across}"
    draw.text((EDGE, 12), title, ink.INK, ink.font(20))
    draw.text((EDGE, 42), scale, ink.SOFT, ink.font(13))
    draw.text((EDGE, 60), heading.made_from, ink.SOFT, ink.font(13))


def _draw_strip(
    image: Image.Image, mosaic: Mosaic, window: Window, place: tuple[int, int], marks: Sequence[Mark]
) -> None:
    """A strip with its depths, and what is marked beside it."""
    grid, (left, top), draw = mosaic.grid, place, ImageDraw.Draw(image)
    shown = np.repeat(ink.painted(window, mosaic.layer), _zoom(grid), axis=1)
    image.paste(Image.fromarray(shown), place)
    right, rows = left + shown.shape[1], len(shown)
    draw.rectangle((left - 1, top - 1, right, top + rows), outline=ink.SOFT)
    step = ink.round_step(TICK_PX * grid.step_m)
    from_m, to_m = (grid.from_m + row * grid.step_m for row in (window.first, window.first + rows))
    for depth in ink.multiples(step / 5, from_m, to_m):
        y = top + (depth - from_m) / grid.step_m
        is_labelled = abs(depth / step - round(depth / step)) < 1e-6
        draw.line((left - (9 if is_labelled else 5), y, left - 2, y), ink.INK)
        if is_labelled:
            draw.text((left - 12, y), ink.depth_text(depth, step), ink.INK, ink.font(12), "rm")
    _draw_marks(draw, [one for one in marks if from_m <= one.depth_m < to_m], (right, top), from_m, grid.step_m)


def _draw_marks(
    draw: ImageDraw.ImageDraw, marks: Sequence[Mark], place: tuple[int, int], from_m: float, step_m: float
) -> None:
    """Blocks, and where boxes begin, to the right of a strip; words that would lie over others go below them."""
    right, top = place
    free = -np.inf
    for one in sorted(marks, key=lambda mark: (mark.depth_m, not mark.strong)):
        y = top + (one.depth_m - from_m) / step_m
        draw.line((right + 1, y, right + 9, y), ink.INK, 3 if one.strong else 1)
        at = max(y, free)
        draw.text((right + 12, at), one.words, ink.INK if one.strong else ink.SOFT, ink.font(12), "lm")
        free = at + 14


def _zoom(grid: Grid) -> int:
    return -(-LEAST_CORE_PX // grid.width)
