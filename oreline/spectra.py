"""From one set of bands to another: what a camera with Gaussian bands sees of a finer spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oreline.errors import ConfigError

SIGMAS = 4.0
"""A band's response is cut this many standard deviations from its centre."""
SIGMA_PER_FWHM = 1.0 / np.sqrt(8.0 * np.log(2.0))
LEAST_SEEN = 0.49
"""A band is NaN where less than this share of its response falls on finite source values: at the very end of a
spectrum one half of a band remains, and it is used."""


@dataclass(frozen=True, slots=True, eq=False)
class Resampler:
    """`weights` float64 (bands, source): response times source spacing; rows sum to at most 1, and to less
    where the source ends within the band."""

    weights: NDArray[np.float64]

    def __call__(self, spectra: NDArray[np.floating]) -> NDArray[np.floating]:
        """Spectra (..., source), float32 or float64 -> (..., bands) of the same dtype.

        NaN in the source is left out of the mean; a band of which too little is finite becomes NaN.
        """
        if spectra.shape[-1] != self.weights.shape[1]:
            raise ConfigError(
                f"spectra have {spectra.shape[-1]} bands, the resampler was made for {self.weights.shape[1]}"
            )
        finite = np.isfinite(spectra)
        seen = finite.astype(np.float64) @ self.weights.T
        total = np.where(finite, spectra, 0.0).astype(np.float64) @ self.weights.T
        mean: NDArray[np.floating] = np.full_like(total, np.nan)
        np.divide(total, seen, out=mean, where=seen >= LEAST_SEEN)
        return mean.astype(spectra.dtype)


def resampler(source_nm: ArrayLike, centres_nm: ArrayLike, fwhm_nm: ArrayLike) -> Resampler:
    """The operator from `source_nm` (source,) to Gaussian bands at `centres_nm` (bands,) of width `fwhm_nm`,
    one for all or (bands,). Every spacing of the source is allowed, as long as it rises.

    Response exp(-(l - c)^2 / 2s^2) with s = fwhm / sqrt(8 ln 2), integrated by the source's spacing. Raises
    ConfigError where wavelengths do not rise, are not finite, or a width is not positive.
    """
    source = _rising("source wavelengths", source_nm)
    centres = _rising("band centres", centres_nm)
    sigma = np.broadcast_to(np.asarray(fwhm_nm, np.float64) * SIGMA_PER_FWHM, centres.shape)
    if not (np.isfinite(sigma).all() and (sigma > 0).all()):
        raise ConfigError("a band's width must be a positive number of nanometres")
    spacing = np.gradient(source)
    z = (source - centres[:, None]) / sigma[:, None]
    response = np.where(np.abs(z) <= SIGMAS, np.exp(-0.5 * z * z), 0.0)
    area = sigma[:, None] * np.sqrt(2.0 * np.pi)
    return Resampler(response * spacing / area)


def _rising(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, np.float64)
    if array.ndim != 1 or array.size < 2 or not np.isfinite(array).all() or not (np.diff(array) > 0).all():
        raise ConfigError(f"{name} must be at least two finite numbers that rise")
    return array
