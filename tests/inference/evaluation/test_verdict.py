"""What a reader of a card relies on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inference.classification.metrics import JudgedSet
from inference.evaluation.decisions import Thresholds
from inference.evaluation.library import Library
from inference.evaluation.measures import measure
from inference.evaluation.sets import STRANGERS
from inference.evaluation.thresholds import checks, chosen, halves
from inference.evaluation.trials import asked, splits
from inference.evaluation.verdict import Verdict, judged_sets
from tests.inference.evaluation.conftest import SPECIMENS, Nearest, library


def _set(verdict: Verdict, name: str) -> JudgedSet:
    assert verdict.metrics.sets is not None
    return next(one for one in verdict.metrics.sets if one.name == name)


def test_network_that_knows_is_right_and_its_interval_says_so(knowing: Verdict) -> None:
    clean = _set(knowing, "clean").figures["network"]["species"]
    assert clean.mean == knowing.metrics.accuracy.cnn > 0.95
    assert clean.low <= clean.mean <= clean.high <= 1


def test_network_that_knows_nothing_is_told_so(ignorant: Verdict) -> None:
    clean, strange = _set(ignorant, "clean").figures["network"], _set(ignorant, STRANGERS).figures["network"]
    assert clean["species"].low < 0.25 < clean["species"].high
    assert strange["AUROC"].mean == pytest.approx(0.5, abs=0.06)
    assert strange["AUROC"].low < 0.5 < strange["AUROC"].high


def test_every_figure_says_on_how_many_spectra_of_how_many_specimens(knowing: Verdict) -> None:
    for one in knowing.metrics.sets or ():
        assert one.not_offered or (one.spectra >= one.specimens > 0 and one.rock and one.figures), one.name
    assert _set(knowing, "clean").specimens == 4 * SPECIMENS
    assert _set(knowing, STRANGERS).specimens == SPECIMENS


def test_spread_is_that_of_the_seeds(knowing: Verdict, ignorant: Verdict) -> None:
    assert (knowing.metrics.seeds, ignorant.metrics.seeds) == (2, 1)
    assert _set(ignorant, "clean").figures["network"]["species"].spread == 0.0
    assert any(one.figures["network"]["species"].spread > 0 for one in knowing.metrics.sets or () if "SNR" in one.name)


def test_threshold_is_measured_on_specimens_that_did_not_choose_it(small: Library, knowing: Verdict) -> None:
    by, other = halves(small, knowing.trials)
    assert not by.specimens & other.specimens
    assert by.specimens | other.specimens == set(small.specimen.tolist())
    thresholds = chosen(by)
    with pytest.raises(ValueError, match="specimens that chose it"):
        checks(thresholds, by, by)
    with pytest.raises(ValueError, match="specimens that chose it"):
        checks(thresholds, by, replace(other, specimens=other.specimens | {min(by.specimens)}))


def test_threshold_keeps_the_share_that_it_aims_at(knowing: Verdict) -> None:
    (unknown_below, *_) = knowing.metrics.thresholds or ()
    assert unknown_below.chosen == pytest.approx(unknown_below.aim, abs=0.03)
    assert unknown_below.measured == pytest.approx(unknown_below.aim, abs=0.12)


def test_answers_that_are_as_good_as_dice_never_name_a_group(ignorant: Verdict) -> None:
    assert ignorant.thresholds.group_below == 1.0


def test_camera_that_cannot_log_rock_says_so_in_place_of_a_figure() -> None:
    (core,) = [one for one in judged_sets((), library("nir224")) if one.not_offered]
    assert "1700 nm" in str(core.not_offered)
    assert not core.figures


def test_same_trials_give_the_same_card(small: Library, ignorant: Verdict) -> None:
    again = measure(small, ignorant.trials, (), ignorant.thresholds)
    assert judged_sets(again, small) == ignorant.metrics.sets
    assert chosen(halves(small, ignorant.trials)[0]) == ignorant.thresholds


def test_library_without_strangers_is_judged_without_them(small: Library) -> None:
    role = np.where(small.role == "open", "open", "")
    alone = replace(small, role=role)
    train, test = next(splits(alone, 1))
    maker = Nearest(alone)
    trial = asked(alone, maker.heads, maker.network(train, 1), (), test, 1)
    assert STRANGERS not in {one.name for one in measure(alone, [trial], (), Thresholds(0.5, 0.9))}
