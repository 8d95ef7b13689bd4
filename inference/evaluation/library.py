"""A library of minerals at its own wavelengths, and as a camera sees it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inference.evaluation.answers import Reflectance
from inference.training.data import as_seen, columns
from oreline.cameras import CameraPreset


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """n rows. `spectra` float32 (n, source), reflectance at `nm` (source,); `species` (n,): its class, "" for none;
    `specimen` (n,): rows of one rock; `role` (n,); `preset`: the camera; `sha256` of the file."""

    spectra: NDArray[np.float32]
    nm: NDArray[np.float32]
    species: NDArray[np.str_]
    specimen: NDArray[np.str_]
    role: NDArray[np.str_]
    preset: CameraPreset
    sha256: str

    @classmethod
    def load(cls, path: Path, preset: CameraPreset) -> Library:
        """Read a library in the format of docs/reference/spectra.md. Raises ConfigError where it is none."""
        (spectra, nm, species, specimen, role), sha256 = columns(path)
        return cls(spectra, nm, species, specimen, role, preset, sha256)

    @property
    def known(self) -> NDArray[np.int64]:
        """Rows of classes."""
        return np.flatnonzero((self.role == "open") & (self.species != ""))

    @property
    def strangers(self) -> NDArray[np.int64]:
        """Rows of minerals that are never a class, kept apart to measure rejection."""
        return np.flatnonzero(self.role == "unknown_open")

    def seen(self, spectra: NDArray[np.float32], shift_nm: float = 0.0) -> Reflectance:
        """Spectra (n, source) as the camera sees them whose wavelengths are off by `shift_nm`, (bands, n)."""
        return np.ascontiguousarray(as_seen(spectra, self.nm, self.preset, shift_nm).T)
