"""Networks trained on some specimens and asked about others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.evaluation.library import Library
from inference.evaluation.trials import FOLDS, lessons, refuse_leak, splits, trials
from inference.evaluation.verdict import Verdict, judge
from oreline.errors import ConfigError
from tests.inference.evaluation.conftest import Nearest


def test_no_specimen_is_on_both_sides_and_each_is_judged_once(small: Library) -> None:
    judged = []
    for train, test in splits(small, 1):
        assert not set(small.specimen[train]) & set(small.specimen[test])
        judged += test.tolist()
    assert sorted(judged) == small.known.tolist()


def test_leak_of_one_specimen_is_refused(small: Library) -> None:
    train, test = next(splits(small, 1))
    refuse_leak(small, train, test)
    twin = int(np.flatnonzero(small.specimen == small.specimen[test[0]])[-1])
    with pytest.raises(ValueError, match=f"specimen {small.specimen[twin]} is learned and judged by"):
        refuse_leak(small, np.append(train, twin), test)


def test_stranger_that_shares_a_specimen_with_what_is_learned_is_refused(small: Library) -> None:
    specimen = small.specimen.copy()
    specimen[small.strangers[0]] = specimen[small.known[0]]
    with pytest.raises(ValueError, match="learned and judged by"):
        trials(replace(small, specimen=specimen), Nearest(small), (), (1,))


def test_each_network_learns_its_fold_and_strangers_teach_none(small: Library, knowing: Verdict) -> None:
    planned = lessons(small, (1, 2))
    assert len(planned) == len(knowing.trials) == 2 * FOLDS
    for lesson, trial in zip(planned, knowing.trials, strict=True):
        assert not set(lesson.train.tolist()) & set(small.strangers.tolist())
        assert lesson.test.tolist() == trial.sets["clean"].rows.tolist()
        assert lesson.split == trial.split
    assert len({lesson.seed for lesson in planned}) == len(planned)


def test_other_methods_are_asked_the_same_spectra(knowing: Verdict) -> None:
    (trial, *_) = knowing.trials
    for name, by in trial.said.items():
        for method, said in by.items():
            assert len(said.species) == len(trial.sets[name].rows), (name, method)
    assert {"SAM", "LDA", "SVM", "LDA, physics", "nearest, hull", "nearest, derivative"} == set(trial.said["clean"])


def test_library_of_few_specimens_is_refused_in_words(small: Library) -> None:
    few = np.isin(small.specimen, ["kaolinite 1", "kaolinite 2", "calcite 1", "calcite 2"])
    with pytest.raises(ConfigError, match="4 specimens of its classes: to be judged by 5"):
        next(splits(replace(small, role=np.where(few, small.role, "")), 1))


def test_library_without_minerals_that_have_bands_is_judged_by_what_it_has(small: Library) -> None:
    species = np.where(small.species == "calcite", "albite", small.species)
    plain = np.isin(species, ["quartz", "albite"])
    library = replace(small, species=species, role=np.where(plain, small.role, ""))
    verdict = judge(library, Nearest(library), (), (1,))
    names = {one.name for one in verdict.metrics.sets or ()}
    assert "clean" in names
    assert not any(name.startswith(("depth", "strangers")) for name in names)
