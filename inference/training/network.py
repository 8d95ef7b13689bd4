"""The network: a 1D-CNN along the bands, written as Conv2d with (k, 1) kernels so that it reads lines as they come.

Features (1, 1, features, samples) as `Layout` has them, logits (1, outputs, 1, samples). Three convolutions with
stride cut the bands 32-fold; the last is as long as what remains, so that a band keeps its place: a spectrum means
something by where it absorbs. Blocks are channels. Scalars enter every layer by a weight for each output, as if they
were one more bias. Widths fill the lanes of vectors, 16 each, or nearly.
"""

# No postponed annotations: TorchScript reads those of the class, and cannot read strings there.
from collections.abc import Iterable
from typing import Final, cast

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from inference.preprocessing.step import Layout

WIDTHS = {"nir224": (16, 48, 48), "swir288": (16, 48, 48), "swir640": (16, 32, 48)}
"""By camera: what it has time for at its own line rate, several times over, on one core."""
BENCH_WIDTHS = (32, 48, 48)
"""About 150 kMAC at 224 bands: the network of the benchmark."""
KERNELS = ((9, 8), (5, 2), (3, 2))
"""Length and stride of each convolution; `Network.layers` says the strides again, as TorchScript wants them."""
DROPOUT = 0.1
DERIVATIVE_GAIN = 5.0
"""Makes the difference of neighbours as large as a block is."""


class Network(nn.Module):
    """Network that is deployed: four convolutions, scalars added to each, and nothing that only training needs.

    One class with plain tensors, not nested modules, and one constant: TorchScript numbers the types of nested ones
    anew each time and writes constants in the order of a set, so that the same training would not give the same bytes.
    `scalar0` to `scalar3`: what a scalar adds to each output, (outputs, scalars, 1, 1); `centre`: what is taken off the
    scalars before, (1, scalars, 1, 1), so that they are small where they are rounded. With scalars the channels lie
    innermost, where it is quickest to add to each of them.
    """

    weight0: torch.Tensor
    weight1: torch.Tensor
    weight2: torch.Tensor
    weight3: torch.Tensor
    bias0: torch.Tensor
    bias1: torch.Tensor
    bias2: torch.Tensor
    bias3: torch.Tensor
    scalar0: torch.Tensor
    scalar1: torch.Tensor
    scalar2: torch.Tensor
    scalar3: torch.Tensor
    centre: torch.Tensor
    layout: Final[tuple[int, int, int]]

    def __init__(self, layout: Layout, layers: Iterable[Iterable[torch.Tensor]], centre: torch.Tensor) -> None:
        """`layers`: weight, bias, and what the scalars add."""
        super().__init__()
        self.layout = (layout.blocks, layout.bands, layout.scalars)
        self.register_buffer("centre", centre.clone())
        for number, layer in enumerate(layers):
            for name, value in zip(("weight", "bias", "scalar"), layer, strict=True):
                self.register_buffer(f"{name}{number}", value.clone())

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(1, 1, features, samples) -> (1, outputs, 1, samples)."""
        blocks, bands, scalars = self.layout
        x = features
        if blocks > 1 or scalars > 0:
            x = features.narrow(2, 0, blocks * bands).reshape(1, blocks, bands, -1)
        if scalars == 0:
            x = functional.relu(functional.conv2d(x, self.weight0, self.bias0, [8, 1]))
            x = functional.relu(functional.conv2d(x, self.weight1, self.bias1, [2, 1]))
            x = functional.relu(functional.conv2d(x, self.weight2, self.bias2, [2, 1]))
            return functional.conv2d(x, self.weight3, self.bias3)
        s = features.narrow(2, blocks * bands, scalars).transpose(1, 2) - self.centre
        x = x.contiguous(memory_format=torch.channels_last)
        s = s.contiguous(memory_format=torch.channels_last)
        x = functional.conv2d(x, self.weight0, self.bias0, [8, 1]).add_(functional.conv2d(s, self.scalar0)).relu_()
        x = functional.conv2d(x, self.weight1, self.bias1, [2, 1]).add_(functional.conv2d(s, self.scalar1)).relu_()
        x = functional.conv2d(x, self.weight2, self.bias2, [2, 1]).add_(functional.conv2d(s, self.scalar2)).relu_()
        return functional.conv2d(x, self.weight3, self.bias3).add_(functional.conv2d(s, self.scalar3))


class InTraining(nn.Module):
    """The network in training: beside each block the difference of its neighbours, for which the first convolution is
    one band shorter; batch normalisation of the scalars and after each convolution; dropout before the last."""

    def __init__(self, layout: Layout, outputs: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.layout, self.dropout = layout, nn.Dropout(DROPOUT)
        self.convolutions, self.normalised = nn.ModuleList(), nn.ModuleList(map(nn.BatchNorm2d, widths))
        channels, rows = 2 * layout.blocks, layout.bands
        for number, (width, (length, stride)) in enumerate(zip(widths, KERNELS, strict=True)):
            self.convolutions.append(nn.Conv2d(channels, width, (length - (number == 0), 1), (stride, 1), bias=False))
            channels, rows = width, (rows - length) // stride + 1
        self.convolutions.append(nn.Conv2d(channels, outputs, (rows, 1)))
        if layout.scalars:
            self.scaled = nn.BatchNorm2d(layout.scalars, affine=False)
            self.entries = nn.ModuleList(nn.Conv2d(layout.scalars, n, 1, bias=False) for n in (*widths, outputs))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(1, 1, features, samples) -> (1, outputs, 1, samples)."""
        blocks, bands, scalars = self.layout
        x = features[:, :, : blocks * bands].reshape(1, blocks, bands, -1)
        x = torch.cat([x[:, :, 1:], DERIVATIVE_GAIN * (x[:, :, 1:] - x[:, :, :-1])], dim=1)
        s = self.scaled(features[:, :, blocks * bands :].transpose(1, 2)) if scalars else None
        for number, normalise in enumerate(self.normalised):
            x = functional.relu(normalise(self._layer(number, x, s)))
        return self._layer(-1, self.dropout(x), s if s is None else self.dropout(s))

    def _layer(self, number: int, x: torch.Tensor, s: torch.Tensor | None) -> torch.Tensor:
        x = cast(torch.Tensor, self.convolutions[number](x))
        return x if s is None else x + self.entries[number](s)


def build(layout: Layout, outputs: int, widths: tuple[int, ...]) -> InTraining:
    """The network in training, with weights of torch's seed."""
    return InTraining(layout, outputs, widths)


def deployed(training: nn.Module) -> Network:
    """The same function, differences and normalisation folded into the convolutions."""
    assert isinstance(training, InTraining)
    training.eval()
    if training.layout.scalars == 0:
        centre, deviation = torch.zeros(1, 0, 1, 1), torch.ones(1, 0, 1, 1)
    else:
        mean, variance = training.scaled.running_mean, training.scaled.running_var
        assert mean is not None
        assert variance is not None
        centre, deviation = mean.view(1, -1, 1, 1), torch.sqrt(variance + training.scaled.eps).view(1, -1, 1, 1)
    count = len(training.convolutions)
    layers = [[one.detach() for one in _folded(training, number, deviation)] for number in range(count)]
    layers[0][0] = _without_differences(layers[0][0], training.layout.blocks)
    return Network(training.layout, layers, centre).eval()


def _folded(training: InTraining, number: int, deviation: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Weight, bias, and what the scalars add."""
    layer = cast(nn.Conv2d, training.convolutions[number])
    entry = cast(nn.Conv2d, training.entries[number]).weight / deviation if training.layout.scalars else deviation
    if number < len(training.normalised):
        normalise = cast(nn.BatchNorm2d, training.normalised[number])
        assert normalise.running_var is not None
        layer = fuse_conv_bn_eval(layer, normalise)
        entry = entry * (normalise.weight / torch.sqrt(normalise.running_var + normalise.eps)).view(-1, 1, 1, 1)
    assert layer.bias is not None
    return layer.weight, layer.bias, entry


def _without_differences(weight: torch.Tensor, blocks: int) -> torch.Tensor:
    """Weights of blocks and differences as those of the blocks alone: sum of a x[k + 1] + b (x[k + 1] - x[k])."""
    value, steps = weight[:, :blocks], DERIVATIVE_GAIN * weight[:, blocks:]
    none = torch.zeros_like(value[:, :, :1])
    return torch.cat([none, value + steps], dim=2) - torch.cat([steps, none], dim=2)


def kmac(layout: Layout, outputs: int, widths: tuple[int, ...]) -> float:
    """Thousands of multiply-accumulates a spectrum."""
    total, channels, rows = layout.scalars * (sum(widths) + outputs), layout.blocks, layout.bands
    for width, (length, stride) in zip(widths, KERNELS, strict=True):
        rows = (rows - length) // stride + 1
        total += rows * channels * width * length
        channels = width
    return (total + channels * outputs * rows) / 1000.0
