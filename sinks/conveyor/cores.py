"""Cores: the probabilities of each sample added up over the stones of lines that come in order, and over their cores.

A sample of a stone is of its core where those beside it, before it and behind it are of a stone, too, which then is the
same one. At its outline a sample sees part of the belt, or its neighbour's shadow. Whether a line's samples are of a
core is known when the next line has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from oreline.answers import place
from oreline.errors import ConfigError
from oreline.messages import LayerInfo, StreamInfo
from sinks.conveyor.segment import ORE, Run, Stone

PROBABILITY = "probability"
"""Name of the layer."""
NOT_TOLD = (
    "decide = 'mean' needs the probability of each sample: add 'probability' to inference.layers, or decide by 'votes'"
)
Planes = NDArray[np.uint16]


def probability_at(layers: Sequence[LayerInfo]) -> int:
    """The first plane of the probability among those of the layers. Raises ConfigError where it is not told."""
    first = place(layers, PROBABILITY)
    if first is None:
        raise ConfigError(NOT_TOLD)
    return first


class _Spans(NamedTuple):
    """Stretches of samples of one stone each: where they begin and end, one after the other, and the stones."""

    bounds: list[int]
    stones: list[Stone]


class Cores:
    """Sums over lines of `samples` samples. `planes`: where the layers of a line have the probabilities. `ore`: whether
    each of these is one of ore, bool (outputs,)."""

    def __init__(self, samples: int, planes: slice, ore: NDArray[np.bool_]) -> None:
        self._samples, self._planes_at, self._ore = samples, planes, ore
        self._before = self._last = np.zeros(samples + 2, np.bool_)
        self._spans, self._planes = _Spans([], []), np.zeros((1, samples), np.uint16)

    @classmethod
    def of(cls, info: StreamInfo, kinds: NDArray[np.uint8]) -> Self:
        """Sums over the lines of a stream. `kinds`: NOTHING, OTHER or ORE for each label, uint8 (256,). Raises
        ConfigError where lines do not tell the probability."""
        first = probability_at(info.layers)
        outputs = next(layer.planes for layer in info.layers if layer.name == PROBABILITY)
        ore = np.zeros(outputs, np.bool_)
        ore[: len(info.classes)] = kinds[: len(info.classes)] == ORE
        return cls(info.samples, slice(first, first + outputs), ore)

    def push(self, runs: list[Run], layers: NDArray[np.uint8]) -> None:
        """Take one line: its runs, and its layers, uint8 (planes, samples)."""
        outputs, spans = layers[self._planes_at], spans_of(runs)
        planes = np.vstack([outputs[self._ore].sum(axis=0, dtype=np.uint16), outputs[~self._ore]])
        rock = self._rock(spans.bounds)
        self._add_core(rock)
        _add(spans, planes, "sums")
        self._before, self._last, self._spans, self._planes = self._last, rock, spans, planes

    def cut(self) -> None:
        """Forget the last line, since the next does not follow it."""
        self._before = self._last = np.zeros_like(self._last)
        self._spans = _Spans([], [])

    def _rock(self, bounds: list[int]) -> NDArray[np.bool_]:
        """Whether there is rock at each sample, with one that is none at either end."""
        edges = np.zeros(self._samples + 2, np.int8)
        edges[1:][bounds[::2]] += 1
        edges[1:][bounds[1::2]] -= 1
        return edges.cumsum() > 0

    def _add_core(self, now: NDArray[np.bool_]) -> None:
        core = self._last[1:-1] & self._last[:-2] & self._last[2:] & self._before[1:-1] & now[1:-1]
        _add(self._spans, self._planes * core, "core_sums")


def spans_of(runs: list[Run]) -> _Spans:
    """Runs that touch are of one stone."""
    bounds, stones = list[int](), list[Stone]()
    for run in runs:
        if bounds and bounds[-1] == run.start:
            bounds[-1] = run.stop
        else:
            bounds += (run.start, run.stop)
            stones.append(run.stone)
    return _Spans(bounds, stones)


def _add(spans: _Spans, planes: Planes, to: str) -> None:
    """Add the sums over each span to those of its stone."""
    if not spans.stones:
        return
    inside = [bound for bound in spans.bounds if bound < planes.shape[1]]
    sums = np.add.reduceat(planes, inside, axis=1, dtype=np.int64)[:, ::2].T
    for stone, added in zip(spans.stones, sums, strict=True):
        root = stone.root()
        before = getattr(root, to)
        setattr(root, to, added if before is None else before + added)
