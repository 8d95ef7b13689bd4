"""Labels from spectra: the network, and what becomes of its answer."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.backends import Logits, Precision
from inference.backends import load as load_backend
from inference.calibration.calibrator import Calibrator
from inference.classification.answers import Answer, answers_of
from inference.classification.bands import compare
from inference.classification.card import GOLDEN, MODEL, Card
from inference.classification.decision import Codes, Decision, Values, decided
from inference.classification.kernels import PLANES, REASON, answered, tell_noisy, to_bytes
from inference.classification.layers import PROBABILITY, Scheme, chosen
from inference.classification.signature import checked
from inference.labeller import Counts, Labels
from inference.preprocessing.steps import Chain, preprocessed
from oreline.errors import ModelError, ModelMismatch
from oreline.messages import LayerInfo, StreamInfo

GOLDEN_TOLERANCE: dict[Precision, float] = {"float32": 2**-10, "bfloat16": 2**-3}
"""By how much of their standard deviation the golden logits may differ. In float32, those of another
processor do by 1e-5. bfloat16 rounds by at most 2^-9, and does so to weights and inputs of four layers: together
2^-6 of what is summed, which is several times that, since the first layer takes differences of neighbouring
bands; the models that ship differ by 0.03 to 0.05, and by 0.8 to 7 with one output or tap left out of any layer."""

WARM_SAMPLES = 64
ORDER = (
    "group", "group_confidence", "bands", "bands_group", "bands_confidence", "second", "share", "reason", PROBABILITY
)  # fmt: skip
"""Of the planes that are decided, by the names of their layers."""


class Classifier:
    """A model at work, warm and checked, that reads one line at a time. `classes`: what labels stand for. `layers`:
    what it tells beside them. `features`: how many it reads of a sample.

    `id`: first 16 hex digits of its sha256, of which the last four say "bf16" where it computes in bfloat16.
    """

    before = after = 0

    def __init__(
        self, card: Card, logits: Logits, precision: Precision = "float32", layers: Sequence[str] | None = None
    ) -> None:
        """`layers`: names of those that are told, None for all but the probability of each output. Raises ConfigError
        for one that the model has not."""
        self.card, self.scheme = card, Scheme.of(card)
        self.layers: tuple[LayerInfo, ...] = chosen(card, layers)
        names = [one.name for one in self.layers]
        self._rows = [row for row, name in enumerate(ORDER[:PLANES]) if name in names]
        self._tells_probability = PROBABILITY in names
        self.id = card.model_sha256[:16] if precision == "float32" else f"{card.model_sha256[:12]}bf16"
        self.classes = card.labels
        self._logits = logits
        self.features = Chain(card.steps, card.wavelengths_nm, 1).layout.features

    @classmethod
    def load(
        cls,
        folder: Path,
        precision: Precision = "float32",
        keys: Path | None = None,
        layers: Sequence[str] | None = None,
    ) -> Classifier:
        """The model of a folder, after its signature and hashes were checked and its golden vector answered.

        `keys`: the line's folder of keys, for the makers that it trusts. Raises ModelUntrusted where nobody trusted has
        signed it, ModelError where anything in the folder is missing, damaged or exchanged, and where this processor or
        this network is not fit for `precision`; ConfigError as the constructor does."""
        card, _ = checked(folder, keys)
        card.check_context(folder)
        return cls(card, network(folder, card, precision), precision, layers)

    def check(self, info: StreamInfo) -> None:
        """Look whether it fits a stream. Raises ModelMismatch, naming both sides, where its bands are not the model's,
        and the card does not allow resampling or they do not cover the model's."""
        if self.card.resampled:
            Chain(self.card.steps[:1], info.wavelengths_nm, 1)
        else:
            compare(self.card, info.wavelengths_nm, info.camera)

    def classify(self, features: Values, mean_reflectance: Values, invalid: Codes) -> tuple[Codes, Codes]:
        """Labels and confidence of one line, as `decide` makes them."""
        made = self.decide(features, mean_reflectance, invalid)
        return made.labels, made.confidence

    def decide(
        self,
        features: Values,
        mean_reflectance: Values,
        invalid: Codes,
        reflectance: Values | None = None,
        *,
        pointed_at: bool = False,
    ) -> Decision:
        """Decision on each sample of one line.

        features: what the card's steps made, float32 (features, samples), C-contiguous, finite wherever the mean is (a
        network may make a class out of NaN). mean_reflectance: float32 (samples,). invalid: bits uint8 (samples,), of
        which `UNUSABLE` forbid a label. reflectance: float32 (bands, samples), by which noise is told; None where it
        is not at hand. pointed_at: nothing is belt, and everything is told, whatever the layers.

        In this order a label is: INVALID where a bit of those is set or the mean is not finite; BACKGROUND where the
        mean is below the card's; UNKNOWN where the network's probability is below the card's, or not a number, or that
        of "not rock" above one half. Confidence is the highest class's probability times 255, at least 1, and 0 where
        none was asked for. Raises ModelMismatch for other shapes.
        """
        samples = len(mean_reflectance)
        if features.shape != (self.features, samples) or invalid.shape != (samples,):
            raise ModelMismatch(f"a line of {features.shape} came to a model of {self.features} features")
        told, logits = pointed_at or bool(self.layers), self._logits(features)
        made = decided(logits, mean_reflectance, invalid, self.scheme, told=told, belt=not pointed_at)
        if told and reflectance is not None and self.card.noisy_above is not None:
            tell_noisy(reflectance, np.float32(self.card.noisy_above), made.planes[REASON])
        return made

    def planes(self, made: Decision) -> Codes | None:
        """The planes of the layers that are told, uint8 (planes, samples); None where there are none."""
        if not self.layers:
            return None
        rows = self._rows
        if not self._tells_probability:
            return made.planes if len(rows) == PLANES else made.planes[rows]
        told = np.empty((sum(one.planes for one in self.layers), len(made.labels)), np.uint8)
        told[: len(rows)] = made.planes[rows]
        to_bytes(made.probability[: len(told) - len(rows)], told[len(rows) :])
        return told

    def answers(self, reflectance: Values) -> list[Answer]:
        """The answer to each of a few spectra, in words and probabilities, which agrees with what a line is told.

        reflectance: float32 (bands, spectra), at the card's wavelengths and as wide as its bands; what is not finite
        has the label "invalid"."""
        reflectance = np.ascontiguousarray(reflectance, np.float32)
        features, mean = self._prepared(reflectance), reflectance.mean(axis=0)
        mean[~np.isfinite(features).all(axis=0)] = np.nan
        features[:, np.isnan(mean)] = 0
        made = self.decide(features, mean, np.zeros(len(mean), np.uint8), reflectance, pointed_at=True)
        return answers_of(made, self.scheme, self.classes)

    def logits(self, reflectance: Values) -> Values:
        """What the network answers to such spectra, as it is: float32 (outputs, spectra)."""
        return self._logits(self._prepared(reflectance))

    def _prepared(self, reflectance: Values) -> Values:
        card = self.card
        return preprocessed(card.steps[card.resampled :], card.wavelengths_nm, reflectance)

    def compile(self) -> None:
        """Have everything compiled that would be at its first use."""
        features = np.zeros((self.features, WARM_SAMPLES), np.float32)
        blank, bits = np.zeros(WARM_SAMPLES, np.float32), np.zeros(WARM_SAMPLES, np.uint8)
        made = self.decide(features, blank, bits, np.ones((4, WARM_SAMPLES), np.float32))
        answered(made.labels, made.confidence)
        self.planes(made)

    def labeller(self, calibrator: Calibrator) -> LineLabeller:
        """A labeller of lines by themselves. `calibrator`: one that was made with the steps of the card."""
        return LineLabeller(calibrator, self)


class LineLabeller:
    """Calibrator and classifier as a labeller, which looks at no line but the one that it labels."""

    def __init__(self, calibrator: Calibrator, classifier: Classifier) -> None:
        self._calibrator, self._classifier = calibrator, classifier

    def label(self, run: Sequence[Counts], at: int) -> Labels:
        """Labels of the line `run[at]`; `mean` and `invalid` belong to the calibrator."""
        calibrator, classifier = self._calibrator, self._classifier
        features, mean, invalid = calibrator.features(run[at])
        made = classifier.decide(features, mean, invalid, calibrator.last)
        return Labels(made.labels, made.confidence, mean, invalid, calibrator.lamp, classifier.planes(made))


def network(folder: Path, card: Card, precision: Precision = "float32") -> Logits:
    """The network of a card that was checked, after its hash was, and its golden vector answered. Raises ModelError."""
    model = card.content(folder, MODEL, card.model_sha256)
    expected, snv = _golden(card.content(folder, GOLDEN, card.golden_sha256), folder)
    logits = load_backend(card.backend, model, snv.shape, precision)
    if not _agree(logits(snv), expected, GOLDEN_TOLERANCE[precision]):
        raise ModelError(
            f"the model in {folder} does not answer its golden vector in {precision} as it did when it was made: "
            "this processor or this torch computes something else; do not use its labels, and report it"
        )
    return logits


def _golden(content: bytes, folder: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as data:
            return data["logits"], data["snv"]
    except (OSError, ValueError, KeyError):
        raise ModelError(f"{folder / GOLDEN} holds no golden vector: train the model again") from None


def _agree(answered: NDArray[np.float32], expected: NDArray[np.float32], tolerance: float) -> bool:
    """Whether logits (classes, samples) differ by no more than that share of their standard deviation, and the best
    class not at all where it is further than that above the second."""
    if answered.shape != expected.shape:
        return False
    allowed = tolerance * float(expected.std())
    second, best = np.sort(expected, axis=0)[-2:]
    same = answered.argmax(axis=0) == expected.argmax(axis=0)
    return bool((np.abs(answered - expected) <= allowed).all() and same[best - second > allowed].all())
