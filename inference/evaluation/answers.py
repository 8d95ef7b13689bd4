"""What a network answers, head by head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.classification.card import Card
from inference.classification.kernels import MORE_THAN_HALF
from oreline.palette import group_of

Reflectance = NDArray[np.float32]
Ask = Callable[[Reflectance], NDArray[np.float32]]
"""Reflectance float32 (bands, n), at a model's bands -> logits (n, outputs), n >= 1."""

NOT_ROCK, NO_BANDS, OTHER_BANDS = "not rock", "no bands", "other bands"


@dataclass(frozen=True, slots=True)
class Heads:
    """What a network's outputs stand for, in their order: classes, strangers, then names of the second answer, which
    may be none. `groups`: of each name."""

    classes: tuple[str, ...]
    strangers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, card: Card) -> Heads:
        """The heads of a model."""
        second = card.bands
        names, groups = (second.names, second.groups) if second else ((), ())
        return cls(tuple(one.name for one in card.classes), tuple(card.strangers or ()), names, groups)

    @property
    def class_groups(self) -> tuple[str, ...]:
        """The group of each class: itself where it has none."""
        return tuple(group_of(name) or name for name in self.classes)

    @property
    def answered(self) -> int:
        """Outputs of the first answer."""
        return len(self.classes) + len(self.strangers)

    @property
    def outputs(self) -> int:
        """Outputs of all."""
        return self.answered + len(self.names)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers for n spectra. `logits` float32 (n, outputs)."""

    heads: Heads
    logits: NDArray[np.float32]

    @classmethod
    def to(cls, heads: Heads, ask: Ask, seen: Reflectance) -> Answers:
        """Answers to spectra (bands, n), of which there may be none."""
        return cls(heads, ask(seen) if seen.shape[1] else np.empty((0, heads.outputs), np.float32))

    @property
    def first(self) -> NDArray[np.float32]:
        """Probabilities of classes and strangers, (n, classes + strangers)."""
        return softmax(self.logits[:, : self.heads.answered])

    @property
    def second(self) -> NDArray[np.float32]:
        """Probabilities of the names of the second answer, (n, names)."""
        return softmax(self.logits[:, self.heads.answered :])

    @property
    def species(self) -> NDArray[np.float32]:
        """Probabilities of the classes, (n, classes): with strangers they do not sum to 1."""
        return self.first[:, : len(self.heads.classes)]

    @property
    def class_logits(self) -> NDArray[np.float32]:
        return self.logits[:, : len(self.heads.classes)]

    @property
    def best(self) -> NDArray[np.str_]:
        """The best class, sure or not."""
        return np.asarray(np.array(self.heads.classes)[self.class_logits.argmax(axis=1)])

    @property
    def grouped(self) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
        """Groups of the classes, and their probabilities, (n, groups)."""
        return summed(self.species, self.heads.class_groups)

    @property
    def band_groups(self) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
        """Groups that name bands ("other bands" among them), and their probabilities; the groups of the classes where
        there is no second answer."""
        if not self.heads.names:
            return self.grouped
        names, sums = summed(self.second, self.heads.groups)
        named = ~np.isin(names, [NO_BANDS, NOT_ROCK])
        return names[named], sums[:, named]

    @property
    def known_bands(self) -> NDArray[np.float32]:
        """Probability that the bands are those of a species in the list or that there are none, 1 where there is no
        second answer."""
        if not self.heads.names:
            return np.ones(len(self.logits), np.float32)
        known = [name == NO_BANDS or name in self.heads.classes for name in self.heads.names]
        return np.asarray(self.second[:, known].sum(axis=1))

    @property
    def band_species(self) -> tuple[NDArray[np.float32], NDArray[np.str_]]:
        """The largest output of the best group, and its name: a species, or "other ..."."""
        groups, sums = self.band_groups
        best = groups[sums.argmax(axis=1)]
        within = np.where(np.array(self.heads.groups) == best[:, None], self.second, -1.0)
        return within.max(axis=1), np.array(self.heads.names)[within.argmax(axis=1)]

    @property
    def not_rock_first(self) -> NDArray[np.bool_]:
        """Where the first answer is surer than not that it is no rock,"""
        return self._says(self.first, (*self.heads.classes, *self.heads.strangers), NOT_ROCK, float(MORE_THAN_HALF))

    @property
    def not_rock_second(self) -> NDArray[np.bool_]:
        """and where the second does."""
        return self._says(self.second, self.heads.names, NOT_ROCK, float(MORE_THAN_HALF))

    @property
    def no_bands(self) -> NDArray[np.bool_]:
        """Where the second answer says above all that there are no bands."""
        return self._says(self.second, self.heads.names, NO_BANDS)

    def _says(
        self, share: NDArray[np.float32], names: Sequence[str], name: str, above: float = 0.0
    ) -> NDArray[np.bool_]:
        if name not in names:
            return np.zeros(len(self.logits), np.bool_)
        place = names.index(name)
        return np.asarray((share.argmax(axis=1) == place) & (share[:, place] > above))

    def __getitem__(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Answers:
        return Answers(self.heads, self.logits[rows])


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Over the last axis, which may be empty."""
    power = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=-np.inf))
    return np.asarray(power / power.sum(axis=-1, keepdims=True))


def summed(share: NDArray[np.float32], groups: Sequence[str]) -> tuple[NDArray[np.str_], NDArray[np.float32]]:
    """Probabilities (n, outputs) by group: the groups in the order in which they come, and their sums (n, groups)."""
    names = list(dict.fromkeys(groups))
    member = np.array([[group == name for name in names] for group in groups], np.float32)
    return np.array(names), share @ member
