"""A made-up model of the first version: one answer, classes alone, the SNV of a spectrum."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
import torch
from torch import nn

from inference.backends.torchscript import encode
from inference.backends.torchscript import load as load_network
from inference.classification.card import GOLDEN, MODEL, Card
from inference.classification.signature import sign
from inference.models import SHIPPED


def card(name: str = "swir288") -> Card:
    """The card of a model that ships, as the first version had it."""
    later = ("strangers", "bands", "group_below", "noisy_above", "dark_below", "not_for", "bfloat16")
    return Card.read(SHIPPED / name).model_copy(
        update={"version": 1, "preprocessing": "snv", **dict.fromkeys(later)}
    )  # fmt: skip


def write(folder: Path, name: str = "nir224") -> Path:
    """Write the model, signed with this user's key; what it answers is of no use."""
    made = card(name)
    torch.manual_seed(1)
    bands, classes = len(made.wavelengths_nm), len(made.classes)
    snv = np.random.default_rng(1).standard_normal((bands, 64), np.float32)
    content, golden = encode(nn.Conv2d(1, classes, (bands, 1)).eval()), io.BytesIO()
    np.savez(golden, snv=snv, logits=load_network(content, snv.shape)(snv))
    folder.mkdir(parents=True, exist_ok=True)
    for file, held in ((MODEL, content), (GOLDEN, golden.getvalue())):
        (folder / file).write_bytes(held)
    hashes = {"model_sha256": content, "golden_sha256": golden.getvalue()}
    made.model_copy(update={k: hashlib.sha256(v).hexdigest() for k, v in hashes.items()}).write(folder)
    sign(folder)
    return folder
