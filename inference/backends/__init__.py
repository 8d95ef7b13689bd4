"""What runs a network. Each backend is one file or folder here, and one entry in BACKENDS that is imported when it is
used."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ModelError, nearest

Logits = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""SNV float32 (bands, samples) -> logits float32 (classes, samples), valid until the next call in the same thread."""

Precision = Literal["float32", "bfloat16"]
"""Of weights and of what lies between layers; sums are float32 in both."""

BACKENDS: dict[str, dict[Precision, str]] = {
    "torchscript": {"float32": "inference.backends.torchscript", "bfloat16": "inference.backends.bfloat16"}
}
"""Name in a card -> by precision, the module with `load(content: bytes, shape: tuple[int, int]) -> Logits`."""


def load(backend: str, content: bytes, shape: tuple[int, int], precision: Precision = "float32") -> Logits:
    """A network from bytes whose hash has been checked, warm for lines of `shape`. Raises ModelError."""
    if backend not in BACKENDS:
        known = ", ".join(BACKENDS)
        raise ModelError(f"no backend {backend!r}; there is {known}.{nearest(backend, BACKENDS)}")
    return cast(Logits, import_module(BACKENDS[backend][precision]).load(content, shape))
