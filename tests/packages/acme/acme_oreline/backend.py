"""A network that is always sure of the class whose number its file says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def load(content: bytes, shape: tuple[int, int]) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
    logits = np.zeros((int(content) + 1, shape[1]), np.float32)
    logits[-1] = 9.0
    return lambda snv: logits[:, : snv.shape[1]]
