"""Intervals, and differences of two models."""

from __future__ import annotations

import numpy as np
import pytest

from inference.evaluation.bootstrap import correlation, difference, figure, mean_of, weights


def test_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    unit = np.repeat(np.arange(60), 3).astype(str)
    held = 0
    for _ in range(200):
        of_unit = rng.normal(0.6, 0.2, 60)  # rows of one specimen are alike: 180 rows are worth 60
        value = np.repeat(of_unit, 3) + rng.normal(0, 0.02, 180)
        found = figure(mean_of(value, weights(unit, 300))[None])
        held += found.low <= 0.6 <= found.high
    assert 0.90 <= held / 200 <= 0.985


def test_rows_of_one_specimen_count_as_one() -> None:
    value = np.random.default_rng(1).random(40)
    alone = figure(mean_of(value, weights(np.arange(40).astype(str)))[None])
    tenfold = figure(mean_of(np.repeat(value, 10), weights(np.repeat(np.arange(40), 10).astype(str)))[None])
    assert tenfold.high - tenfold.low == pytest.approx(alone.high - alone.low, rel=0.15)


def test_model_does_not_differ_from_itself() -> None:
    value = np.random.default_rng(2).random(50)
    sampled = np.stack([mean_of(value, weights(np.arange(50).astype(str)))] * 3)
    assert difference(sampled, sampled) == figure(np.zeros_like(sampled))


def test_pairs_show_a_difference_that_two_intervals_hide() -> None:
    rng = np.random.default_rng(4)
    hard = rng.random(80)  # how hard a rock is, for both models alike
    weight = weights(np.arange(80).astype(str))
    ours = mean_of((hard < 0.75).astype(float), weight)[None]
    theirs = mean_of((hard < 0.65).astype(float), weight)[None]
    assert figure(ours).low < figure(theirs).high, "alone they overlap"
    assert difference(ours, theirs).low > 0


def test_same_sample_gives_the_same_interval() -> None:
    unit = np.array(list("aabbccdd"))
    assert np.array_equal(weights(unit), weights(unit))


def test_values_that_are_not_defined_are_left_out() -> None:
    weight = weights(np.array(list("abcd")), 5)
    assert mean_of(np.array([1.0, np.nan, 0.0, np.nan]), weight)[0] == 0.5
    assert correlation(np.array([0.0, 1.0, 2.0, np.nan]), np.array([1.0, 3.0, 5.0, 0.0]), weight)[0] == pytest.approx(1)


def test_what_is_nowhere_defined_has_no_figure_and_no_warning() -> None:
    found = figure(mean_of(np.full(4, np.nan), weights(np.array(list("abcd"))))[None])
    assert np.isnan([found.mean, found.low, found.high]).all()
