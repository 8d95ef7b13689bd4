"""Stones of several pixels that share a mineral, and four ways to decide what a stone is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.answers import Answers, Ask, Heads, Reflectance
from inference.evaluation.library import Library
from inference.training.data import SHIFTS_NM
from oreline.light_model.grains import grain, mixture
from oreline.light_model.pixel import illuminated, noise_std

PIXELS = 25
SECOND, GRAIN, GAIN = (0.0, 0.5), (0.7, 1.4), (0.6, 1.2)
SLOPE, BEND, OFFSET = 0.03, 0.02, 0.001
ELECTRONS, READ = (3e3, 1e4), np.float32(60.0)
"""In one pixel: a second mineral, uniform; grain and gain, uniform; slope, bend and offset, standard deviations; the
light at white, log-uniform."""

Classes = NDArray[np.int64]


def stones(library: Library, rows: NDArray[np.int64], seed: int) -> Reflectance:
    """A stone of each row, (bands, n * PIXELS), the pixels of a stone side by side. Each pixel has its own part of
    another of these rows, which nothing in training has seen."""
    rng = np.random.default_rng(seed)
    seen = np.stack([library.seen(library.spectra[rows], shift) for shift in SHIFTS_NM])
    major = np.repeat(np.arange(len(rows)), PIXELS)
    shift, minor = rng.integers(0, len(seen), len(major)), rng.integers(0, len(rows), len(major))

    def uniform(low: float, high: float) -> NDArray[np.float32]:
        return rng.uniform(low, high, len(major)).astype(np.float32)

    def normal(std: float) -> NDArray[np.float32]:
        return rng.normal(0.0, std, len(major)).astype(np.float32)

    r = mixture(seen[shift, :, major].T, seen[shift, :, minor].T, uniform(*SECOND))
    x = np.linspace(-1.0, 1.0, len(r), dtype=np.float32)[:, None]
    r = illuminated(grain(r, uniform(*GRAIN)), uniform(*GAIN), normal(SLOPE), normal(BEND), x)
    light = np.exp(uniform(*np.log(ELECTRONS)))
    return np.asarray(r + noise_std(r, light, READ) * rng.standard_normal(r.shape, np.float32) + normal(OFFSET))


def decided(heads: Heads, ask: Ask, pixels: Reflectance) -> dict[str, Classes]:
    """The class of each stone, (n,), by what is decided from."""
    answers = Answers.to(heads, ask, pixels)
    share = answers.species.reshape(-1, PIXELS, len(heads.classes))
    logits = answers.class_logits.reshape(share.shape)
    mean = np.ascontiguousarray(pixels.reshape(len(pixels), -1, PIXELS).mean(axis=2))
    votes = share.argmax(axis=2)[:, :, None] == np.arange(share.shape[2])
    return {
        "vote": votes.sum(axis=1).argmax(axis=1),
        "mean probability": share.mean(axis=1).argmax(axis=1),
        "mean logits": logits.mean(axis=1).argmax(axis=1),
        "mean spectrum": Answers.to(heads, ask, mean).class_logits.argmax(axis=1),
    }
