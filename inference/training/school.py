"""Several networks of one trainee, in turn or side by side, and what evaluation asks them."""

from __future__ import annotations

from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from typing import Self

import numpy as np
from torch import nn

from inference.evaluation.answers import Ask, Heads, Reflectance
from inference.evaluation.baselines import Pixels
from inference.training.fit import asked
from inference.training.trainee import Rows, Trainee
from oreline.palette import group_of
from oreline.process import tune_allocator


class School:
    """Trains in `jobs` processes, each on one thread; with one, here. The same weights, however many."""

    def __init__(self, trainee: Trainee, jobs: int) -> None:
        self._trainee, targets = trainee, trainee.targets
        self.heads = Heads(targets.classes, targets.strangers, targets.names, targets.groups)
        self._pool = ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (trainee,)) if jobs > 1 else None
        self._ahead: dict[tuple[bytes, int], Future[nn.Module]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def announce(self, rows: Rows, seed: int) -> None:
        """Say what will be asked for, so that it is begun."""
        if self._pool:
            self._ahead[rows.tobytes(), seed] = self._pool.submit(_teach, rows, seed)

    def taught(self, rows: Rows, seed: int) -> nn.Module:
        """See `Trainee.taught`."""
        begun = self._ahead.pop((rows.tobytes(), seed), None)
        return begun.result() if begun else self._trainee.taught(rows, seed)

    def network(self, rows: Rows, seed: int) -> Ask:
        """What a network that has learned `rows` answers to reflectance."""
        network, spectra = self.taught(rows, seed), self._trainee.spectra
        return lambda reflectance: asked(network, spectra.prepared(reflectance))

    def rock(self, rows: Rows, seed: int) -> Reflectance | None:
        """One pixel of rock of each of `rows`, (bands, n), from these rows and what is no class alone."""
        if not self._trainee.recipe.rock:
            return None
        sampler = self._trainee.sampler(np.unique(rows), seed)
        return sampler.of(rows, np.ones(len(rows), np.bool_)).reflectance

    def pixels(self, rows: Rows, seed: int, n: int) -> Pixels:
        """What it has learned from, n draws."""
        spectra, targets = self._trainee.spectra, self._trainee.targets
        drawn = self._trainee.sampler(rows, seed).draw(n)
        species = np.array([*spectra.classes, *("" for _ in targets.strangers)])[targets.first[drawn.major]]
        names = targets.names or (*spectra.classes, *targets.strangers)
        groups = targets.groups or [group_of(name) or name for name in names]
        told = targets.second if targets.names else targets.first
        return Pixels(
            spectra.prepared(drawn.reflectance), species, np.array(names)[told[drawn.major]],
            dict(zip(names, groups, strict=True)), spectra.prepared,
        )  # fmt: skip


_pupil: list[Trainee] = []


def _begin(trainee: Trainee) -> None:
    tune_allocator()
    _pupil.append(trainee)


def _teach(rows: Rows, seed: int) -> nn.Module:
    return _pupil[0].taught(rows, seed)
