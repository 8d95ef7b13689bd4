"""Figures on real rock, network by network: with TSG's groups, with its shares, and of what is no rock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from inference.evaluation.answers import NOT_ROCK, Answers
from inference.evaluation.bootstrap import Floats, correlation, mean_of, weights
from inference.evaluation.decisions import Flags, Thresholds, bands_told, group_told, species_told
from inference.evaluation.rock import ASPECTRAL, MAGNESITE, Rock, kaolin_share
from inference.evaluation.trials import Trial

INTERVAL_M = 0.1
MIXED = 50
"""Samples that hold both minerals, from which on their share is compared."""
Part = tuple[str, str, int, int, dict[tuple[str, str], Floats]]
"""Name of the set, what of the rock it is, spectra, units of the bootstrap, figures by method and quantity."""


def rock_measures(rock: Rock, trials: Sequence[Trial], thresholds: Thresholds) -> Iterator[Part]:
    """What is judged on a rock: its groups, and apart from them what TSG says is no rock, or has no bands."""
    told = [bands_told(trial.answers[rock.name], thresholds) for trial in trials]
    if rock.logged:
        yield from _logged(rock, trials, told)
    wood = rock.groups[0] == NOT_ROCK
    if wood.any():
        refused = [_refused(trial.answers[rock.name], thresholds) for trial in trials]
        yield _part(rock, f"{rock.name}, no rock", "wood and dry plants as TSG names them", wood, refused)


def _logged(rock: Rock, trials: Sequence[Trial], told: Sequence[Flags]) -> Iterator[Part]:
    """What a camera can be judged by that sees the bands of a log."""
    groups = [_of_groups(rock, trial, sure) for trial, sure in zip(trials, told, strict=True)]
    plain, aspectral = rock.judged & ~_magnesite(rock), rock.groups[0] == ASPECTRAL
    if rock.judged.any():
        yield _part(rock, rock.name, "samples whose group the model has, as TSG names it", rock.judged, groups)
    if 0 < plain.sum() < rock.judged.sum():
        on = "the same without a mineral that is in no library of ours"
        yield _part(rock, f"{rock.name} without magnesite", on, plain, groups)
    if ((rock.kaolin_share > 0) & (rock.kaolin_share < 1)).sum() >= MIXED:
        yield _shares(rock, trials)
        if np.isfinite(rock.depth_m).all():
            yield _intervals(rock, trials)
    if aspectral.any():
        refused = [{("network", "refused by bands"): ~sure} for sure in told]
        yield _part(rock, f"{rock.name}, aspectral", "samples without bands as TSG names them", aspectral, refused)


def _magnesite(rock: Rock) -> Flags:
    return np.array([MAGNESITE in name.casefold() for name in rock.minerals[0]])


def _part(rock: Rock, name: str, on: str, which: Flags, values: Sequence[Mapping[tuple[str, str], Flags]]) -> Part:
    """Shares of the samples `which`, by network."""
    weight = weights(rock.unit[which])
    figures = {
        key: np.stack([mean_of(of[key][which].astype(np.float64), weight) for of in values]) for key in values[0]
    }
    return name, on, int(which.sum()), len(np.unique(rock.unit[which])), figures


def _of_groups(rock: Rock, trial: Trial, told: Flags) -> dict[tuple[str, str], Flags]:
    answers = trial.answers[rock.name]
    names, sums = answers.band_groups
    best = names[sums.argmax(axis=1)]
    first, either = best == rock.groups[0], (best == rock.groups).any(axis=0)
    found: dict[tuple[str, str], Flags] = {
        ("network", "right"): first & told,
        ("network", "wrong"): ~first & told,
        ("network", "unknown"): ~told,
        ("network", "group"): first,
        ("network", "either"): either,
        ("network", "neither and sure"): ~either & told,
        ("network", "not rock"): answers.not_rock_second | answers.not_rock_first,
    }
    for method, said in trial.said.get(rock.name, {}).items():
        found[method, "group"] = said.bands == rock.groups[0]
        found[method, "either"] = (said.bands == rock.groups).any(axis=0)
    return found


def _refused(answers: Answers, thresholds: Thresholds) -> dict[tuple[str, str], Flags]:
    sorted_ = ~(species_told(answers, thresholds) | group_told(answers, thresholds))
    found = {("network", "refused by species"): sorted_, ("network", "said to be no rock"): answers.not_rock_first}
    if answers.heads.names:
        found["network", "refused by bands"] = ~bands_told(answers, thresholds)
        found["network", "said to have no rock's bands"] = answers.not_rock_second
    return found


def _shares(rock: Rock, trials: Sequence[Trial]) -> Part:
    which = np.isfinite(rock.kaolin_share)
    weight, truth = weights(rock.unit[which]), rock.kaolin_share[which]
    said = [kaolin_share(trial.answers[rock.name])[which] for trial in trials]
    figures = {
        ("network", "r"): np.stack([correlation(one, truth, weight) for one in said]),
        ("network", "mean error"): np.stack([mean_of(np.abs(one - truth), weight) for one in said]),
    }
    on = "kaolin/(kaolin + white mica) of samples that hold them, against TSG's weights"
    return f"{rock.name}, kaolin share", on, int(which.sum()), len(np.unique(rock.unit[which])), figures


def _intervals(rock: Rock, trials: Sequence[Trial]) -> Part:
    which = np.isfinite(rock.kaolin_share) & np.isfinite(rock.depth_m)
    names, of = np.unique(np.floor(rock.depth_m[which] / INTERVAL_M), return_inverse=True)

    def mean(share: Floats) -> Floats:
        return np.asarray(np.bincount(of, share[which]) / np.bincount(of))

    weight, truth = weights(names.astype(str)), mean(rock.kaolin_share)
    said = [mean(kaolin_share(trial.answers[rock.name])) for trial in trials]
    figures = {
        ("network", "r"): np.stack([correlation(one, truth, weight) for one in said]),
        ("network", "mean error"): np.stack([mean_of(np.abs(one - truth), weight) for one in said]),
    }
    return f"{rock.name}, kaolin share by 0.1 m", "means over 0.1 m", len(names), len(names), figures
