"""Picture of a box as it was scanned: its rows outlined, which way each is read and from which depth to which, blocks,
broken stretches, what is missing, and what should be known of it. Lines go from left to right, samples downwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from oreline.palette import Colour
from sinks.core.depth import BoxDepth, Kind, Missing, RowDepth
from sinks.core.pictures import ink
from sinks.core.pictures.layers import Feature, Layer
from sinks.core.pictures.mosaic import State, Window
from sinks.core.scan import Scan
from sinks.core.session import Box
from sinks.core.table import words_of

LEAST_PX, MOST_PX, LEAST_ROW_PX = 1000, 1500, 26
"""Of a picture's width, less its margins; of a row's height."""
SIDE, HEAD, NOTE = 96, 66, 19
"""Pixels beside the box for depths, above it, and of a line of notes."""
LINE, LOSS, BROKEN, BLOCK = (255, 255, 255), (255, 70, 60), (255, 170, 50), (120, 215, 255)
KEY = (
    "White: rows, read as the arrows point, m down the hole. Blue: blocks. Orange: broken. Red: core is missing there."
)
NEAR_M = 0.003
"""How near a line's depth lies to where core begins to be missing."""

Lines = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Where lines and samples of a scan are in its picture: `lines` int64 (columns,), `samples` int64 (rows,)."""

    lines: Lines
    samples: Lines

    @classmethod
    def of(cls, scan: Scan, rows: int) -> View:
        """As wide as fits a screen, and as high as it is long by its own scale, unless rows would be too thin."""
        length = float(scan.along_mm[-1]) or 1.0
        columns = round(min(max(length / scan.pixel_mm, LEAST_PX), MOST_PX))
        samples = scan.codes.shape[1]
        height = max(round(samples * scan.pixel_mm * columns / length), LEAST_ROW_PX * rows)
        at = np.linspace(0.0, length, columns)
        lines = np.abs(np.searchsorted(scan.along_mm, at).clip(0, len(scan.along_mm) - 1))
        before = np.maximum(lines - 1, 0)
        nearer = np.abs(scan.along_mm[before] - at) < np.abs(scan.along_mm[lines] - at)
        return cls(np.where(nearer, before, lines), np.arange(height) * samples // height)

    def x(self, line: float) -> float:
        """Column of a line."""
        return SIDE + float(np.searchsorted(self.lines, line))

    def y(self, sample: float) -> float:
        """Row of a sample's upper edge."""
        return HEAD + float(np.searchsorted(self.samples, sample))


def draw_box(
    scan: Scan, depth: BoxDepth, box: Box, layer: Layer, missing: Sequence[Missing], notes: Sequence[str]
) -> Image.Image:
    """The picture of a box. `notes`: what should be known of it."""
    view = View.of(scan, len(depth.rows))
    window = _seen(scan, view, layer)
    foot = _Foot(layer, ink.legend(layer, *ink.count(layer, [window])), [*notes, KEY], len(view.lines))
    below = HEAD + len(view.samples) + 16
    image = Image.new("RGB", (2 * SIDE + foot.width, below + foot.height), ink.PAPER)
    image.paste(Image.fromarray(ink.painted(window, layer)), (SIDE, HEAD))
    draw = ImageDraw.Draw(image)
    title = f"box {box.number}: {box.from_m:.2f} to {box.to_m:.2f} m, {layer.title}"
    draw.text((SIDE, 10), title, ink.INK, ink.font(20))
    draw.text((SIDE, 38), _about(scan), ink.SOFT, ink.font(13))
    for row in depth.rows:
        _draw_row(draw, view, row, [one.depth_m for one in box.blocks if one.row == row.find.row])
        _draw_losses(draw, view, row, missing)
    foot.draw(image, below)
    return image


@dataclass(frozen=True, slots=True, eq=False)
class _Foot:
    """What stands below a box: the scale of a feature, the legend, words. `width`: in pixels."""

    layer: Layer
    entries: Sequence[ink.Entry]
    words: Sequence[str]
    width: int

    @property
    def height(self) -> int:
        rows = -(-len(self.entries) // ink.columns_of(self.entries, self.width))
        return rows * ink.ENTRY + NOTE * len(self.words) + (52 if isinstance(self.layer, Feature) else 12)

    def draw(self, image: Image.Image, top: int) -> None:
        if isinstance(self.layer, Feature):
            top = ink.draw_bar(image, self.layer, (SIDE, top))
        end = ink.draw_legend(image, self.entries, (SIDE, top), self.width) + 4
        for number, words in enumerate(self.words):
            colour = ink.SOFT if words == KEY else ink.INK
            ImageDraw.Draw(image).text((SIDE, end + number * NOTE), words, colour, ink.font(13))


def _seen(scan: Scan, view: View, layer: Layer) -> Window:
    """The box as a window of pixels, (samples, lines)."""
    values = layer.values(scan)[np.ix_(view.lines, view.samples)].swapaxes(0, 1)
    unseen = np.where(scan.missing[view.lines], State.NOT_SCANNED, State.CORE).astype(np.uint8)
    return Window(0, values, np.repeat(unseen[None], len(view.samples), axis=0))


def _about(scan: Scan) -> str:
    model = words_of(scan.provenance.get("model", "not known"))
    lines = f"run {scan.run[:12]}, lines {scan.seqs[0]:,} to {scan.seqs[-1]:,}" if len(scan.seqs) else "no lines"
    return f"{lines}, model {model}; a sample is {scan.pixel_mm:g} mm"


def _draw_row(draw: ImageDraw.ImageDraw, view: View, row: RowDepth, blocks_m: Sequence[float]) -> None:
    """A row's outline, its depths at both ends, its blocks and broken stretches."""
    find = row.find
    some = np.linspace(0, len(view.lines) - 1, 9).astype(int)
    top = [(SIDE + column, view.y(find.first[view.lines[column]])) for column in some]
    bottom = [(SIDE + column, view.y(find.stop[view.lines[column]]) - 1) for column in some]
    draw.line([*top, *bottom[::-1], top[0]], LINE, 1)
    there = np.flatnonzero(np.isfinite(row.depth_m))
    middle = (top[0][1] + bottom[0][1]) / 2, (top[-1][1] + bottom[-1][1]) / 2
    if there.size:
        left, right = SIDE, SIDE + len(view.lines)
        for x, y, turned in ((left - 10, middle[0], find.backwards), (right + 10, middle[1], find.backwards)):
            _draw_arrow(draw, x, y, -1 if turned else 1)
        draw.text((left - 20, middle[0]), f"{row.depth_m[there[0]]:.3f}", ink.INK, ink.font(13), "rm")
        draw.text((right + 20, middle[1]), f"{row.depth_m[there[-1]]:.3f}", ink.INK, ink.font(13), "lm")
    _draw_stretches(draw, view, row, Kind.BROKEN, BROKEN, ())
    _draw_stretches(draw, view, row, Kind.BLOCK, BLOCK, [f"{depth:g}" for depth in blocks_m])


def _draw_arrow(draw: ImageDraw.ImageDraw, x: float, y: float, way: int) -> None:
    """An arrow about a place that points to the right, `way` 1, or to the left, -1."""
    draw.polygon(((x + 5 * way, y), (x - 4 * way, y - 5), (x - 4 * way, y + 5)), ink.INK)


def _draw_stretches(
    draw: ImageDraw.ImageDraw, view: View, row: RowDepth, kind: Kind, colour: Colour, words: Sequence[str]
) -> None:
    """Frames around what is of a kind, with words in the order in which the row is read, where there are as many."""
    find = row.find
    found = stretches(find.kind == kind)
    told = list(words) if len(words) == len(found) else [""] * len(found)
    for (first, stop), said in zip(found, told[::-1] if find.backwards else told, strict=True):
        frame = view.x(first), view.y(find.first[first]) + 2, view.x(stop) - 1, view.y(find.stop[first]) - 4
        if frame[2] > frame[0] and frame[3] > frame[1]:
            draw.rectangle(frame, outline=colour, width=2)
        if said:
            at = (frame[0] + frame[2]) / 2, (frame[1] + frame[3]) / 2
            draw.text(at, said, LINE, ink.font(13), "mm", stroke_width=2, stroke_fill=ink.INK)


def _draw_losses(draw: ImageDraw.ImageDraw, view: View, row: RowDepth, missing: Sequence[Missing]) -> None:
    """A stroke across the row where core begins to be missing, and how much of it."""
    end = row.depth_m + row.length_m / 2
    for loss in missing:
        near = np.abs(end - loss.from_m)
        if not np.isfinite(near).any() or np.nanmin(near) > NEAR_M:
            continue
        line = int(np.nanargmin(near))
        x = min(max(view.x(line), SIDE + 2), SIDE + len(view.lines) - 3)
        top, bottom = view.y(row.find.first[line]), view.y(row.find.stop[line]) - 1
        draw.line((x, top, x, bottom), LOSS, 3)
        side = "rm" if x > SIDE + len(view.lines) / 2 else "lm"
        place = x - 6 if side == "rm" else x + 6, bottom - 10
        draw.text(
            place,
            f"lost {loss.to_m - loss.from_m:.2f} m",
            LOSS,
            ink.font(13),
            side,
            stroke_width=2,
            stroke_fill=ink.PAPER,
        )


def stretches(of: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches [first, stop) in which it holds."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], of, [False]))))
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]
