"""Thresholds of a card: chosen on half of the specimens, and held against the other half.

A threshold that is judged by the rocks that chose it flatters. Groups fall short of their aim on new rocks by more than
species do, and have a margin; none is told that is less sure than a species must be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inference.classification.kernels import noise
from inference.classification.metrics import ThresholdCheck
from inference.evaluation.answers import Answers
from inference.evaluation.decisions import Flags, Thresholds, band_species_told, bands_told, group_told, species_told
from inference.evaluation.library import Library
from inference.evaluation.rejection import SCORES, auroc, best_of
from inference.evaluation.sets import LEVELS, MIXED, SNRS, STRANGERS, WET_STRANGERS, banded
from inference.evaluation.trials import Trial
from oreline.palette import group_of

KEPT = 0.9
"""Share of the right answers that stay above a threshold below which is unknown."""
RIGHT = 0.9
"""Share of the answers of a kind that are to be right: groups, with a species or without, species of a band group,"""
MARGIN = 0.05
"""and so much more where they are chosen."""
LEAST = 20
"""Answers above a threshold that a choice rests on, at least."""
LOST = 0.1
"""Of the share found, what noise or darkness takes where a spectrum is called noisy or too dark."""
KNOWN, WET = "clean", "film 0.1 mm"
SORTED = (KNOWN, "hard", WET)
"""Sets on which the first answer's thresholds rest,"""
LOGGED = (MIXED,)
"""and those of the second: of two minerals in a pixel the larger may have half of what is told."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Half:
    """Answers about half of the specimens: `specimens`, and the trials that asked about them."""

    library: Library
    trials: Sequence[Trial]
    specimens: frozenset[str]

    def pooled(self, sets: Iterable[str], logged: bool = False) -> tuple[Answers, NDArray[np.str_]]:
        """Answers of all networks about these specimens, and their species. `logged`: only those with bands."""
        logits, species = [], []
        for trial in self.trials:
            for name in sets:
                if name in trial.sets:
                    rows = trial.sets[name].rows
                    keep = np.isin(self.library.specimen[rows], list(self.specimens))
                    if logged:
                        keep &= banded(self.library.species[rows])
                    logits.append(trial.answers[name].logits[keep])
                    species.append(self.library.species[rows][keep])
        return Answers(self.trials[0].answers["clean"].heads, np.concatenate(logits)), np.concatenate(species)

    def noise(self, name: str) -> float:
        """Median over these spectra of what `noisy_above` is held against."""
        seen = np.ascontiguousarray(np.concatenate([trial.sets[name].seen for trial in self.trials], axis=1))
        found = np.empty(seen.shape[1], np.float32)
        noise(seen, found)
        return float(np.median(found))

    def found(self, name: str) -> float:
        """Share of a set whose species was the best."""
        answers, species = self.pooled([name])
        return _share(answers.best == species, species != "")

    def seen(self, name: str) -> float:
        """Share of a set whose bands were named by their group."""
        answers, species = self.pooled([name], logged=True)
        return _share(_bands_right(answers, species), species != "")


def halves(library: Library, trials: Sequence[Trial]) -> tuple[Half, Half]:
    """The specimens of each class, and the strangers, dealt out in turn."""
    dealt: tuple[set[str], set[str]] = set(), set()
    rng = np.random.default_rng(1)
    turn = 0
    for name in sorted(set(library.species[library.known].tolist())):
        rocks = np.unique(library.specimen[library.known][library.species[library.known] == name])
        for rock in rng.permutation(rocks).tolist():
            dealt[turn % 2].add(rock)
            turn += 1
    for number, rock in enumerate(rng.permutation(np.unique(library.specimen[library.strangers])).tolist()):
        dealt[number % 2].add(rock)
    first, second = (Half(library, trials, frozenset(one)) for one in dealt)
    return first, second


def chosen(half: Half) -> Thresholds:
    """Thresholds by one half of the specimens."""
    answers, species = half.pooled(SORTED)
    unknown_below = _kept(answers.species.max(axis=1), answers.best == species)
    told = species_told(answers, Thresholds(unknown_below, 1.0))
    sums = np.where(told, 1.0, answers.grouped[1].max(axis=1))[~answers.not_rock_first]
    right = _group_right(answers, species)[~answers.not_rock_first]
    group_below = max(unknown_below, _right(sums, right))
    found = Thresholds(unknown_below, group_below, noisy_above=_noisy_above(half), dark_below=_dark_below(half))
    return _with_bands(found, half) if answers.heads.names else found


def checks(thresholds: Thresholds, by: Half, other: Half) -> tuple[ThresholdCheck, ...]:
    """Each threshold where it was chosen and on the other half. Raises ValueError where a specimen is in both."""
    if by.specimens & other.specimens:
        raise ValueError("a threshold is measured on specimens that chose it: the figure is worth nothing")
    made = []
    for name, (of, aim, share) in _CHECKS.items():
        if name.startswith("bands") and not other.trials[0].answers["clean"].heads.names:
            continue
        chosen, measured = (round(share(thresholds, half), 4) for half in (by, other))
        specimens = len(other.specimens)
        made.append(ThresholdCheck(name=name, of=of, aim=aim, chosen=chosen, measured=measured, specimens=specimens))
    return tuple(made)


def best_score(half: Half) -> str:
    """The score by which the strangers of this half are best told from its known spectra, dry and wet."""
    found = {}
    for name, score in SCORES.items():
        each = []
        for known, strange in ((KNOWN, STRANGERS), (WET, WET_STRANGERS)):
            if len(half.library.strangers):
                ours, theirs = score(half.pooled([known])[0]), score(half.pooled([strange])[0])
                each.append(auroc(ours, theirs, np.ones((1, len(ours))), np.ones((1, len(theirs))))[0])
        found[name] = float(np.mean(each)) if each else 0.0
    return best_of(found)


def _kept(share: Floats, right: Flags) -> float:
    return _rounded(float(float(np.quantile(share[right], 1.0 - KEPT)))) if right.any() else 1.0


def _right(share: Floats, right: Flags) -> float:
    """The least threshold above which the aim is met with its margin, or else without; 1 where it never is."""
    order = np.argsort(-share, kind="stable")
    of = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.arange(1, len(order) + 1) >= LEAST
    for aim in (RIGHT + MARGIN, RIGHT):
        if len(met := np.flatnonzero(enough & (of >= aim))):
            return _rounded(share[order][met[-1]])
    return 1.0


def _with_bands(found: Thresholds, half: Half) -> Thresholds:
    answers, species = half.pooled(LOGGED, logged=True)
    _, sums = answers.band_groups
    below = _kept(sums.max(axis=1), _bands_right(answers, species))
    told = Thresholds(found.unknown_below, found.group_below, below, 0.0, found.noisy_above, found.dark_below)
    own = band_species_told(answers, told)
    share, name = answers.band_species
    return replace(told, bands_species_below=_right(share[own], (name == species)[own]))


def _noisy_above(half: Half) -> float | None:
    """The noise of the least noisy set that loses LOST; None where none does."""
    lost = [snr for snr in SNRS if half.found(f"SNR {snr}") < half.found("clean") - LOST]
    return _rounded(half.noise(f"SNR {lost[0]}")) if lost else None


def _dark_below(half: Half) -> float | None:
    """The brightest mean reflectance that loses LOST of the bands; None where none does. By bands, for a mineral in the
    shade is like a darker one, which no light would tell apart."""
    lost = [level for level in LEVELS if half.seen(f"mean {level:g}") < half.seen("clean") - LOST]
    return lost[0] if lost else None


def _group_right(answers: Answers, species: NDArray[np.str_]) -> Flags:
    names, sums = answers.grouped
    return np.asarray(names[sums.argmax(axis=1)] == groups(species))


def _bands_right(answers: Answers, species: NDArray[np.str_]) -> Flags:
    names, sums = answers.band_groups
    return np.asarray(names[sums.argmax(axis=1)] == groups(species))


def groups(species: NDArray[np.str_]) -> NDArray[np.str_]:
    """The group of each species: itself where it has none."""
    return np.array([group_of(name) or name for name in species.tolist()])


def _share(of: Flags, among: Flags) -> float:
    return float(of[among].mean()) if among.any() else 0.0


def _species_kept(thresholds: Thresholds, half: Half) -> float:
    answers, species = half.pooled(SORTED)
    return _share(species_told(answers, thresholds), answers.best == species)


def _groups_right(thresholds: Thresholds, half: Half) -> float:
    answers, species = half.pooled(SORTED)
    told = species_told(answers, thresholds) | group_told(answers, thresholds)
    return _share(_group_right(answers, species), told)


def _bands_kept(thresholds: Thresholds, half: Half) -> float:
    answers, species = half.pooled(LOGGED, logged=True)
    return _share(bands_told(answers, thresholds), _bands_right(answers, species))


def _band_species_right(thresholds: Thresholds, half: Half) -> float:
    answers, species = half.pooled(LOGGED, logged=True)
    return _share(answers.band_species[1] == species, band_species_told(answers, thresholds))


_CHECKS: dict[str, tuple[str, float, Callable[[Thresholds, Half], float]]] = {
    "unknown_below": ("right species that are told", KEPT, _species_kept),
    "group_below": ("groups told, with a species or without, that are right", RIGHT, _groups_right),
    "bands.unknown_below": ("right band groups that are told", KEPT, _bands_kept),
    "bands.species_below": ("species of band groups told that are right", RIGHT, _band_species_right),
}


def _rounded(value: float) -> float:
    return round(float(value), 3)
