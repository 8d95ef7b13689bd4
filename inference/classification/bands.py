"""Whether a camera's bands are those that a model was made for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inference.classification.card import Card
from oreline.errors import ModelMismatch

WAVELENGTH_TOLERANCE = 0.25
"""Of the spacing of the bands: by how much a camera's may be off."""


def compare(card: Card, wavelengths_nm: Sequence[float], camera_name: str) -> None:
    """Raises ModelMismatch, naming both sides, where a camera's band centres, nm (bands,), are not the card's."""
    ours, theirs = np.array(card.wavelengths_nm), np.array(wavelengths_nm)
    model, camera = f"model {card.name!r} reads", f"camera {camera_name!r} sends"
    remedy = "choose a model made for this camera, or train one with `oreline train`"
    if len(ours) != len(theirs):
        raise ModelMismatch(
            f"{model} {len(ours)} bands, {_range(ours)}; {camera} {len(theirs)}, {_range(theirs)}: {remedy}"
        )
    off = np.nan_to_num(np.abs(ours - theirs), nan=np.inf)
    worst, allowed = int(off.argmax()), float(np.diff(ours).min()) * WAVELENGTH_TOLERANCE
    if off[worst] > allowed:
        raise ModelMismatch(
            f"{model} {ours[worst]:.1f} nm in band {worst}, {camera} {theirs[worst]:.1f} nm there, more than "
            f"{allowed:.1f} nm off ({_range(ours)} against {_range(theirs)}): {remedy}"
        )


def _range(nm: NDArray[np.float64]) -> str:
    return f"{nm[0]:.1f}-{nm[-1]:.1f} nm"
