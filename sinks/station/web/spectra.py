"""Spectra of stones: the mean reflectance of each, taken from inference's ring as the stone is decided."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oreline.messages import ReflectanceLine, StoneRecord
from sinks.station.passing import PassingReflectance

MOST_STONES = 1024
MOST_LINES = 24
"""Lines of a stone that are looked at; of a longer one as many, evenly over it."""


@dataclass(frozen=True, slots=True, eq=False)
class StoneSpectrum:
    """Mean reflectance of a stone, float32 (bands,); NaN in a band where it is known of no sample. `lines`: how many
    of the stone's it was taken from, and `samples`, of how many."""

    mean: NDArray[np.float32]
    lines: int
    samples: int


class StoneSpectra:
    """Spectra of the last stones of a run, by their numbers."""

    def __init__(self, passing: PassingReflectance) -> None:
        self._passing, self._run = passing, b""
        self._by_number: OrderedDict[int, StoneSpectrum] = OrderedDict()

    def find(self, number: int) -> StoneSpectrum | None:
        """That of a stone; None where its lines were gone when it was decided, or nobody looked on."""
        return self._by_number.get(number)

    def take(self, stone: StoneRecord) -> None:
        """A stone was decided."""
        if stone.stamp.run != self._run:
            self._run = stone.stamp.run
            self._by_number.clear()
        spectrum = _measured(stone, self._passing)
        if spectrum is None:
            return
        self._by_number[stone.stamp.seq] = spectrum
        if len(self._by_number) > MOST_STONES:
            self._by_number.popitem(last=False)


def _measured(stone: StoneRecord, passing: PassingReflectance) -> StoneSpectrum | None:
    runs = _runs_of(stone)
    seen = passing.of(stone.stamp.run, runs, lambda line: _sums(line, runs[line.stamp.seq]))
    if not seen:
        return None
    sums, known = (np.sum(one, axis=0) for one in zip(*seen, strict=True))
    with np.errstate(invalid="ignore"):
        return StoneSpectrum((sums / known).astype(np.float32), len(seen), int(known.max()))


def _runs_of(stone: StoneRecord) -> dict[int, list[slice]]:
    """Its samples in the lines that are looked at, by their numbers."""
    runs: defaultdict[int, list[slice]] = defaultdict(list)
    for line, start, stop in stone.outline.tolist():
        runs[stone.first_line + line].append(slice(start, stop))
    step = -(-len(runs) // MOST_LINES) or 1
    return dict(list(runs.items())[::step])


def _sums(line: ReflectanceLine, runs: list[slice]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Of a line's samples in some runs: their sum in each band, and how many are known there."""
    values = np.concatenate([line.reflectance[:, run] for run in runs], axis=1)
    known = np.isfinite(values)
    return values.sum(axis=1, where=known, dtype=np.float64), known.sum(axis=1)
