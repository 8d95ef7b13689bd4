"""Backends, which run a network: a file or folder each, and one line in this table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ModelError
from oreline.registry import Registry

Logits = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Features float32 (features, samples) -> logits float32 (outputs, samples), valid until the next call in the same
thread."""

Precision = Literal["float32", "bfloat16"]
"""Of weights and of what lies between layers; sums are float32 in both."""

BACKENDS = Registry(
    "oreline.backends",
    "backend",
    {
        "torchscript": "inference.backends.torchscript:load",
        "torchscript-bfloat16": "inference.backends.bfloat16:load",
    },
    error=ModelError,
)
"""By the name in a card, with the precision behind it where that is not float32, `load(content: bytes,
shape: tuple[int, int]) -> Logits`, which raises ModelError."""


def check(backend: str, precision: Precision = "float32") -> str:
    """The name in BACKENDS of a backend in a precision. Raises ModelError."""
    name = backend if precision == "float32" else f"{backend}-{precision}"
    if name not in BACKENDS and backend in BACKENDS:
        raise ModelError(f'backend {backend!r} has no {precision}: set inference.precision = "float32"')
    return BACKENDS.check(name).name


def load(backend: str, content: bytes, shape: tuple[int, int], precision: Precision = "float32") -> Logits:
    """A network from bytes whose hash has been checked, warm for lines of `shape`. Raises ModelError."""
    return cast(Logits, BACKENDS.find(check(backend, precision))(content, shape))
