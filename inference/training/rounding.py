"""What bfloat16 changes in a network's answers."""

from __future__ import annotations

import io

import numpy as np

from inference.backends.bfloat16 import exact
from inference.classification.metrics import Rounding
from oreline.errors import ModelError


def rounding(model: bytes, golden: bytes, answered: int) -> Rounding | None:
    """What it changes on the golden vector, the same on every processor; None for a network that it cannot compute.
    `answered`: outputs of the first answer, of classes and strangers."""
    with np.load(io.BytesIO(golden), allow_pickle=False) as data:
        features, plain = np.ascontiguousarray(data["snv"]), data["logits"]
    try:
        rounded = exact.logits(model, features)
    except ModelError:
        return None
    other = rounded[:answered].argmax(axis=0) != plain[:answered].argmax(axis=0)
    return Rounding(logits=round(float(np.abs(rounded - plain).max() / plain.std()), 4), labels=float(other.mean()))
