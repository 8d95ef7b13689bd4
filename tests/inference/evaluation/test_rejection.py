"""How well strangers are told apart."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from inference.evaluation.answers import Answers, Heads
from inference.evaluation.rejection import SCORES, USUAL, auroc, best_of, fpr95


def _plain(known: np.ndarray, strangers: np.ndarray) -> tuple[float, float]:
    ones = np.ones((1, len(known))), np.ones((1, len(strangers)))
    return float(auroc(known, strangers, *ones)[0]), float(fpr95(known, strangers, *ones)[0])


def test_figures_are_those_of_another_implementation() -> None:
    rng = np.random.default_rng(1)
    known, strangers = rng.normal(1, 1, 300).round(1), rng.normal(0, 1, 200).round(1)
    truth, score = np.r_[np.ones(300), np.zeros(200)], np.r_[known, strangers]
    false, true, _ = roc_curve(truth, score, drop_intermediate=False)
    ours = _plain(known, strangers)
    assert ours[0] == pytest.approx(roc_auc_score(truth, score))
    assert ours[1] == pytest.approx(false[np.searchsorted(true, 0.95 - 1e-9)])


def test_score_that_knows_nothing_is_worth_a_coin() -> None:
    rng = np.random.default_rng(2)
    area, passed = _plain(rng.random(2000), rng.random(2000))
    assert area == pytest.approx(0.5, abs=0.03)
    assert passed == pytest.approx(0.95, abs=0.02)
    assert _plain(np.ones(5), np.ones(5)) == (0.5, 1.0), "one answer to everything tells nothing apart"


def test_score_that_knows_all_tells_all() -> None:
    assert _plain(np.arange(10.0) + 20, np.arange(10.0)) == (1.0, 0.0)


def test_weights_are_repeated_rows() -> None:
    rng = np.random.default_rng(3)
    known, strangers = rng.normal(0.5, 1, 20), rng.normal(0, 1, 15)
    often, other = rng.integers(0, 4, 20), rng.integers(0, 4, 15)
    repeated = _plain(np.repeat(known, often), np.repeat(strangers, other))
    weighted = auroc(known, strangers, often[None].astype(float), other[None].astype(float))[0]
    assert weighted == pytest.approx(repeated[0])
    assert fpr95(known, strangers, often[None] * 1.0, other[None] * 1.0)[0] == pytest.approx(repeated[1])


def test_line_keeps_its_score_unless_another_is_better_by_more_than_chance() -> None:
    assert best_of({USUAL: 0.86, "energy": 0.865}) == USUAL
    assert best_of({USUAL: 0.86, "energy": 0.88}) == "energy"


def test_scores_are_high_where_a_class_stands_out() -> None:
    heads = Heads(("calcite", "quartz"), ("other",), ("calcite", "other bands"), ("carbonate", "other bands"))
    logits = np.array([[6, 0, 0, 6, 0], [0, 0, 6, 0, 6]], np.float32)
    for name, score in SCORES.items():
        sure, stranger = score(Answers(heads, logits))
        assert sure > stranger, name
