"""Columns of a log that show measurements: mosaics, stacked fractions, means of features with their spread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from oreline.palette import GROUPS, Colour, rgb
from sinks.core.page import embedded
from sinks.core.page.html import fill_of
from sinks.core.page.log import Segment, axis
from sinks.core.pictures import ink
from sinks.core.pictures.choosing import LEAST_DEPTH, LEAST_NM, ends
from sinks.core.pictures.layers import DEPTH, WAVELENGTH, Feature, Pixels, ramp
from sinks.core.pictures.layers import Colour as FalseColour
from sinks.core.pictures.mosaic import Mosaic
from sinks.core.table import FEATURE, FROM, GROUP, MINERAL, TO, UNKNOWN, header_of

UNKNOWN_COLOUR: Colour = rgb(GROUPS["invalid"])
Floats = NDArray[np.float64]
END = (".n", ".sd", ".class")
LEAST = 0.0005
"""Share from which a part of a bar is drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class MosaicColumn:
    """A mosaic, a picture a segment."""

    mosaic: Mosaic
    title: str
    name: str = "mosaic"
    width: int = 96
    stretches: bool = False
    on_paper: bool = True

    def head(self) -> str:
        layer = self.mosaic.layer
        if not isinstance(layer, Feature):
            return escape(self.title)
        return f'{escape(self.title)}<img class="bar" alt="" src="{embedded.png(_bar())}">' + axis(
            (0, 1), (f"{layer.low:.4g}", f"{layer.high:.4g}"), self.width
        )

    def cell(self, segment: Segment) -> str:
        grid = self.mosaic.grid
        first, stop = grid.row_at(segment.from_m), min(grid.row_at(segment.to_m), grid.rows)
        window = self.mosaic.window(first, max(stop, first + 1))
        shown = ink.painted(window, self.mosaic.layer)
        uri = embedded.jpeg(shown) if isinstance(self.mosaic.layer, FalseColour) else embedded.png(shown)
        words = f"{self.title} from {segment.from_m:.2f} to {segment.to_m:.2f} m"
        return f'<img class="strip" alt="{escape(words)}" src="{uri}">'


def _bar() -> Pixels:
    return ramp(np.linspace(0.0, 1.0, 128)[None])


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Fractions of the rock side by side: `shares` (n, k) of k things over intervals `spans` (n, 2)."""

    title: str
    spans: Floats
    shares: Floats
    colours: Sequence[Colour]
    name: str = "stack"
    width: int = 132
    stretches: bool = True
    on_paper: bool = True

    def head(self) -> str:
        return f"{escape(self.title)}{axis((0, 0.5, 1), ('0', '50', '100 %'), self.width)}"

    def cell(self, segment: Segment) -> str:
        parts = list[str]()
        for (from_m, to_m), shares in zip(self.spans, self.shares, strict=True):
            if segment.meets(from_m, to_m) and np.isfinite(shares).any():
                parts += self._interval(segment.down(from_m, to_m), shares)
        return f'<svg aria-hidden="true">{"".join(parts)}</svg>'

    def _interval(self, down: str, shares: Floats) -> Iterator[str]:
        edges = np.concatenate([[0.0], np.cumsum(np.nan_to_num(shares))]) * 100
        for n, share in enumerate(shares):
            if share >= LEAST:
                fill = fill_of(self.colours[n])
                yield f'<rect x="{edges[n]:.2f}%" width="{100 * share:.2f}%" {down} fill="{fill}"/>'


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """Mean of a measure over intervals, and its standard deviation from pixel to pixel; NaN where there is none."""

    title: str
    unit: str
    spans: Floats
    mean: Floats
    sd: Floats
    low: float
    high: float
    name: str = "means"
    width: int = 92
    stretches: bool = True
    on_paper: bool = True

    def head(self) -> str:
        step = ink.round_step((self.high - self.low) / 2.01)
        marks = ink.multiples(step, self.low, self.high)
        unit = f", {self.unit}" if self.unit else ""
        words = [ink.depth_text(mark, step) for mark in marks]
        return f"{escape(self.title)}{unit}{axis([self._x(mark) for mark in marks], words, self.width)}"

    def cell(self, segment: Segment) -> str:
        parts = list[str]()
        for (from_m, to_m), mean, sd in zip(self.spans, self.mean, self.sd, strict=True):
            if segment.meets(from_m, to_m) and np.isfinite(mean):
                parts.append(self._interval(segment, from_m, to_m, mean, 0.0 if np.isnan(sd) else sd))
        return f'<svg aria-hidden="true">{"".join(parts)}</svg>'

    def _interval(self, segment: Segment, from_m: float, to_m: float, mean: float, sd: float) -> str:
        """Its spread as far as the scale goes; a mean beyond the scale is not drawn."""
        left, right, x = (100 * self._x(value) for value in (mean - sd, mean + sd, mean))
        left, right, down = max(left, 0.0), min(right, 100.0), segment.down(from_m, to_m)
        spread = f'<rect class="sd" x="{left:.2f}%" width="{right - left:.2f}%" {down}/>' if left < right else ""
        return spread + (f'<rect class="mean" x="{x:.2f}%" width="2" {down}/>' if 0 <= x <= 100 else "")

    def _x(self, value: float) -> float:
        """Place of a value on the scale, 0..1 within it."""
        return (value - self.low) / (self.high - self.low)


def stacks(table: pa.Table) -> list[Stack]:
    """Groups, and minerals, of an interval table, with what is unknown as the rest."""
    return [_stack(table, GROUP, "groups"), _stack(table, MINERAL, "minerals")]


def _stack(table: pa.Table, kind: str, title: str) -> Stack:
    names = [name for name in table.column_names if name.startswith(kind)]
    unknown = [name for name in table.column_names if name.startswith(UNKNOWN)]
    shares = [values(table, name) for name in names]
    rest = [np.sum([values(table, name) for name in unknown], axis=0)] if unknown else []
    told = header_of(table).get("colours", {}).get(title, {})
    colours = [tuple(told.get(name.removeprefix(kind), UNKNOWN_COLOUR)) for name in names]
    columns = np.stack([*shares, *rest], axis=1) if shares or rest else np.empty((len(table), 0))
    return Stack(title, spans(table), columns, [*colours, UNKNOWN_COLOUR])


def means(table: pa.Table) -> list[Means]:
    """Measures of features that an interval table has anywhere."""
    names = [one for one in table.column_names if one.startswith(FEATURE) and not one.endswith(END)]
    return [column for name in names if (column := _means(table, name)) is not None]


def _means(table: pa.Table, name: str) -> Means | None:
    """Of a centre in nm, the scale is that of where the absorption is deep: elsewhere it wanders with the noise."""
    mean, sd, own = values(table, name), values(table, f"{name}.sd"), name.removeprefix(FEATURE)
    known = np.isfinite(mean)
    if not known.any():
        return None
    is_centre = own.endswith(WAVELENGTH)
    depth = values(table, name[:-1] + DEPTH) if is_centre else np.ones(len(mean))
    low, high = ends(mean[known], depth[known] ** 2, (1.0, 99.0), LEAST_NM if is_centre else LEAST_DEPTH)
    room = 0.1 * (high - low)
    unit, width = ("nm", 92) if is_centre else ("", 76)
    on_paper = not own.endswith(DEPTH)
    return Means(own, unit, spans(table), mean, sd, low - room, high + room, width=width, on_paper=on_paper)


def spans(table: pa.Table) -> Floats:
    """From and to of a table's intervals, float64 (n, 2)."""
    return np.stack([values(table, FROM), values(table, TO)], axis=1)


def values(table: pa.Table, name: str) -> Floats:
    """A column as float64 (n,), NaN where it is null."""
    return np.array([np.nan if one is None else one for one in table[name].to_pylist()], np.float64)
