"""A family of networks that are one linear step from a spectrum to its logits."""

from __future__ import annotations

from torch import nn

WIDTHS: dict[str, tuple[int, ...]] = {"nir224": ()}


def build(bands: int, classes: int, widths: tuple[int, ...]) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(1, classes, (bands, 1)))


def deployed(training: nn.Sequential) -> nn.Module:
    return training.eval()


def kmac(bands: int, classes: int, widths: tuple[int, ...]) -> float:
    return bands * classes / 1000.0
