"""The network: a 1D-CNN along the bands, written as Conv2d with (k, 1) kernels so that it reads lines as they come.

Input (1, 1, bands, samples), logits (1, classes, 1, samples). Three convolutions with stride cut the bands 32-fold; the
last is as long as what remains, so that a band keeps its place: a spectrum means something by where it absorbs.
Widths are multiples of 16, the lanes of a vector.
"""

# No postponed annotations: TorchScript reads those of the class, and cannot read strings there.
from collections.abc import Iterable

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

WIDTHS = {"nir224": (16, 32, 32), "swir288": (16, 48, 48)}
"""By camera: what it has time for at its own line rate, several times over, on one core."""
BENCH_WIDTHS = (32, 48, 48)
"""About 150 kMAC at 224 bands: the network of the benchmark."""
KERNELS = ((9, 8), (5, 2), (3, 2))
"""Length and stride of each convolution; `Network.forward` says the strides again, as TorchScript wants them."""
DROPOUT = 0.1
DERIVATIVE_GAIN = 10.0
"""Makes the derivative of an SNV as large as the SNV."""


class Network(nn.Module):
    """Network that is deployed: four convolutions and nothing that only training needs.

    One class with plain tensors, not nested modules: TorchScript numbers the types of nested ones anew each time, and
    the same training would not give the same bytes.
    """

    weight0: torch.Tensor
    weight1: torch.Tensor
    weight2: torch.Tensor
    weight3: torch.Tensor
    bias0: torch.Tensor
    bias1: torch.Tensor
    bias2: torch.Tensor
    bias3: torch.Tensor

    def __init__(self, convolutions: Iterable[nn.Conv2d]) -> None:
        super().__init__()
        for number, layer in enumerate(convolutions):
            assert layer.bias is not None
            self.register_buffer(f"weight{number}", layer.weight.detach().clone())
            self.register_buffer(f"bias{number}", layer.bias.detach().clone())

    def forward(self, snv: torch.Tensor) -> torch.Tensor:
        """(1, 1, bands, samples) -> (1, classes, 1, samples)."""
        x = functional.relu(functional.conv2d(snv, self.weight0, self.bias0, [8, 1]))
        x = functional.relu(functional.conv2d(x, self.weight1, self.bias1, [2, 1]))
        x = functional.relu(functional.conv2d(x, self.weight2, self.bias2, [2, 1]))
        return functional.conv2d(x, self.weight3, self.bias3)


class Derivative(nn.Module):
    """Beside the spectrum its first difference: narrow absorptions are learned sooner when they are not small."""

    def forward(self, snv: torch.Tensor) -> torch.Tensor:
        """(1, 1, bands, samples) -> (1, 2, bands - 1, samples)."""
        steps = snv[:, :, 1:] - snv[:, :, :-1]
        return torch.cat([snv[:, :, 1:], DERIVATIVE_GAIN * steps], dim=1)


def build(bands: int, classes: int, widths: tuple[int, ...]) -> nn.Sequential:
    """The network in training: the derivative before the first convolution, which is one band shorter for it, batch
    normalisation after each, dropout before the last."""
    layers: list[nn.Module] = [Derivative()]
    channels, rows = 2, bands
    for number, (width, (length, stride)) in enumerate(zip(widths, KERNELS, strict=True)):
        convolution = nn.Conv2d(channels, width, (length - (number == 0), 1), (stride, 1), bias=False)
        layers += [convolution, nn.BatchNorm2d(width), nn.ReLU()]
        channels, rows = width, (rows - length) // stride + 1
    return nn.Sequential(*layers, nn.Dropout(DROPOUT), nn.Conv2d(channels, classes, (rows, 1)))


def deployed(training: nn.Sequential) -> Network:
    """The same function, derivative and normalisation folded into the convolutions."""
    layers = list(training.eval())
    folded: list[nn.Conv2d] = []
    for layer, following in zip(layers, [*layers[1:], None], strict=True):
        if isinstance(layer, nn.Conv2d):
            folded.append(fuse_conv_bn_eval(layer, following) if isinstance(following, nn.BatchNorm2d) else layer)
    return Network([_without_derivative(folded[0]), *folded[1:]]).eval()


def _without_derivative(layer: nn.Conv2d) -> nn.Conv2d:
    """A convolution of spectrum and derivative as one of the spectrum: sum of a x[k + 1] + b (x[k + 1] - x[k])."""
    value, steps = layer.weight.detach()[:, :1], DERIVATIVE_GAIN * layer.weight.detach()[:, 1:]
    none = torch.zeros_like(value[:, :, :1])
    plain = nn.Conv2d(1, layer.out_channels, (value.shape[2] + 1, 1), layer.stride)  # type: ignore[arg-type]
    plain.weight = nn.Parameter(torch.cat([none, value + steps], dim=2) - torch.cat([steps, none], dim=2))
    plain.bias = layer.bias
    return plain


def kmac(bands: int, classes: int, widths: tuple[int, ...]) -> float:
    """Thousands of multiply-accumulates a spectrum."""
    total, channels, rows = 0, 1, bands
    for width, (length, stride) in zip(widths, KERNELS, strict=True):
        rows = (rows - length) // stride + 1
        total += rows * channels * width * length
        channels = width
    return (total + channels * classes * rows) / 1000.0
