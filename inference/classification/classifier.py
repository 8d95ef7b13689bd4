"""Labels from spectra: the network, and what becomes of its answer."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.backends import Logits, Precision
from inference.backends import load as load_backend
from inference.calibration.calibrator import Calibrator
from inference.classification.bands import compare
from inference.classification.card import GOLDEN, MODEL, Card
from inference.classification.signature import checked
from inference.flags import UNUSABLE
from inference.labeller import Counts, Labels
from inference.preprocessing.steps import Chain
from oreline.errors import ModelError, ModelMismatch
from oreline.jit import kernel
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, StreamInfo

GOLDEN_TOLERANCE: dict[Precision, float] = {"float32": 2**-10, "bfloat16": 2**-3}
"""By how much of their standard deviation the golden logits may differ. In float32, those of another
processor do by 1e-5. bfloat16 rounds by at most 2^-9, and does so to weights and inputs of four layers: together
2^-6 of what is summed, which is several times that, since the first layer takes differences of neighbouring
bands; the models that ship differ by 0.04 and 0.06, and by 0.8 to 7 with one output or tap left out of any layer."""

WARM_SAMPLES = 64

Table = NDArray[Any]


class Classifier:
    """A model at work, warm and checked, that reads one line at a time. `classes`: what labels stand for. `features`:
    how many it reads of a sample.

    `id`: first 16 hex digits of its sha256, of which the last four say "bf16" where it computes in bfloat16.
    """

    before = after = 0

    def __init__(self, card: Card, logits: Logits, precision: Precision = "float32") -> None:
        self.card = card
        self.id = card.model_sha256[:16] if precision == "float32" else f"{card.model_sha256[:12]}bf16"
        self.classes = card.labels
        self._logits = logits
        self.features = len(Chain(card.steps, card.wavelengths_nm, 1).wavelengths_nm)

    @classmethod
    def load(cls, folder: Path, precision: Precision = "float32", keys: Path | None = None) -> Classifier:
        """The model of a folder, after its signature and hashes were checked and its golden vector answered.

        `keys`: the line's folder of keys, for the makers that it trusts. Raises ModelUntrusted where nobody trusted has
        signed it, ModelError where anything in the folder is missing, damaged or exchanged, and where this processor or
        this network is not fit for `precision`."""
        card, _ = checked(folder, keys)
        card.check_context(folder)
        model = card.content(folder, MODEL, card.model_sha256)
        golden = card.content(folder, GOLDEN, card.golden_sha256)
        expected, snv = _golden(golden, folder)
        classifier = cls(card, load_backend(card.backend, model, snv.shape, precision), precision)
        if not _agree(classifier._logits(snv), expected, GOLDEN_TOLERANCE[precision]):
            raise ModelError(
                f"the model in {folder} does not answer its golden vector in {precision} as it did when it was made: "
                "this processor or this torch computes something else; do not use its labels, and report it"
            )
        return classifier

    def check(self, info: StreamInfo) -> None:
        """Look whether it fits a stream. Raises ModelMismatch, naming both sides, where its bands are not the model's,
        and the card does not allow resampling or they do not cover the model's."""
        if self.card.resampled:
            Chain(self.card.steps[:1], info.wavelengths_nm, 1)
        else:
            compare(self.card, info.wavelengths_nm, info.camera)

    def classify(
        self, features: NDArray[np.float32], mean_reflectance: NDArray[np.float32], invalid: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Labels and confidence, uint8 (samples,), new arrays, of one line.

        features: what the card's steps made, float32 (features, samples), C-contiguous, finite wherever the mean is (a
        network may make a class out of NaN). mean_reflectance: float32 (samples,). invalid: bits uint8 (samples,), of
        which `UNUSABLE` forbid a label. In this order: INVALID where a bit of those is set or the mean is not finite;
        BACKGROUND where the mean is below the card's; UNKNOWN where the network's probability is below the card's, or
        not a number. Confidence is the highest class's probability times 255, 0 where none was asked for. Raises
        ModelMismatch for other shapes.
        """
        samples = len(mean_reflectance)
        if features.shape != (self.features, samples) or invalid.shape != (samples,):
            raise ModelMismatch(f"a line of {features.shape} came to a model of {self.features} features")
        logits = self._logits(features)
        labels, confidence = np.empty(samples, np.uint8), np.empty(samples, np.uint8)
        unknown_below = np.float32(self.card.unknown_below)
        background = np.float32(self.card.background_reflectance)
        _decide(logits, mean_reflectance, invalid, unknown_below, background, labels, confidence)
        return labels, confidence

    def compile(self) -> None:
        """Have everything compiled that would be at its first use."""
        features = np.zeros((self.features, WARM_SAMPLES), np.float32)
        answered(*self.classify(features, np.zeros(WARM_SAMPLES, np.float32), np.zeros(WARM_SAMPLES, np.uint8)))

    def labeller(self, calibrator: Calibrator) -> LineLabeller:
        """A labeller of lines by themselves. `calibrator`: one that was made with the steps of the card."""
        return LineLabeller(calibrator, self)


class LineLabeller:
    """Calibrator and classifier as a labeller, which looks at no line but the one that it labels."""

    def __init__(self, calibrator: Calibrator, classifier: Classifier) -> None:
        self._calibrator, self._classifier = calibrator, classifier

    def label(self, run: Sequence[Counts], at: int) -> Labels:
        """Labels of the line `run[at]`; `mean` and `invalid` belong to the calibrator."""
        features, mean, invalid = self._calibrator.features(run[at])
        labels, confidence = self._classifier.classify(features, mean, invalid)
        return Labels(labels, confidence, mean, invalid, self._calibrator.lamp)


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


@kernel
def answered(labels: Table, confidence: Table) -> bool:
    """Whether the network gave a number for each sample of a line that was asked for."""
    whole = True
    for s in range(labels.size):
        whole &= labels[s] != UNKNOWN or confidence[s] != 0
    return whole


@kernel
def _decide(
    logits: Table,
    mean: Table,
    invalid: Table,
    unknown_below: np.float32,
    background: np.float32,
    labels: Table,
    confidence: Table,
) -> None:
    """Softmax of the best class, and the codes. Class by class over all samples, so that the loops run in vectors;
    exp(y) as (1 + z + z^2/2 + z^3/6)^256, z = y/256, which for y in -20..0 is within 2e-4 and calls nothing."""
    classes, samples = logits.shape
    best = logits[0].copy()
    which = np.zeros(samples, np.int32)
    for c in range(1, classes):
        for s in range(samples):
            better = logits[c, s] > best[s]
            which[s] = c if better else which[s]
            best[s] = logits[c, s] if better else best[s]
    total = np.zeros(samples, np.float32)
    for c in range(classes):
        for s in range(samples):
            below = logits[c, s] - best[s]
            z = (np.float32(-64.0) if below < np.float32(-64.0) else below) * np.float32(1 / 256)
            e = np.float32(1) + z * (np.float32(1) + z * (np.float32(0.5) + z * np.float32(1 / 6)))
            for _ in range(8):
                e *= e
            total[s] += e
    for s in range(samples):
        probability = np.float32(1) / total[s]
        labels[s], confidence[s] = UNKNOWN, 0
        if probability >= np.float32(0):
            confidence[s] = np.uint8(min(probability, np.float32(1)) * np.float32(255) + np.float32(0.5))
        if probability >= unknown_below:
            labels[s] = which[s]
        if mean[s] < background:
            labels[s], confidence[s] = BACKGROUND, 0
        if invalid[s] & UNUSABLE or not np.isfinite(mean[s]):
            labels[s], confidence[s] = INVALID, 0
