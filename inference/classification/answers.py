"""Answers: what a model decides of a few spectra, in words and probabilities, by the arithmetic of the line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inference.classification.decision import Decision
from inference.classification.kernels import BANDS, BANDS_GROUP, GROUP, REASON, SECOND
from inference.classification.layers import REASONS, Scheme
from oreline.messages import INVALID, UNKNOWN, ClassInfo

BEST = 3


@dataclass(frozen=True, slots=True)
class BandsTold:
    """Whose absorption bands a spectrum shows. `label`: a species, "no bands" or "not rock", or "unknown"; `group` is
    "unknown" where no group is sure either. `confidence`: probability of the group. `second`: another group whose bands
    it shows, "" where there is none, and its `share`, 0..1, of both."""

    label: str
    group: str
    confidence: float
    second: str
    share: float


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to one spectrum. `label`: a class, "unknown", or "invalid" where the spectrum is not finite; `confidence`:
    probability of the likeliest class. `group`: that of the label, or the one that is sure where no class is, or
    "unknown"; `group_confidence`: the sum of its classes, of the likeliest group where none is sure. `bands`: the
    second answer, None where the model has none. `unknown_reason`: "" where the label is known. `best`: the likeliest
    classes with their probabilities."""

    label: str
    confidence: float
    group: str
    group_confidence: float
    bands: BandsTold | None
    unknown_reason: str
    best: tuple[tuple[str, float], ...]


def answers_of(made: Decision, scheme: Scheme, classes: tuple[ClassInfo, ...]) -> list[Answer]:
    """The answer of each sample of a decision of which everything was told."""
    names = dict(enumerate(info.name for info in classes)) | {INVALID: "invalid"}
    shares = made.probability[: len(classes)]
    order = np.argsort(-shares, axis=0, kind="stable")[:BEST]
    return [
        Answer(
            label=names.get(int(made.labels[s]), "unknown"),
            confidence=float(shares[order[0, s], s]),
            group=_name(scheme.groups, made.planes[GROUP, s]),
            group_confidence=float(made.numbers[0, s]),
            bands=_bands(made.planes[:, s], made.numbers[:, s], scheme) if scheme.names else None,
            unknown_reason=REASONS[made.planes[REASON, s]].name if made.planes[REASON, s] != UNKNOWN else "",
            best=tuple((classes[c].name, float(shares[c, s])) for c in order[:, s]),
        )
        for s in range(made.labels.size)
    ]


def _bands(planes: NDArray[np.uint8], numbers: NDArray[np.float32], scheme: Scheme) -> BandsTold:
    return BandsTold(
        label=_name(scheme.names, planes[BANDS]),
        group=_name(scheme.band_groups, planes[BANDS_GROUP]),
        confidence=float(numbers[1]),
        second=scheme.band_groups[planes[SECOND]].name if planes[SECOND] != UNKNOWN else "",
        share=float(numbers[2]),
    )


def _name(legend: tuple[ClassInfo, ...], code: np.uint8) -> str:
    return legend[code].name if code != UNKNOWN else "unknown"
