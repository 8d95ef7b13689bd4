"""A model examined on data: its own recipe in folds on the library that it learned, the model itself on all else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import file_digest
from pathlib import Path

import numpy as np

from inference.classification.card import Card
from inference.classification.classifier import Classifier
from inference.classification.point_spectra import AT_ONCE
from inference.evaluation.answers import Answers, Heads, Reflectance
from inference.evaluation.baselines import Method
from inference.evaluation.decisions import Thresholds
from inference.evaluation.library import Library
from inference.evaluation.measures import Measured, measure, on_rock
from inference.evaluation.named import Named, named_measures
from inference.evaluation.retrained import trainee_of
from inference.evaluation.rock import NotLogged, Rock
from inference.evaluation.sets import Judged
from inference.evaluation.trials import SEEDS, Trial, lessons, taught, trials
from inference.evaluation.verdict import NO_WINDOW
from inference.training.school import School
from oreline.cameras import camera_preset
from oreline.errors import ConfigError
from oreline.guard import refusal

QUICK = SEEDS[:1]
Done = Callable[[], None]


@dataclass(slots=True, eq=False)
class Examination:
    """What came of it. `measured`: all sets; `notes`: what was left out or assumed, each a sentence. `folds`: the
    trials of the recipe, on `library`; `own`: those of the model itself, by rock."""

    card: Card
    thresholds: Thresholds
    measured: list[Measured] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    folds: list[Trial] = field(default_factory=list)
    own: dict[str, Trial] = field(default_factory=dict)
    rocks: list[Rock] = field(default_factory=list)
    library: Library | None = None


def examine(
    folder: Path,
    data: Sequence[Path],
    seeds: Sequence[int] = SEEDS,
    jobs: int = 1,
    apart: Iterable[str] = (),
    done: Done = lambda: None,
) -> Examination:
    """Examine the model of a folder. `apart`: specimens that are left out beside those that it learned. Raises
    ModelError, ConfigError, SpectraRefused."""
    classifier = Classifier.load(folder)
    found = Examination(classifier.card, thresholds_of(classifier.card))
    own = [path for path in data if is_own(path, classifier.card)]
    others = _in_folds(found, own[0], seeds, jobs, done) if own else {}
    for path in data:
        if path not in own:
            _on_file(found, classifier, path, others, frozenset(apart))
    return found


def thresholds_of(card: Card) -> Thresholds:
    """What a card says."""
    group = 1.0 if card.group_below is None else card.group_below
    found = Thresholds(card.unknown_below, group, noisy_above=card.noisy_above, dark_below=card.dark_below)
    if card.bands is None:
        return found
    return replace(found, bands_unknown_below=card.bands.unknown_below, bands_species_below=card.bands.species_below)


def is_own(path: Path, card: Card) -> bool:
    """Whether a file is the library that the model learned."""
    if path.suffix.lower() != ".npz":
        return False
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest() == card.training.data_sha256
    except OSError as error:
        raise refusal(error, path) from None


def _in_folds(found: Examination, path: Path, seeds: Sequence[int], jobs: int, done: Done) -> Mapping[str, Method]:
    """Judge the recipe in folds; the other methods, having learned all of the library."""
    trainee = trainee_of(found.card, path)
    library = found.library = Library.load(path, camera_preset(found.card.name))
    with School(trainee, jobs) as school:
        for lesson in lessons(library, seeds):
            school.announce(lesson.train, lesson.seed)
        found.folds += trials(library, school, (), seeds, done)
        found.measured += measure(library, found.folds, (), found.thresholds)
        found.notes.append(
            f"{path.name} is what the model learned: its recipe was trained anew {len(found.folds)} times, each time "
            "without the specimens that it was then asked about"
        )
        return taught(library, school, library.known, found.card.training.seed)


def _on_file(
    found: Examination, classifier: Classifier, path: Path, others: Mapping[str, Method], apart: frozenset[str]
) -> None:
    """Judge the model itself by a log of rock, or by any file of spectra that says what they are."""
    try:
        rock = Rock.load(path, found.card)
    except NotLogged:
        found.measured += _on_named(found, classifier, Named.load(path, found.card), apart)
        return
    except OSError as error:
        raise refusal(error, path) from None
    judged = Judged(rock.seen, np.arange(rock.seen.shape[1]), is_rock=True)
    said = {rock.name: {name: method(rock.seen) for name, method in others.items()}}
    trial = Trial(0, {rock.name: judged}, {rock.name: _answers(classifier, rock.seen)}, said, {})
    if not rock.logged:
        found.notes.append(f"{rock.name}: {NO_WINDOW.format(last=found.card.wavelengths_nm[-1])}")
    found.own[rock.name] = trial
    found.rocks.append(rock)
    found.measured += on_rock(rock, [trial], found.thresholds)


def _on_named(found: Examination, classifier: Classifier, named: Named, apart: frozenset[str]) -> list[Measured]:
    learned = found.card.training.specimens
    new = named.without(apart.union(learned or ()))
    if named.left_out:
        found.notes.append(f"{named.name}: {named.left_out} spectra without a name or with a gap were left out")
    if learned is None:
        found.notes.append(
            f"{named.name}: the model's card does not say which specimens it learned; figures of those flatter"
        )
    elif (seen := len(named.truth) - len(new.truth)) > 0:
        found.notes.append(f"{named.name}: {seen} spectra of specimens that the model learned were left out")
    if not len(new.truth):
        raise ConfigError(f"the model learned every specimen of {named.name}: there is nothing to judge it by")
    return named_measures(new, _answers(classifier, new.seen), found.thresholds)


def _answers(classifier: Classifier, seen: Reflectance) -> Answers:
    parts = [
        classifier.logits(np.ascontiguousarray(seen[:, first : first + AT_ONCE])).T.copy()
        for first in range(0, seen.shape[1], AT_ONCE)
    ]
    return Answers(Heads.of(classifier.card), np.concatenate(parts))
