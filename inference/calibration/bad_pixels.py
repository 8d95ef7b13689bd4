"""Bad pixels of the sensor: found in dark and white, or read from a file, and replaced from their neighbours.

An element is one band of one sample. It is repaired along the bands of its own sample, where a spectrum is smooth, by
what is linear between the next good pixels on both sides *in reflectance*: the neighbours' signals are weighted by
how strongly each element responds to white. At the first and last band the nearest good pixel stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from inference.calibration import hyspex
from inference.calibration.noise_model import NoiseModel, median_of_variance
from inference.references.reference import Reference
from inference.references.robust_mean import robust_std
from oreline.errors import ConfigError, RecordingError
from oreline.recordings.recording import open_recording
from oreline.text import decode

HOT_SIGMAS, HOT_SHARE = 8.0, 0.02
"""A dark so many standard deviations of its band, and that share of full scale, above it."""
WEAK, STRONG = 0.5, 2.0
"""Response, as a multiple of what band and sample let expect."""
NOISE_SIGMAS, NOISE_FACTOR = 8.0, 2.25
"""Variance so many of its own standard errors, and that factor, above what is expected."""

Mask = NDArray[np.bool_]
Array = NDArray[np.float64]


class PixelFault(IntFlag):
    """Reasons why an element is bad."""

    HOT = 1
    """Far more dark current than its band's."""
    DEAD = 2
    """It does not respond to white as its neighbours do."""
    NOISY = 4
    """Noisier than the camera, in dark or white; an element that blinks between two levels is that."""
    LISTED = 8
    """It is in the file."""


def detect(reference: Reference, noise: NoiseModel) -> NDArray[np.uint8]:
    """The bad pixels that dark and white show, bits of `PixelFault`, uint8 (bands, samples)."""
    dark, white = reference.dark, reference.white
    level = np.median(dark.mean, axis=1, keepdims=True)
    std = robust_std(dark.mean, axis=1)[:, None]
    hot = dark.mean - level > np.maximum(HOT_SIGMAS * std, HOT_SHARE * reference.full_scale)
    signal = white.mean - dark.mean
    response = signal / _expected(np.where(hot, np.median(signal, axis=1, keepdims=True), signal))
    dead = ~((response > WEAK) & (response < STRONG))
    flicker = (noise.flicker * signal) ** 2
    quiet = np.broadcast_to(noise.read_variance[:, None], signal.shape)
    noisy = _noisy(dark.std, quiet, dark.lines) | _noisy(white.std, noise.variance(signal) + flicker, white.lines)
    return np.asarray(hot * PixelFault.HOT | dead * PixelFault.DEAD | noisy * PixelFault.NOISY, np.uint8)


def _expected(signal: Array) -> Array:
    """Response that a band and a sample have in common with the rest: median of the band times relative median of the
    sample."""
    band = np.maximum(np.median(signal, axis=1, keepdims=True), 1e-9)
    return np.maximum(np.asarray(band * np.median(signal / band, axis=0, keepdims=True)), 1e-9)


def _noisy(std: Array, expected: Array, lines: int) -> Mask:
    """Elements that are noisier than expected. What a sample has more in most of its bands is not an element's: a panel
    that was moved has grain."""
    ratio = std**2 / (median_of_variance(lines) * np.maximum(expected, 1e-9))
    ratio /= np.maximum(np.median(ratio, axis=0, keepdims=True), 1.0)
    return np.asarray(ratio > max(NOISE_FACTOR, 1.0 + NOISE_SIGMAS * np.sqrt(2.0 / max(lines - 1, 1))))


def load_map(path: Path, bands: int, x_start: int, samples: int) -> Mask:
    """The bad pixels that a file lists, bool (bands, samples), of the columns from `x_start` on.

    An image of the sensor, ENVI or TIFF, a row a band: negative values are bad or, where there are none, all that are
    not 0. Or text: the band and the sample of a bad pixel in each row, from 0; # begins a comment. Or a recording or
    settings of a HySpex camera, which list them. Raises ConfigError where it does not cover the columns.
    """
    suffix = path.suffix.lower()
    if suffix in (".txt", ".csv"):
        listed = _listed(path, bands, x_start + samples)
    else:
        listed = hyspex.read(path) if suffix in hyspex.SUFFIXES else _image(path)
    if len(listed) != bands:
        raise ConfigError(f"{path} maps {len(listed)} bands, the camera has {bands}: give the map of this camera")
    if listed.shape[1] < x_start + samples:
        raise ConfigError(
            f"{path} has {listed.shape[1]} samples, the stream reads up to {x_start + samples - 1}: "
            "give a map of the whole sensor"
        )
    return listed[:, x_start : x_start + samples]


def _image(path: Path) -> Mask:
    try:
        cube = np.asarray(open_recording(path).cube)
    except RecordingError as error:
        raise ConfigError(f"no map of bad pixels: {error}") from None
    values = cube[:, 0] if cube.shape[1] == 1 else cube[0]
    return np.asarray(values < 0 if (values < 0).any() else values != 0)


def _listed(path: Path, bands: int, samples: int) -> Mask:
    try:
        text = decode(path.read_bytes()).replace(",", " ").replace(";", " ").splitlines()
        rows = [[int(word) for word in words] for line in text if (words := line.split("#")[0].split())]
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} is no list of bad pixels, a band and a sample in each row: {error}") from None
    if any(len(row) != 2 or not 0 <= row[0] < bands or row[1] < 0 for row in rows):
        raise ConfigError(f"{path}: each row must be a band, 0..{bands - 1}, and a sample, from 0")
    mask = np.zeros((bands, max([samples, *(sample + 1 for _, sample in rows)])), np.bool_)
    for band, sample in rows:
        mask[band, sample] = True
    return mask


@dataclass(frozen=True, eq=False)
class RepairPlan:
    """Replacement of bad pixels: that at `index` by `below_weight` times the one at `below`, plus the same
    above, all (n,), flat indices into (bands, samples), rising. `lost` bool (bands, samples): those that cannot be,
    whose weights are NaN. `share`: how far each lies from `below` to `above`, 0..1."""

    index: NDArray[np.int64]
    below: NDArray[np.int64]
    above: NDArray[np.int64]
    below_weight: Array
    above_weight: Array
    share: Array
    lost: Mask

    @classmethod
    def of(cls, bad: Mask, response: Array, largest_gap: int) -> Self:
        """Repairs of `bad`, bool (bands, samples), where no more than `largest_gap` bands of a sample are bad in a row.

        `response`: how many counts white makes in each element; 1 stands for those that are not known.
        """
        bands, samples = bad.shape
        row = np.arange(bands)[:, None]
        under = np.maximum.accumulate(np.where(bad, -1, row), axis=0)
        over = np.minimum.accumulate(np.where(bad, bands, row)[::-1], axis=0)[::-1]
        band, sample = np.nonzero(bad)
        below, above = under[band, sample], over[band, sample]
        lost = (above - below - 1 > largest_gap) | ((below < 0) & (above == bands))
        below, above = np.where(below < 0, above, below), np.where(above == bands, below, above)
        below, above = np.where(lost, band, below), np.where(lost, band, above)
        share = np.where(above > below, (band - below) / np.maximum(above - below, 1), 0.0)
        known = np.where(np.isfinite(response) & (response > 0), response, 1.0)
        first, second = known[below, sample], known[above, sample]
        here = (1.0 - share) * first + share * second
        unknown = np.where(lost, np.nan, 1.0)
        gone = np.zeros(bad.shape, np.bool_)
        gone[band[lost], sample[lost]] = True
        return cls(
            band * samples + sample, below * samples + sample, above * samples + sample,
            unknown * (1.0 - share) * here / first, unknown * share * here / second, share, gone,
        )  # fmt: skip

    def __call__(self, values: Array) -> Array:
        """Signals float64 (bands, samples), repaired; NaN where that cannot be done."""
        flat = values.ravel().copy()
        flat[self.index] = self.below_weight * flat[self.below] + self.above_weight * flat[self.above]
        return flat.reshape(values.shape)
