"""The networks that can be computed in bfloat16: chains of convolutions along the bands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inference.backends.torchscript import expression
from oreline.errors import ModelError

OTHER_FORM = (
    "the network is not a chain of convolutions with a bias that go along the bands, with a ReLU between each and the "
    "next, to each of which the scalars by their weights may be added, which is all that bfloat16 can compute here: "
    'set inference.precision = "float32"'
)
NO_SCALARS = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """Along the bands. `weight`: float32 (outputs, channels, length); `bias`: float32 (outputs,); `stride`: in rows;
    `entry`: what each scalar adds, float32 (outputs, scalars), None where there are none."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: int
    entry: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """`layers`, which read `blocks` side by side as channels. `bands`: of a block, None for all features that there
    are. `centre`: what is taken off the scalars behind them, float32 (scalars,)."""

    layers: list[Convolution]
    blocks: int
    bands: int | None
    centre: NDArray[np.float32]


def read(content: bytes) -> Chain:
    """The chain that a network is, read from its answer back. Raises ModelError for any other network."""
    layers: list[Convolution] = []
    scalars: list[Any] = []
    value: Any = ("aten::relu", expression(content))
    while isinstance(value, tuple) and value[0] == "aten::relu":
        value, layer, own = _layer(value[1])
        layers.insert(0, layer)
        scalars.append(own)
    blocks, bands = _blocks(value)
    if any(own is not scalars[0] for own in scalars):
        raise ModelError(OTHER_FORM)
    return Chain(layers, blocks, bands, _centre(scalars[0], blocks * (bands or 0)))


def _layer(value: Any) -> tuple[Any, Convolution, Any]:
    """What a layer reads, the layer, and the scalars that it reads."""
    match value:
        case ("aten::conv2d", x, torch.Tensor() as weight, torch.Tensor() as bias, [stride, 1], [0, 0], [1, 1], 1):
            entry, scalars = None, None
        case (
            "aten::add",
            ("aten::conv2d", x, torch.Tensor() as weight, torch.Tensor() as bias, [stride, 1], [0, 0], [1, 1], 1),
            ("aten::conv2d", scalars, torch.Tensor() as entry, None, [1, 1], [0, 0], [1, 1], 1),
            1,
        ) if entry.shape[2:] == (1, 1):
            entry = entry[:, :, 0, 0].numpy()
        case _:
            raise ModelError(OTHER_FORM)
    if weight.shape[3] != 1:
        raise ModelError(OTHER_FORM)
    return x, Convolution(weight[..., 0].numpy(), bias.numpy(), stride, entry), scalars


def _blocks(value: Any) -> tuple[int, int | None]:
    match value:
        case str():
            return 1, None
        case ("aten::reshape", ("aten::narrow", str(), 2, 0, int(count)), [1, int(blocks), int(bands), -1]) if (
            count == blocks * bands
        ):
            return blocks, bands
    raise ModelError(OTHER_FORM)


def _centre(value: Any, first: int) -> NDArray[np.float32]:
    """Of the scalars, which are the features from `first` on."""
    match value:
        case None:
            return NO_SCALARS
        case (
            "aten::sub",
            ("aten::transpose", ("aten::narrow", str(), 2, begin, count), 1, 2),
            torch.Tensor() as centre,
            1,
        ) if begin == first and centre.shape == (1, count, 1, 1):
            return np.asarray(centre[0, :, 0, 0].numpy())
    raise ModelError(OTHER_FORM)
