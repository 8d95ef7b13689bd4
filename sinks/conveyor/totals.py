"""Totals of what the conveyor has seen and decided, for its report and for the metrics."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from oreline.answers import place
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo, Decision, LabelLine, LayerInfo
from oreline.metrics import PIXELS, STONES, UNKNOWN_PIXELS
from sinks.conveyor.stones import ToldStone

_SPECIAL = {"unknown": UNKNOWN, "background": BACKGROUND, "invalid": INVALID}


class Totals:
    """Totals of stones of at least their recipe's size, and of samples by label.

    `stones`: each stone, or, of those that touch, each piece; `ejected` of them are told to be, `doubtful` are not
    since their position is, and `held` are not since the sorter was. `cut`: those whose end was not seen. `stale`:
    lines that came too late, or that nobody knows the place of.
    """

    def __init__(self) -> None:
        self._classes: tuple[ClassInfo, ...] = ()
        self._names: dict[int, str] = {}
        self._pixels, self._reasons = np.zeros(256, np.int64), np.zeros(256, np.int64)
        self._why = dict[int, str]()
        self._at: int | None = None
        self._products: Counter[str] = Counter()
        self.stones = self.ejected = self.doubtful = self.held = self.cut = self.stale = 0

    def begin(self, classes: tuple[ClassInfo, ...], layers: tuple[LayerInfo, ...] = ()) -> None:
        """A stream with these classes and layers."""
        self._at = place(layers, "reason")
        self._why = {i: why.name for layer in layers if layer.name == "reason" for i, why in enumerate(layer.legend)}
        self._classes = classes
        self._names = dict(enumerate(info.name for info in classes)) | {n: name for name, n in _SPECIAL.items()}

    def line(self, line: LabelLine) -> None:
        pixels = np.bincount(line.labels, minlength=256)
        self._pixels += pixels
        for label in np.flatnonzero(pixels):
            PIXELS.labels(self._names.get(int(label), "other")).inc(int(pixels[label]))
        if self._at is not None and line.layers is not None:
            reasons = np.bincount(line.layers[self._at], minlength=256)
            self._reasons += reasons
            for code, why in self._why.items():
                UNKNOWN_PIXELS.labels(why).inc(int(reasons[code]))

    def stone(self, told: ToldStone) -> None:
        """A stone that has passed."""
        stone = told.record
        self.stones += 1
        self.ejected += stone.decision is Decision.EJECTED
        self.doubtful += stone.decision is Decision.DOUBTFUL
        self.held += stone.decision is Decision.HELD
        self.cut += stone.cut
        if told.product:
            self._products[told.product] += 1
        STONES.labels("seen").inc()
        STONES.labels(stone.decision.name.lower()).inc()

    def report(self) -> dict[str, Any]:
        pixels = {info.name: int(self._pixels[i]) for i, info in enumerate(self._classes)}
        names = "stones", "ejected", "doubtful", "held", "cut", "stale"
        return {name: getattr(self, name) for name in names} | {
            "classes": pixels | {name: int(self._pixels[label]) for name, label in _SPECIAL.items()},
            "products": dict(self._products),
            "unknown": {why: int(self._reasons[code]) for code, why in self._why.items()},
        }
