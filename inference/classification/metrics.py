"""What a card says of how a model was judged."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Strict(BaseModel):
    """A part of a card: no key that is not known, no number that is none."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Accuracy(Strict):
    """Share of spectra labelled rightly, each method on the same folds."""

    cnn: Share
    sam: Share
    lda: Share
    svm: Share
    majority: Share


class Estimate(Strict):
    """A figure: its mean over seeds; `spread`, the standard deviation from seed to seed, or from network to network
    where all are asked the same; `low` and `high`, the 95 % interval by bootstrap over specimens."""

    mean: float
    spread: Annotated[float, Field(ge=0.0)]
    low: float
    high: float


class JudgedSet(Strict):
    """What was judged: on what `rock`, how many `spectra` of how many `specimens` (of core: stretches of 0.1 m).
    `figures` by method, "network" being the model's own kind, and by quantity."""

    name: str
    rock: str
    spectra: int
    specimens: int
    figures: dict[str, dict[str, Estimate]] = {}
    not_offered: str | None = None
    """Why there are no figures."""


class ThresholdCheck(Strict):
    """A threshold of the card, as held against other specimens: `of`, the share that it rules, what was aimed at, what
    it came to on the half that chose it, and on the other half of so many specimens."""

    name: str
    of: str
    aim: Share
    chosen: Share
    measured: Share
    specimens: int


class Metrics(Strict):
    """Measured on folds that no specimen is on both sides of; clean spectra, without the answer unknown."""

    folds: int
    spectra: int
    specimens: int
    accuracy: Accuracy
    cnn_pixels: Share
    """The network's accuracy on held-out spectra made into pixels: mixed, shaded, noisy. With seeds, on the set
    "hard"."""
    right_and_sure: Share
    """Share of held-out spectra labelled rightly and above `unknown_below`."""
    sure_and_right: Share
    """Share of the answers above `unknown_below` that are right."""
    unknown_rejected: Share
    """Share of spectra of minerals never seen that are answered unknown."""
    seeds: int | None = None
    """How many splits, and as many trainings in the folds of each. What follows is there with it."""
    sets: tuple[JudgedSet, ...] | None = None
    """Everything that was judged, the figures above among them."""
    score: str | None = None
    """By which strangers are best told from what the model knows, chosen on half of them: "max softmax" is what a
    line uses, another is better by .01 at least."""
    thresholds: tuple[ThresholdCheck, ...] | None = None
    """What the card's thresholds come to on specimens that did not choose them."""


class Pair(Strict):
    """Two minerals that the range cannot separate: all methods mix them up."""

    a: str
    b: str
    a_as_b: Share
    """Share of a labelled b, mean of all methods,"""
    b_as_a: Share
    """and of b labelled a."""


class Rounding(Strict):
    """What bfloat16 changes, on the golden vector. `logits`: the largest difference from float32, as a share of their
    standard deviation. `labels`: share of the samples with another best class."""

    logits: Annotated[float, Field(ge=0)]
    labels: Share
