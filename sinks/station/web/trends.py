"""Trends that the page shows: grades and shares of the last half hour, and of the last twelve hours."""

from __future__ import annotations

import math
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from sinks.station.status import Status

Span = Literal["minutes", "shift"]
EVERY_S: dict[Span, float] = {"minutes": 5.0, "shift": 60.0}
MOST: dict[Span, int] = {"minutes": 360, "shift": 720}
SHOWN = 8
"""Classes, the commonest; the rest is what is lacking to 1."""


@dataclass(frozen=True, slots=True)
class _Point:
    at_s: float
    feed: float
    product: float
    shares: dict[str, float]


@dataclass(slots=True)
class _Grade:
    """Share of ore in what stones were seen for a while: samples that are ore, of all."""

    ore: float = 0.0
    pixels: float = 0.0

    def add(self, ore: float, pixels: float) -> None:
        self.ore += ore
        self.pixels += pixels

    @property
    def share(self) -> float:
        return self.ore / self.pixels if self.pixels else math.nan


@dataclass(slots=True)
class _Series:
    span: Span
    points: deque[_Point]
    due_s: float = 0.0
    feed: _Grade = field(default_factory=_Grade)
    product: _Grade = field(default_factory=_Grade)


class Trends:
    """Trends of one line, as columns for a plot."""

    def __init__(self) -> None:
        self._series = {span: _Series(span, deque(maxlen=most)) for span, most in MOST.items()}
        self._offset_s = 0

    def stone(self, ore: float, pixels: int, ejected: bool) -> None:
        """A stone: the samples of it that are ore, of `pixels`."""
        for series in self._series.values():
            series.feed.add(ore, pixels)
            if ejected:
                series.product.add(ore, pixels)

    def see(self, status: Status) -> None:
        """How the line stands; it is taken down when that is due and rock is seen."""
        now_s, self._offset_s = time.monotonic(), status.at.offset_s
        if not status.shares:
            return
        for span, series in self._series.items():
            if now_s < series.due_s:
                continue
            series.due_s = now_s + EVERY_S[span]
            grades = (series.feed.share, series.product.share)
            series.points.append(_Point(status.at.wall_ns * 1e-9, *grades, dict(status.shares)))
            series.feed, series.product = _Grade(), _Grade()

    def columns(self, span: Span) -> dict[str, Any]:
        """Times in s, what the station's clock is ahead of UTC now, grades, and shares by name, the commonest first.
        NaN where no stone was seen."""
        points = self._series[span].points
        totals: dict[str, float] = {}
        for point in points:
            for name, share in point.shares.items():
                totals[name] = totals.get(name, 0.0) + share
        names = sorted(totals, key=lambda name: -totals[name])[:SHOWN]
        return {
            "offset_s": self._offset_s,
            "t": [round(point.at_s, 1) for point in points],
            "feed": _rounded(point.feed for point in points),
            "product": _rounded(point.product for point in points),
            "shares": {name: _rounded(point.shares.get(name, 0.0) for point in points) for name in names},
        }


def _rounded(values: Any) -> list[float]:
    return [float(value) for value in np.round(list(values), 4)]
