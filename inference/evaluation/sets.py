"""What a model is judged on: spectra of specimens that it has not seen, each as a line may meet them.

All are made of a library's own rows, at its own wavelengths where that matters. Nothing here is drawn for training.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.answers import Reflectance
from inference.evaluation.library import Library
from inference.evaluation.weak_bands import DEPTHS, has_window, stained, weakened
from inference.training.minerals import WITHOUT_BANDS
from oreline.light_model.pixel import noise_std
from oreline.light_model.surface import wet

FILMS_MM = (0.02, 0.05, 0.1, 0.2)
SNRS = (500, 300, 100, 50, 25, 12)
SHIFTS_NM = (-4, -2, 2, 4)
LEVELS = (0.1, 0.06, 0.03, 0.015)
"""Mean reflectances of spectra in the shade."""
ELECTRONS, READ = np.float32(1e5), np.float32(60.0)
"""Of the camera in the shade, at white."""
ROCK_SNR = 300
MIXED = "rock pixels"
STRANGERS, WET_STRANGERS = "strangers", "strangers under .1 mm of water"

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Spectra to be judged by: `seen` float32 (bands, n), of `rows` (n,) of the library, or samples of a rock."""

    seen: Reflectance
    rows: Rows
    is_rock: bool = False


def laboratory(library: Library, rows: Rows, seed: int) -> Iterator[tuple[str, Judged]]:
    """The sets by name, made of `rows`: specimens that a network has not seen, and nothing else."""
    clean = library.seen(library.spectra[rows])
    yield "clean", Judged(clean, rows)
    yield "hard", Judged(hard(library, rows, seed), rows)
    for film in FILMS_MM:
        yield f"film {film:g} mm", Judged(_wet(library, clean, film), rows)
    for snr in SNRS:
        yield f"SNR {snr}", Judged(noisy(clean, snr, seed), rows)
    for shift in SHIFTS_NM:
        yield f"shift {shift:+d} nm", Judged(library.seen(library.spectra[rows], shift), rows)
    for level in LEVELS:
        yield f"mean {level:g}", Judged(shaded(clean, level, seed), rows)
    if has_window(library.preset.wavelengths_nm):
        yield from _weak(library, clean, rows, seed)


def strangers(library: Library) -> Iterator[tuple[str, Judged]]:
    """Minerals that are in no list, dry and wet; none where the library has none."""
    rows = library.strangers
    if not len(rows):
        return
    clean = library.seen(library.spectra[rows])
    yield STRANGERS, Judged(clean, rows)
    yield WET_STRANGERS, Judged(_wet(library, clean, 0.1), rows)


def banded(species: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Which species have absorption bands of their own where a core is logged by them, (n,)."""
    return np.array([name not in WITHOUT_BANDS for name in species.tolist()], np.bool_)


def hard(library: Library, rows: Rows, seed: int) -> Reflectance:
    """Spectra with 30 % of another of these rows, gain of .6 to 1.2, noise of 1 %, wavelengths off by up to 2 nm."""
    rng = np.random.default_rng(seed)
    spectra = library.spectra[rows].astype(np.float64)
    mixed = 0.7 * spectra + 0.3 * spectra[rng.permutation(len(rows))]
    nm = library.nm.astype(np.float64)
    moved = np.stack([np.interp(nm + rng.uniform(-2, 2), nm, row) for row in mixed])
    noise = rng.normal(0.0, 0.01, moved.shape) * moved.mean(axis=1, keepdims=True)
    bright = moved * rng.uniform(0.6, 1.2, (len(rows), 1))
    return library.seen(np.maximum(bright + noise, 0.0).astype(np.float32))


def noisy(clean: Reflectance, snr: float, seed: int) -> Reflectance:
    """With white noise, as strong in each band: the mean reflectance over it is `snr`."""
    noise = np.random.default_rng(seed).standard_normal(clean.shape, np.float32)
    return np.asarray(clean + clean.mean(axis=0) / np.float32(snr) * noise)


def shaded(clean: Reflectance, level: float, seed: int) -> Reflectance:
    """In so little light that the mean reflectance seems to be `level`, with a camera's noise."""
    dark = clean * (np.float32(level) / clean.mean(axis=0))
    noise = np.random.default_rng(seed).standard_normal(clean.shape, np.float32)
    return np.asarray(dark + noise_std(dark, ELECTRONS, READ) * noise)


def _wet(library: Library, clean: Reflectance, film_mm: float) -> Reflectance:
    nm = np.asarray(library.preset.wavelengths_nm)
    return np.ascontiguousarray(wet(clean.T.astype(np.float64), nm, film_mm).T, np.float32)


def _weak(library: Library, clean: Reflectance, rows: Rows, seed: int) -> Iterator[tuple[str, Judged]]:
    """Species with bands, all of their bands weakened until the deepest in the window has a depth: as they are, under
    a smooth stain of iron, and under a film of water."""
    nm = np.asarray(library.preset.wavelengths_nm, np.float32)
    with_bands = banded(library.species[rows])
    iron = stained(library.seen(library.spectra[library.species == "goethite"]), nm)
    over: dict[str, Callable[[Reflectance], Reflectance]] = {
        "": lambda r: r,
        ", stain": lambda r: r * iron,
        ", film": lambda r: _wet(library, r, 0.05),
    }
    for depth in DEPTHS:
        weak, deep_enough = weakened(clean[:, with_bands], nm, depth)
        for name, covered in over.items():
            seen = noisy(covered(weak[:, deep_enough]), ROCK_SNR, seed)
            yield f"depth {depth:g}{name}", Judged(seen, rows[with_bands][deep_enough])
