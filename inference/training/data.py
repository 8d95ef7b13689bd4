"""The spectra that models learn from, as a camera sees them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.preprocessing.step import Layout
from inference.preprocessing.steps import SNV, Chain, Steps, preprocessed
from inference.training import not_rock
from oreline.cameras import CameraPreset
from oreline.errors import ConfigError
from oreline.guard import refusal
from oreline.spectra import resampler

SHIFTS_NM = tuple(range(-3, 4))
"""Each spectrum is kept as seen by a camera whose wavelengths are off by so much."""
NO_SHIFT = SHIFTS_NM.index(0)
SPECTRA = "docs/reference/spectra.md"
OTHER = -1
COLUMNS = ("spectra", "wavelength_nm", "species", "sample_id", "role")


@dataclass(frozen=True, slots=True, eq=False)
class Spectra:
    """n spectra. `seen` float32 (shifts, n, bands), reflectance; `target` int64 (n,): index into `classes`, or OTHER
    for a mineral that is no class; `specimen` (n,): rows of one rock, which must not be split; `reserved` bool (n,):
    minerals kept apart to tune rejection; `sha256` of the file. `nm` (bands,), `steps`: what is done with reflectance
    before a network reads it. `mineral` (n,): what each row is, class or not. `not_rock` float32 (shifts, m, bands):
    what is no rock, as the same camera sees it."""

    classes: tuple[str, ...]
    seen: NDArray[np.float32]
    target: NDArray[np.int64]
    specimen: NDArray[np.str_]
    reserved: NDArray[np.bool_]
    sha256: str
    nm: tuple[float, ...]
    mineral: NDArray[np.str_]
    not_rock: NDArray[np.float32]
    steps: Steps = SNV

    @property
    def layout(self) -> Layout:
        """Layout of what a network reads of a pixel."""
        return Chain(self.steps, self.nm, 1).layout

    def prepared(self, reflectance: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features that a network reads of pixels, float32 (bands, n) -> (features, n)."""
        return preprocessed(self.steps, self.nm, reflectance)

    @property
    def clean(self) -> NDArray[np.float32]:
        """Spectra at the camera's own wavelengths, float32 (n, bands)."""
        return np.asarray(self.seen[NO_SHIFT])

    @property
    def named(self) -> NDArray[np.str_]:
        """What each row is called, (n,): its class, or else its mineral."""
        return np.array(
            [self.classes[one] if one != OTHER else str(self.mineral[row]) for row, one in enumerate(self.target)]
        )

    @property
    def known(self) -> NDArray[np.int64]:
        """Rows of the classes."""
        return np.flatnonzero(self.target != OTHER)


def load(path: Path, preset: CameraPreset, steps: Steps = SNV) -> Spectra:
    """Read a library in the format of minerals_open.npz. Raises ConfigError where it is none, or does not cover
    the camera."""
    (spectra, nm, species, specimen, role), sha256 = columns(path)
    classes = tuple(sorted(set(species[role == "open"].tolist()) - {""}))
    if len(classes) < 2:
        raise ConfigError(
            f"{path} has fewer than two classes, species of role open ({', '.join(classes) or 'none'}): a model tells "
            f"two or more apart, see {SPECTRA}"
        )
    index = {name: number for number, name in enumerate(classes)}
    target = np.array(
        [index.get(name, OTHER) if kind == "open" else OTHER for name, kind in zip(species, role, strict=True)]
    )
    seen = _shifted(spectra, nm, preset)
    if not np.isfinite(seen).all():
        raise ConfigError(f"{path} does not cover {preset.first_nm:g} to {preset.last_nm:g} nm of {preset.name}")
    return Spectra(
        classes, seen, target, specimen, role == "unknown_open", sha256, tuple(preset.wavelengths_nm.round(4).tolist()),
        _minerals(path, species), _not_rock(preset), steps,
    )  # fmt: skip


def columns(path: Path) -> tuple[list[NDArray[Any]], str]:
    """COLUMNS of a library, and the SHA-256 of its file. Raises ConfigError where it is no library."""
    try:
        content = path.read_bytes()
        with np.load(path, allow_pickle=False) as data:
            return [data[column] for column in COLUMNS], hashlib.sha256(content).hexdigest()
    except OSError as error:
        raise refusal(error, path) from None
    except (KeyError, ValueError, TypeError) as error:
        raise ConfigError(
            f"{path} is no library of spectra with the columns {', '.join(COLUMNS)}, see {SPECTRA}: {error}"
        ) from None


def _minerals(path: Path, species: NDArray[np.str_]) -> NDArray[np.str_]:
    """The column `mineral`, which a library may lack: then a class is its own mineral, and of others nothing is
    known."""
    with np.load(path, allow_pickle=False) as data:
        return np.asarray(data["mineral"] if "mineral" in data.files else species)


@cache
def _not_rock(preset: CameraPreset) -> NDArray[np.float32]:
    nm = np.arange(preset.first_nm - 60.0, preset.last_nm + 61.0, 2.0)
    return _shifted(not_rock.spectra(nm)[0], nm.astype(np.float32), preset)


def _shifted(spectra: NDArray[np.float32], nm: NDArray[np.float32], preset: CameraPreset) -> NDArray[np.float32]:
    return np.array([as_seen(spectra, nm, preset, shift) for shift in SHIFTS_NM])


def as_seen(
    spectra: NDArray[np.float32], nm: NDArray[np.float32], preset: CameraPreset, shift: float
) -> NDArray[np.float32]:
    """Spectra (n, source) as a camera sees them whose wavelengths are off by `shift` nm, (n, bands).

    At the ends of the library its last values are held, so that a shifted camera does not look beyond it.
    """
    step = float(nm[1] - nm[0])
    edge = int(np.ceil(4 * preset.fwhm_nm / step))
    beyond = step * np.arange(1, edge + 1)
    wide = np.concatenate([nm[0] - beyond[::-1], nm.astype(np.float64), nm[-1] + beyond])
    held = np.pad(spectra, ((0, 0), (edge, edge)), mode="edge")
    return np.asarray(resampler(wide, preset.wavelengths_nm + shift, preset.fwhm_nm)(held), np.float32)
