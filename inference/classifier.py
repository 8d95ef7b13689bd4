"""Labels from spectra: the network, and what becomes of its answer."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.backends import Logits
from inference.backends import load as load_backend
from inference.card import GOLDEN, MODEL, Card
from oreline.errors import ModelError, ModelMismatch
from oreline.jit import kernel
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo, StreamInfo

UNUSABLE = 3
"""Bits of `invalid` from which nothing is to be concluded: saturated, no reference."""
GOLDEN_TOLERANCE = 1e-3
"""Logits of another processor may differ by this; by 1e-5 is common."""

Table = NDArray[Any]


class Classifier:
    """A model at work, warm and checked. `id`: first 16 hex digits of its sha256; `classes`: what labels stand for."""

    def __init__(self, card: Card, logits: Logits) -> None:
        self.card = card
        self.id = card.model_sha256[:16]
        self.classes = tuple(ClassInfo(one.name, one.colour) for one in card.classes)
        self._logits = logits

    @classmethod
    def load(cls, folder: Path, samples: int = 640) -> Classifier:
        """The model of a folder, after its hashes were checked and its golden vector answered; warm for lines of
        `samples`. Raises ModelError where anything in the folder is missing, damaged or exchanged."""
        card = Card.read(folder)
        model = card.content(folder, MODEL, card.model_sha256)
        golden = card.content(folder, GOLDEN, card.golden_sha256)
        classifier = cls(card, load_backend(card.backend, model, (len(card.wavelengths_nm), samples)))
        classifier._answer(golden, folder)
        blank = np.zeros((len(card.wavelengths_nm), samples), np.float32)
        classifier.classify(blank, np.zeros(samples, np.float32), np.zeros(samples, np.uint8))
        return classifier

    def _answer(self, golden: bytes, folder: Path) -> None:
        with np.load(io.BytesIO(golden), allow_pickle=False) as data:
            snv, expected = data["snv"], data["logits"]
        answered = self._logits(snv)
        if answered.shape != expected.shape or not np.allclose(answered, expected, atol=GOLDEN_TOLERANCE, rtol=1e-3):
            raise ModelError(
                f"the model in {folder} does not answer its golden vector as it did when it was made: this processor "
                "or this torch computes something else; do not use its labels, and report it"
            )

    def check(self, info: StreamInfo) -> None:
        """Whether the model fits a stream's bands. Raises ModelMismatch, which names both sides."""
        ours, theirs = np.array(self.card.wavelengths_nm), np.array(info.wavelengths_nm)
        remedy = "choose a model made for this camera, or train one with `oreline train`"
        if len(ours) != len(theirs):
            raise ModelMismatch(
                f"model {self.card.name!r} reads {len(ours)} bands, {_range(ours)}; camera {info.camera!r} sends "
                f"{len(theirs)}, {_range(theirs)}: {remedy}"
            )
        off, allowed = np.abs(ours - theirs), float(np.diff(ours).min()) / 4.0
        if not (off <= allowed).all():
            worst = int(np.argmax(np.where(np.isfinite(off), off, np.inf)))
            raise ModelMismatch(
                f"model {self.card.name!r} reads {ours[worst]:.1f} nm in band {worst}, camera {info.camera!r} sends "
                f"{theirs[worst]:.1f} nm there, and {allowed:.1f} nm is allowed ({_range(ours)} against "
                f"{_range(theirs)}): {remedy}"
            )

    def classify(
        self, snv: NDArray[np.float32], mean_reflectance: NDArray[np.float32], invalid: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Labels and confidence, uint8 (samples,), new arrays, of one line.

        snv: float32 (bands, samples), C-contiguous. mean_reflectance: float32 (samples,). invalid: bits uint8
        (samples,), of which `UNUSABLE` forbid a label. In this order: INVALID where a bit of those is set or the
        mean is not finite; BACKGROUND where the mean is below the card's; UNKNOWN where the network's probability is
        below the card's, or not a number. Confidence is the highest class's probability times 255, 0 where none was
        asked for. Raises ModelMismatch for other shapes.
        """
        samples = len(mean_reflectance)
        if snv.shape != (len(self.card.wavelengths_nm), samples) or invalid.shape != (samples,):
            raise ModelMismatch(f"a line of {snv.shape} came to a model of {len(self.card.wavelengths_nm)} bands")
        logits = self._logits(snv)
        labels, confidence = np.empty(samples, np.uint8), np.empty(samples, np.uint8)
        unknown_below = np.float32(self.card.unknown_below)
        background = np.float32(self.card.background_reflectance)
        _decide(logits, mean_reflectance, invalid, unknown_below, background, labels, confidence)
        return labels, confidence


def _range(nm: NDArray[np.float64]) -> str:
    return f"{nm[0]:.1f}-{nm[-1]:.1f} nm"


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
            z = max(logits[c, s] - best[s], np.float32(-64.0)) * np.float32(1 / 256)
            e = np.float32(1) + z * (np.float32(1) + z * (np.float32(0.5) + z * np.float32(1 / 6)))
            for _ in range(8):
                e *= e
            total[s] += e
    for s in range(samples):
        probability = np.float32(1) / total[s]
        confidence[s] = np.uint8(min(probability, np.float32(1)) * np.float32(255) + np.float32(0.5))
        labels[s] = which[s]
        if not probability >= unknown_below:
            labels[s] = UNKNOWN
        if mean[s] < background:
            labels[s], confidence[s] = BACKGROUND, 0
        if invalid[s] & UNUSABLE or not np.isfinite(mean[s]):
            labels[s], confidence[s] = INVALID, 0
