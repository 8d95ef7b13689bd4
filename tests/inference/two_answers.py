"""A made-up model with two answers: each output knows the spectrum that it looks like, enough for clean minerals."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from hwsim.spectra import load, metal
from inference.backends.torchscript import encode
from inference.backends.torchscript import load as load_network
from inference.classification.card import GOLDEN, MODEL, BandAnswer, Card, CardClass
from inference.classification.signature import sign
from inference.models import SHIPPED
from inference.preprocessing.steps import SavitzkyGolay, Snv, preprocessed
from oreline.cameras import CAMERAS

CAMERA = "swir288"
CLASSES = ("kaolinite", "dickite", "muscovite", "calcite", "dolomite", "chlorite")
STRANGERS = ("gypsum", "dry_grass")
"""What "other" and "not rock" look like."""
BANDS = {
    "kaolinite": ("kaolin", "kaolinite"), "muscovite": ("white mica", "muscovite"), "calcite": ("carbonate", "calcite"),
    "dolomite": ("carbonate", "dolomite"), "other kaolin": ("kaolin", "dickite"),
    "other bands": ("other bands", "gypsum"), "no bands": ("no bands", ""), "not rock": ("not rock", "dry_grass"),
}  # fmt: skip
"""Names of the second answer: the group of each, and what it looks like."""
SHARPNESS = 60.0
STEPS = (SavitzkyGolay(window=3, order=1, derivative=0), Snv())
"""Both, so that reflectance is still at hand when the features are made."""


def card(**changes: Any) -> Card:
    """Its card, but for the hashes."""
    shipped = Card.read(SHIPPED / CAMERA)
    classes = tuple(CardClass(name=name, colour=(1, 2, 3), recall=1.0, spectra=1, specimens=1) for name in CLASSES)
    bands = BandAnswer(
        names=tuple(BANDS), groups=tuple(group for group, _ in BANDS.values()), unknown_below=0.6, species_below=0.6
    )
    made: dict[str, Any] = {
        "version": 2, "name": "two answers", "classes": classes, "strangers": ("other", "not rock"), "bands": bands,
        "preprocessing": STEPS, "unknown_below": 0.6, "group_below": 0.6, "noisy_above": 0.05, "dark_below": 0.08,
    }  # fmt: skip
    return shipped.model_copy(update=made | changes)


def spectra(names: tuple[str, ...], camera: str = CAMERA) -> NDArray[np.float32]:
    """Clean reflectance side by side, float32 (bands, names); "" is metal, which has no bands."""
    library, preset = load(), CAMERAS[camera]
    seen = library.at(preset.wavelengths_nm, preset.fwhm_nm)
    rows = [seen[library.index(name)] if name else metal(preset.wavelengths_nm) for name in names]
    return np.ascontiguousarray(np.array(rows).T, np.float32)


def write(folder: Path, **changes: Any) -> Path:
    """Write the model, signed with this user's key. `changes`: of its card."""
    made = card(**changes)
    alike = (*CLASSES, *STRANGERS, *(name for _, name in BANDS.values()))
    templates = preprocessed(made.steps, made.wavelengths_nm, spectra(alike))
    layer = nn.Conv2d(1, len(alike), (len(templates), 1))
    layer.weight = nn.Parameter(torch.from_numpy(SHARPNESS / len(templates) * templates.T[:, None, :, None].copy()))
    layer.bias = nn.Parameter(torch.zeros(len(alike)))
    content, golden = encode(layer.eval()), io.BytesIO()
    np.savez(golden, snv=templates, logits=load_network(content, templates.shape)(templates))
    hashes = {"model_sha256": content, "golden_sha256": golden.getvalue()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL).write_bytes(content)
    (folder / GOLDEN).write_bytes(golden.getvalue())
    made.model_copy(update={k: hashlib.sha256(v).hexdigest() for k, v in hashes.items()}).write(folder)
    sign(folder)
    return folder
