"""Cases of `oreline bench` that hold what models read, and the networks that read it, against those of version 1: one
block, the standard normal variate, and the widths and outputs that shipped with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from inference.arrays import aligned
from inference.backends import Precision, bfloat16, load
from inference.backends.torchscript import encode
from inference.preprocessing.steps import SNV, Chain
from inference.training.inputs import INPUTS
from inference.training.network import WIDTHS, build, deployed, kmac
from oreline.bench.case import Case, repeated
from oreline.cameras import CAMERAS

BEFORE: dict[str, tuple[tuple[int, ...], int]] = {"nir224": ((16, 32, 32), 31), "swir288": ((16, 48, 48), 31)}
NOW = {"nir224": 33, "swir288": 70}
"""Widths and outputs of version 1, and outputs now: classes and strangers, and the names of the second answer."""


PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")


def cases(_folder: Path, _quick: bool) -> list[Case]:
    """For each camera, the steps and then the network, in each precision that this processor has."""
    return [case for camera in NOW for case in _camera(camera)]


def _camera(camera: str) -> list[Case]:
    preset = CAMERAS[camera]
    reflectance = aligned((preset.bands, preset.samples), np.float32)
    reflectance[...] = np.random.default_rng(1).uniform(0.05, 0.9, reflectance.shape)
    old, new = (Chain(steps, tuple(preset.wavelengths_nm), preset.samples) for steps in (SNV, INPUTS[camera]))
    steps = f"{camera}: SNV", f"{camera}: blocks and scalars"
    made = [
        Case(steps[0], repeated(lambda _: old(reflectance), 32), 1, "lines/s"),
        Case(steps[1], repeated(lambda _: new(reflectance), 32), 1, "lines/s", steps[0]),
    ]
    for precision in PRECISIONS[: 2 if bfloat16.available() else 1]:
        before = _network(camera, old, *BEFORE[camera], precision, reflectance)
        made += [before, _network(camera, new, WIDTHS[camera], NOW[camera], precision, reflectance, before.name)]
    return made


def _network(
    camera: str,
    chain: Chain,
    widths: tuple[int, ...],
    outputs: int,
    precision: Precision,
    reflectance: NDArray[np.float32],
    ceiling: str | None = None,
) -> Case:
    """An untrained one, which takes no other time."""
    torch.manual_seed(1)
    features = chain(reflectance)
    answer = load("torchscript", encode(deployed(build(chain.layout, outputs, widths))), features.shape, precision)
    size = kmac(chain.layout, outputs, widths)
    name = f"{camera}: network, {size:.0f} kMAC" + ("" if precision == "float32" else f", {precision}")
    return Case(name, repeated(lambda _: answer(features), 4, 1), 1, "lines/s", ceiling)
