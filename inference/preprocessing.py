"""What a model's card may ask to be done with reflectance before the network sees it.

On the line the same formula is fused into calibration's kernel; this is its plain form, for training and for spectra
that are reflectance already.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

STD_FLOOR = 1e-6
"""A spectrum flatter than this is divided by this."""


def snv(reflectance: NDArray[np.float32]) -> NDArray[np.float32]:
    """Standard normal variate, (R - mean)/std of each sample over its bands, float32 (bands, samples) -> the same.

    std is the population's. A sample with NaN in any band is NaN throughout. Barnes, Dhanoa and Lister, Applied
    Spectroscopy 43 (1989) 772.
    """
    mean = reflectance.mean(axis=0, dtype=np.float64)
    spread = np.maximum(reflectance.std(axis=0, dtype=np.float64), STD_FLOOR)
    normalised: NDArray[np.float32] = ((reflectance - mean) / spread).astype(np.float32)
    return normalised


PREPROCESSING: dict[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]] = {"snv": snv}
