"""Real mineral spectra that the simulator paints its stones with; PROVENANCE.md says where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oreline.errors import ConfigError, nearest
from oreline.light_model.grains import coarser
from oreline.spectra import resampler

FILE = "minerals.npz"
COUNTS_PER_UNIT = 50_000
"""Reflectance is kept as uint16 in steps of 1/50,000."""
WOOD_SIZE = 0.35


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """`reflectance` float32 (n, bands), unitless, every value finite, on `wavelengths_nm` float64 (bands,).

    `names`: the mineral. `species`: the class a model trained here would call it by, '' where there is none.
    `titles`: the USGS record. `measured_from_nm`: below it the record holds no data, and its first value is held.
    """

    names: tuple[str, ...]
    species: tuple[str, ...]
    titles: tuple[str, ...]
    measured_from_nm: NDArray[np.float64]
    wavelengths_nm: NDArray[np.float64]
    reflectance: NDArray[np.float32]

    def index(self, name: str) -> int:
        """Row of a mineral. Raises ConfigError with the nearest name."""
        if name not in self.names:
            raise ConfigError(f"the simulator has no mineral {name!r}.{nearest(name, self.names)}")
        return self.names.index(name)

    def at(self, centres_nm: ArrayLike, fwhm_nm: ArrayLike) -> NDArray[np.float32]:
        """Reflectance as a camera with these Gaussian bands sees it, float32 (n, bands)."""
        return np.asarray(resampler(self.wavelengths_nm, centres_nm, fwhm_nm)(self.reflectance), np.float32)


@cache
def load() -> Library:
    """The library that ships, 900 to 2500 nm in steps of 1 nm."""
    with as_file(files(__name__) / FILE) as path, np.load(path, allow_pickle=False) as data:
        return Library(
            names=tuple(map(str, data["names"])),
            species=tuple(map(str, data["species"])),
            titles=tuple(map(str, data["titles"])),
            measured_from_nm=data["measured_from_nm"].astype(np.float64),
            wavelengths_nm=data["wavelengths_nm"].astype(np.float64),
            reflectance=data["counts"].astype(np.float32) / np.float32(COUNTS_PER_UNIT),
        )


def belt(wavelengths_nm: ArrayLike) -> NDArray[np.float32]:
    """Reflectance of a dark rubber belt, float32 (bands,): a formula, not a measurement.

    Carbon-black rubber is dark and nearly flat; 4 % at 900 nm that rises by 1 % to 2500 nm stands for it.
    """
    nm = np.asarray(wavelengths_nm, np.float64)
    return (0.04 + 0.01 * (nm - 900.0) / 1600.0).astype(np.float32)


def metal(wavelengths_nm: ArrayLike) -> NDArray[np.float32]:
    """Reflectance of galvanised steel, weathered, float32 (bands,): a formula, not a measurement.

    Grey, without bands, a little brighter towards long waves: 30 % at 900 nm that rises by 8 % to 2500 nm.
    """
    nm = np.asarray(wavelengths_nm, np.float64)
    return (0.30 + 0.08 * (nm - 900.0) / 1600.0).astype(np.float32)


def wood() -> NDArray[np.float64]:
    """Reflectance of sawn wood on the library's wavelengths: that of dry grass, brightened.

    Both are cellulose, lignin and bound water, and so share their bands at 1200, 1450, 1930, 2100 and 2280 nm. Wood is
    lighter: its grain size in the sense of `oreline.light_model.grains.coarser` is taken as WOOD_SIZE of the grass's.
    """
    library = load()
    return coarser(library.reflectance[library.index("dry_grass")].astype(np.float64), WOOD_SIZE)
