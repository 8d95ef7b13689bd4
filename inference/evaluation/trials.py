"""Trials: networks trained on some specimens and asked about others, fold by fold and seed by seed.

A seed is a split and a training. Every network is asked the same sets, and what it answers is kept, so that all figures
are computed from the same answers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from inference.evaluation.answers import Answers, Ask, Heads, Reflectance
from inference.evaluation.baselines import Method, Pixels, Said, methods
from inference.evaluation.library import Library
from inference.evaluation.rock import Rock
from inference.evaluation.sets import MIXED, Judged, Rows, banded, laboratory, strangers
from inference.evaluation.stones import decided, stones
from inference.evaluation.threads import one_threaded
from oreline.errors import ConfigError

FOLDS = 5
SEEDS = (1, 2, 3)
ROCK_PIXELS = 5
"""Pixels of rock that are made of each spectrum kept to judge by."""
PIXELS = 10_000
"""From which the baseline of the network's own physics learns."""
COMPARED = ("clean", "hard", "film 0.1 mm", "depth 0.1", "depth 0.1, stain", "depth 0.03, stain", MIXED)
"""Sets on which the other methods are judged too."""


class Maker(Protocol):
    """How a model is made, but not yet of what."""

    heads: Heads

    def network(self, rows: Rows, seed: int) -> Ask:
        """A network that learned `rows` of the library, and what else the recipe learns from: no specimen that is kept
        to judge by."""
        ...

    def pixels(self, rows: Rows, seed: int, n: int) -> Pixels:
        """What that network learned from, n draws."""
        ...

    def rock(self, rows: Rows, seed: int) -> Reflectance | None:
        """One pixel of rock, (bands, n), of each of these rows, as the recipe draws them; None where it draws none."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What one network is to learn, and to be judged by: rows of the library. `split`: the seed of the split; `seed`:
    that of the training."""

    split: int
    seed: int
    train: Rows
    test: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """What one network answered. `split`: the seed of its split; `sets` by name, whose rows are those of the library,
    or samples of a rock. `said`: what other methods said, by set and method. `stones`: class of each stone by way of
    deciding, of the rows of "clean"."""

    split: int
    sets: Mapping[str, Judged]
    answers: Mapping[str, Answers]
    said: Mapping[str, Mapping[str, Said]]
    stones: Mapping[str, NDArray[np.int64]]


@one_threaded
def trials(
    library: Library, maker: Maker, rocks: Sequence[Rock], seeds: Sequence[int], done: Callable[[], None] = lambda: None
) -> list[Trial]:
    """Train and ask, fold by fold of each seed. `done` is called after each network."""
    found = []
    for lesson in lessons(library, seeds):
        train, test, seed = lesson.train, lesson.test, lesson.seed
        refuse_leak(library, train, np.concatenate([test, library.strangers]))
        trial = asked(
            library, maker.heads, maker.network(train, seed), rocks, test, seed, mixed(library, maker, test, seed)
        )
        found.append(replace(trial, split=lesson.split, said=_said(taught(library, maker, train, seed), trial)))
        done()
    return found


def taught(library: Library, maker: Maker, rows: Rows, seed: int) -> dict[str, Method]:
    """The other methods, having learned the same rows."""
    return methods(library, rows, maker.pixels(rows, seed, PIXELS))


def lessons(library: Library, seeds: Sequence[int]) -> list[Lesson]:
    """All networks that are to be trained, in their order."""
    return [
        Lesson(split, split * 100 + fold, train, test)
        for split in seeds
        for fold, (train, test) in enumerate(splits(library, split))
    ]


def mixed(library: Library, maker: Maker, test: Rows, seed: int) -> Judged | None:
    """Pixels of rock of those of `test` that have bands; None where the recipe makes none."""
    rows = np.repeat(test[banded(library.species[test])], ROCK_PIXELS)
    seen = maker.rock(rows, seed) if len(rows) else None
    return None if seen is None else Judged(seen, rows)


@one_threaded
def asked(
    library: Library, heads: Heads, ask: Ask, rocks: Sequence[Rock], test: Rows, seed: int, pixels: Judged | None = None
) -> Trial:
    """One network that has learned none of the specimens of `test`, and asked about them, strangers, and rocks.
    `pixels`: those of rock, made of the same specimens."""
    sets = {**dict(laboratory(library, test, seed)), **dict(strangers(library))}
    sets |= {} if pixels is None else {MIXED: pixels}
    sets |= {rock.name: Judged(rock.seen, np.arange(rock.seen.shape[1]), is_rock=True) for rock in rocks}
    answers = {name: Answers.to(heads, ask, judged.seen) for name, judged in sets.items()}
    decisions = decided(heads, ask, stones(library, test, seed))
    return Trial(seed, sets, answers, {}, decisions)


def _said(others: Mapping[str, Method], trial: Trial) -> dict[str, dict[str, Said]]:
    """What the methods say of the sets on which they are compared."""
    asked = [name for name, judged in trial.sets.items() if (name in COMPARED or judged.is_rock) and len(judged.rows)]
    return {name: {by: method(trial.sets[name].seen) for by, method in others.items()} for name in asked}


def splits(library: Library, seed: int) -> Iterator[tuple[Rows, Rows]]:
    """Rows to learn and rows to judge by, no specimen on both sides; classes are spread over the folds as evenly as
    whole specimens allow, and some have fewer specimens than folds. Raises ConfigError where there are too few."""
    known = library.known
    if (rocks := len(np.unique(library.specimen[known]))) < FOLDS:
        raise ConfigError(f"the library has {rocks} specimens of its classes: to be judged by {FOLDS} are needed")
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for train, test in splitter.split(known, library.species[known], library.specimen[known]):
            yield known[train], known[test]


def refuse_leak(library: Library, learned: Rows, judged: Rows) -> None:
    """Raises ValueError where a specimen is on both sides."""
    both = set(library.specimen[learned].tolist()) & set(library.specimen[judged].tolist())
    if both:
        raise ValueError(f"specimen {min(both)} is learned and judged by: no figure of such a split is worth anything")
