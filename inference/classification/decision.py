"""Decision on each sample of a line, from the network's answer to it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inference.classification import kernels
from inference.classification.layers import Scheme

Values = NDArray[np.float32]
Codes = NDArray[np.uint8]


class Decision(NamedTuple):
    """What is decided of each sample, in new arrays.

    `labels`, `confidence`: uint8 (samples,). `planes`: uint8 (PLANES, samples), in the order of
    `inference.classification.kernels`. `numbers`: float32 (3, samples): the probabilities of the group and of the
    bands' group, and the share of the second. `probability`: float32 (outputs, samples), of classes and strangers
    together, and of the names of the second answer. `planes`, `numbers` and `probability` mean nothing where nothing
    but labels is asked for.
    """

    labels: Codes
    confidence: Codes
    planes: Codes
    numbers: Values
    probability: Values


def decided(logits: Values, mean: Values, invalid: Codes, scheme: Scheme, *, told: bool, belt: bool) -> Decision:
    """Decision by what a network answers, float32 (outputs, samples). `told`: whether anything beside labels is asked
    for. `belt`: whether what is dark may be belt. Some networks answer sample by sample: rows of such an array are a
    tenth as fast as a copy."""
    logits = np.ascontiguousarray(logits)
    samples, first = len(mean), len(logits) - len(scheme.names)
    labels, confidence = np.empty(samples, np.uint8), np.empty(samples, np.uint8)
    planes, numbers = np.empty((kernels.PLANES, samples), np.uint8), np.empty((3, samples), np.float32)
    probability = np.empty(logits.shape, np.float32)
    top, inverse = np.empty(samples, np.float32), np.empty(samples, np.float32)
    kernels.softmax(logits, 0, first, told, probability, top, inverse)
    kernels.decide(
        logits, top, inverse, probability, mean, invalid, scheme.class_group, len(scheme.groups) if told else 0, belt,
        scheme.places, scheme.below, labels, confidence, numbers, planes,
    )  # fmt: skip
    if told and scheme.names:
        kernels.softmax(logits, first, len(logits), told, probability, top, inverse)
        kernels.decide_bands(
            probability, first, scheme.name_group, scheme.is_species, len(scheme.band_groups),
            scheme.places, scheme.below, labels, numbers, planes,
        )  # fmt: skip
    return Decision(labels, confidence, planes, numbers, probability)
