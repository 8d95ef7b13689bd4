"""Other methods, judged on the same spectra: what a network must beat to be worth its place.

SAM, SVM and LDA learn clean spectra, from the first derivative of their SNV. "LDA, physics" learns what the network
learns: pixels of its own recipe, as its own input. The nearest species with bands is looked for by the hull quotient
or by the derivative of log R between 2050 and 2450 nm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from inference.evaluation.answers import NO_BANDS, NOT_ROCK, Reflectance, summed
from inference.evaluation.library import Library
from inference.evaluation.sets import Rows, banded
from inference.evaluation.weak_bands import has_window, quotient
from inference.preprocessing.steps import snv
from oreline.palette import group_of

COMPONENTS, PHYSICS_COMPONENTS = 40, 80
SVM_C = 10.0
NEAREST_NM = (2050.0, 2450.0)

Names = NDArray[np.str_]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """Labels of a method: `species` and `bands`, the group whose bands are seen, both (n,)."""

    species: Names
    bands: Names


Method = Callable[[Reflectance], Said]


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Pixels of a training recipe: `features` float32 (features, n); `species` (n,), "" for what is no class; `bands`
    (n,), a name of the second answer, of which `groups` says the group. `prepared`: reflectance (bands, n) -> features.
    """

    features: Floats
    species: Names
    bands: Names
    groups: Mapping[str, str]
    prepared: Callable[[Reflectance], Floats]


def methods(library: Library, rows: Rows, pixels: Pixels | None) -> dict[str, Method]:
    """The methods by name, having learned `rows` of the library, which are of classes."""
    clean, species = library.seen(library.spectra[rows]), library.species[rows]
    derivative = features(clean)
    made: dict[str, Method] = {
        "SAM": _by_species(nearest(derivative, species), features),
        "LDA": _by_species(_lda(COMPONENTS, derivative, species).predict, features),
        "SVM": _by_species(make_pipeline(StandardScaler(), SVC(C=SVM_C)).fit(derivative, species).predict, features),
    }
    if pixels is not None:
        made["LDA, physics"] = _physics(pixels)
    if has_window(library.preset.wavelengths_nm):
        nm = np.asarray(library.preset.wavelengths_nm, np.float32)
        with_bands = banded(species)
        if not with_bands.any():
            return made
        inside = (nm >= NEAREST_NM[0]) & (nm <= NEAREST_NM[1])
        windows: dict[str, Callable[[Reflectance], Floats]] = {
            "nearest, hull": lambda seen: _hull(seen[inside], nm[inside]),
            "nearest, derivative": lambda seen: _slope(seen[inside]),
        }
        for name, reads in windows.items():
            made[name] = _by_species(nearest(reads(clean[:, with_bands]), species[with_bands]), reads)
    return made


def features(reflectance: Reflectance) -> Floats:
    """First derivative of the SNV, float32 (bands, n) -> (n, bands - 1)."""
    return np.diff(snv(reflectance).T, axis=1)


def nearest(known: Floats, species: Names) -> Callable[[Floats], Names]:
    """The species of the known spectrum at the smallest angle. Kruse and others, 1993."""
    unit = known / np.linalg.norm(known, axis=1, keepdims=True)
    return lambda asked: species[(asked @ unit.T).argmax(axis=1)]


def _by_species(predict: Callable[[Floats], Names], read: Callable[[Reflectance], Floats]) -> Method:
    def method(seen: Reflectance) -> Said:
        species = np.asarray(predict(read(seen)))
        return Said(species, np.array([group_of(name) or name for name in species]))

    return method


def _physics(pixels: Pixels) -> Method:
    known = pixels.species != ""
    first = _lda(PHYSICS_COMPONENTS, pixels.features[:, known].T, pixels.species[known])
    second = _lda(PHYSICS_COMPONENTS, pixels.features.T, pixels.bands)
    of_group = [pixels.groups[name] for name in second.classes_]

    def method(seen: Reflectance) -> Said:
        asked = pixels.prepared(seen).T
        names, sums = summed(np.asarray(second.predict_proba(asked), np.float32), of_group)
        named = ~np.isin(names, [NO_BANDS, NOT_ROCK])
        return Said(first.predict(asked), names[named][sums[:, named].argmax(axis=1)])

    return method


def _lda(components: int, known: Floats, label: Names) -> Pipeline:
    """Linear discriminant on the first principal components."""
    components = min(components, len(known) - 1, known.shape[1])
    model = make_pipeline(PCA(components, svd_solver="covariance_eigh"), LinearDiscriminantAnalysis())
    return model.fit(known.astype(np.float64), label)


def _hull(reflectance: Reflectance, nm: Floats) -> Floats:
    return (1.0 - quotient(reflectance, nm)).T + np.float32(1e-6)


def _slope(reflectance: Reflectance) -> Floats:
    return np.diff(np.log(np.maximum(reflectance, np.float32(1e-4))), axis=0).T
