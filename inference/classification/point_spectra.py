"""Point spectra labelled as a line labels its samples: by the same steps, network and decisions.

They are brought to the model's bands first. Features of absorption are measured on the instrument's own bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference import models
from inference.classification.answers import Answer
from inference.classification.classifier import Classifier
from inference.features.absorption import absorptions
from inference.features.windows import placed
from oreline.errors import SpectraRefused
from oreline.features import FEATURES
from oreline.messages import FeatureInfo
from oreline.point_spectra import PointSpectra, gaps, resampled

AT_ONCE = 512
"""Spectra that the network sees at once: what it holds between layers is hundreds of times as much."""
UNKNOWN = "unknown"
FEATURE_NAMES = tuple(one.name for one in FEATURES)

Row = dict[str, Any]


@dataclass(frozen=True)
class Classified:
    """Spectra of a file with their labels. `rows`: one a spectrum, as `oreline classify --json` writes it. `notes`:
    what was assumed, each a sentence."""

    rows: list[Row]
    notes: tuple[str, ...]


def load(model: str) -> Classifier:
    """The model of that name or folder. Raises ModelError."""
    return Classifier.load(models.folder(model))


def classify(points: PointSpectra, classifier: Classifier) -> Classified:
    """Labels of all spectra of a file. A spectrum of which a part of the model's range is deleted is unknown, for that
    reason. Raises SpectraRefused where the instrument does not cover that range."""
    card = classifier.card
    _refuse_uncovered(points, card.wavelengths_nm, card.fwhm_nm, card.name)
    seen, notes = resampled(points, card.wavelengths_nm, card.fwhm_nm)
    features = _features(points)
    whole = np.flatnonzero(np.isfinite(seen).all(axis=1))
    answers: dict[int, Answer] = {}
    for first in range(0, whole.size, AT_ONCE):
        part = whole[first : first + AT_ONCE]
        answers |= zip(part.tolist(), classifier.answers(np.ascontiguousarray(seen[part].T)), strict=True)
    rows = [
        {
            "name": name,
            **(_told(answers[n]) if n in answers else _untold(seen[n], card.wavelengths_nm)),
            "features": one,
        }
        for n, (name, one) in enumerate(zip(points.names, features, strict=True))
    ]
    return Classified(rows, (*points.notes, *notes))


def _refuse_uncovered(points: PointSpectra, nm: Sequence[float], fwhm_nm: float, model: str) -> None:
    """By a spectrum without a deleted value, at the same wavelengths."""
    ones = np.ones((1, len(points.wavelengths_nm)), np.float32)
    ideal, _ = resampled(replace(points, reflectance=ones), nm, fwhm_nm)
    if missing := gaps(nm, np.isnan(ideal[0])):
        first, last = points.wavelengths_nm[[0, -1]].tolist()
        raise SpectraRefused(
            f"{points.path}: its values from {first:g} to {last:g} nm do not cover the {nm[0]:.0f} to {nm[-1]:.0f} nm "
            f"that model {model!r} reads: {_words(missing)} are missing"
        )


def _words(missing: Sequence[tuple[float, float]]) -> str:
    return ", ".join(f"{first:.0f} to {last:.0f} nm" for first, last in missing)


def _told(answer: Answer) -> Row:
    """An answer as JSON has it; what is not told is None."""
    is_measured = answer.label != "invalid"
    bands = answer.bands
    return {
        "label": answer.label if is_measured else UNKNOWN,
        "confidence": answer.confidence if is_measured else None,
        "group": _or_none(answer.group),
        "group_confidence": answer.group_confidence if is_measured else None,
        "bands": {
            "label": bands.label,
            "group": _or_none(bands.group),
            "confidence": bands.confidence,
            "second": _or_none(bands.second),
            "share": bands.share if bands.second else None,
        }
        if bands and is_measured
        else None,
        "unknown_reason": (answer.unknown_reason or None) if is_measured else "a reflectance is not above 0",
        "best": [list(one) for one in answer.best] if is_measured else [],
    }


def _untold(seen: NDArray[np.float32], nm: Sequence[float]) -> Row:
    reason = f"no values from {_words(gaps(nm, np.isnan(seen)))}"
    absent = dict.fromkeys(("confidence", "group", "group_confidence", "bands"))
    return {"label": UNKNOWN, **absent, "unknown_reason": reason, "best": []}


def _or_none(name: str) -> str | None:
    return name if name not in ("", UNKNOWN) else None


def _features(points: PointSpectra) -> list[dict[str, dict[str, float] | None]]:
    """Centre and depth of each feature of each spectrum, None where it has none."""
    there = placed(points.wavelengths_nm)
    found = absorptions(there, points.reflectance.T)
    blank: dict[str, dict[str, float] | None] = dict.fromkeys(FEATURE_NAMES)
    return [blank | _measured([one.info for one in there], found[:, :, n]) for n in range(len(points))]


def _measured(infos: Sequence[FeatureInfo], found: NDArray[np.float32]) -> dict[str, dict[str, float] | None]:
    return {
        info.name: {"nm": float(nm), "depth": float(depth)}
        for info, (nm, depth) in zip(infos, found, strict=True)
        if np.isfinite(nm)
    }
