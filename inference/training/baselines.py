"""Baselines that a network is measured against: spectral angle, linear discriminant, support vectors.

Each reads SNV and its first derivative, takes clean training spectra and gives the class of clean test spectra.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from inference.preprocessing.steps import snv

Floats = NDArray[np.float32]
Targets = NDArray[np.int64]
Method = Callable[[Floats, Targets, Floats], Targets]

COMPONENTS = 40
SVM_C = 10.0


def features(reflectance: Floats) -> Floats:
    """First derivative of the SNV, float32 (n, bands) -> (n, bands - 1)."""
    return np.diff(snv(reflectance.T).T, axis=1)


def sam(train: Floats, target: Targets, test: Floats) -> Targets:
    """The class of the training spectrum at the smallest angle. Kruse and others, 1993."""
    norm = np.linalg.norm(train, axis=1), np.linalg.norm(test, axis=1)
    cosine = (test @ train.T) / np.outer(norm[1], norm[0])
    return np.asarray(target[cosine.argmax(axis=1)])


def lda(train: Floats, target: Targets, test: Floats) -> Targets:
    """Linear discriminant on the first principal components."""
    components = min(COMPONENTS, len(train) - 1, train.shape[1])
    model = make_pipeline(PCA(components, svd_solver="full"), LinearDiscriminantAnalysis())
    return np.asarray(model.fit(train, target).predict(test))


def svm(train: Floats, target: Targets, test: Floats) -> Targets:
    """Support vectors with a radial kernel."""
    model = make_pipeline(StandardScaler(), SVC(C=SVM_C))
    return np.asarray(model.fit(train, target).predict(test))


BASELINES: dict[str, Method] = {"sam": sam, "lda": lda, "svm": svm}
