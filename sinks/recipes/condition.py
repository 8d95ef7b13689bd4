"""Conditions on stones of one stream: the names of an expression have become classes, and many stones are looked at at
once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Self

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError, nearest
from sinks.recipes.expression import Comparison, Condition, comparisons
from sinks.recipes.words import in_words, percent

UNKNOWN_NAME = "unknown"
"""The samples that have no class."""
_EXACT = 1e-9
"""Shares that differ by less are equal, so that 0.1 + 0.2 is 0.3."""

Counts = NDArray[np.float64]
Named = Callable[[str], list[int]]


@dataclass(frozen=True, eq=False)
class Fitted:
    """Condition whose comparisons are rows of `weights`, float (comparisons, classes + 1): times the counts of a
    stone's samples by class, those without one last, each is to be more than 0, or where it is `closed`, at least."""

    condition: Condition
    weights: NDArray[np.float64]
    closed: NDArray[np.bool_]

    @classmethod
    def of(cls, condition: Condition, classes: int, named: Named, names: Sequence[str]) -> Self:
        """A condition on stones of a stream of so many classes. `named`: the codes of a name, none where it is none;
        `names`: all that there are. Raises ConfigError for a name that is none, and for a comparison that holds always
        or never."""
        every = comparisons(condition)
        weights = np.array([_weights(one, classes, named, names) for one in every])
        closed = np.array([one.sign in ("<=", ">=") for one in every])
        for one, row, is_closed in zip(every, weights, closed, strict=True):
            _refuse_settled(one, row, is_closed)
        return cls(condition, weights, closed)

    def holds(self, counts: Counts) -> NDArray[np.bool_]:
        """Whether it holds, bool (stones,), for counts float (stones, classes + 1)."""
        values = counts @ self.weights.T
        exact = _EXACT * counts.sum(axis=1, keepdims=True)
        true = np.where(self.closed, values >= -exact, values > exact)
        return _joined(self.condition, iter(true.T))


def _joined(condition: Condition, rows: Iterator[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    if isinstance(condition, Comparison):
        return next(rows)
    join = np.logical_and if condition.all else np.logical_or
    return reduce(join, [_joined(part, rows) for part in condition.parts])


def _weights(one: Comparison, classes: int, named: Named, names: Sequence[str]) -> NDArray[np.float64]:
    """What is to be positive, as a number for each class: of shares that are 1 together, a number is a share of all."""
    greater = one.left.plus(one.right, -1.0) if one.sign in (">", ">=") else one.right.plus(one.left, -1.0)
    weights = np.full(classes + 1, greater.number)
    for name, weight in greater.terms.items():
        codes = named(name) or ([classes] if name == UNKNOWN_NAME else _refuse(name, names))
        weights[codes] += weight
    return weights


def _refuse(name: str, names: Sequence[str]) -> list[int]:
    known = ", ".join(names)
    raise ConfigError(f"{name!r} is no class or group of the model: {known}, {UNKNOWN_NAME}.{nearest(name, names)}")


def _refuse_settled(one: Comparison, weights: NDArray[np.float64], closed: bool) -> None:
    least, most = float(weights.min()), float(weights.max())
    never, always = (most < -_EXACT, least >= -_EXACT) if closed else (most <= _EXACT, least > _EXACT)
    if never or always:
        largest = max(abs(sum_.number) for sum_ in (one.left, one.right))
        meant = f" Shares are 0 to 1: {percent(largest / 100)} is {largest / 100:g}." if largest > 1 else ""
        raise ConfigError(f"'{in_words(one)}' {'never' if never else 'always'} holds, whatever a stone is.{meant}")
