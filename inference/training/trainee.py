"""A model before it is trained: what it shall learn and how, but not yet from which specimens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from inference.evaluation.threads import one_threaded
from inference.training.data import OTHER, Spectra
from inference.training.end_members import EndMembers
from inference.training.families import FAMILIES
from inference.training.fit import Schedule, fit
from inference.training.pixels import Sampler
from inference.training.recipe import Recipe
from inference.training.targets import Targets

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Trainee:
    """`family`: its name, with layers as wide as `widths`."""

    spectra: Spectra
    targets: Targets
    recipe: Recipe
    schedule: Schedule
    family: str
    widths: tuple[int, ...]

    @one_threaded
    def taught(self, rows: Rows, seed: int) -> nn.Module:
        """A network that has learned these rows of classes, and all minerals that are no class and are not kept apart.
        Same rows, same seed, same weights."""
        torch.set_num_threads(1)
        torch.use_deterministic_algorithms(True)
        return fit(
            FAMILIES.find(self.family), self.widths, self.spectra, self.targets, self.sampler(rows, seed),
            self.schedule, seed,
        )  # fmt: skip

    def sampler(self, rows: Rows, seed: int) -> Sampler:
        """Pixels of what such a network learns."""
        return Sampler(self.spectra, self._with_others(rows), seed, self.recipe)

    @property
    def missing(self) -> tuple[str, ...]:
        """What the library has nothing for."""
        return EndMembers.of(self.spectra, self._with_others(self.spectra.known)).missing

    def _with_others(self, rows: Rows) -> Rows:
        others = np.flatnonzero((self.spectra.target == OTHER) & ~self.spectra.reserved)
        return np.concatenate([rows, others])
