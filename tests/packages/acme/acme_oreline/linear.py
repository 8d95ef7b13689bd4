"""A family of networks that are one linear step from a spectrum to its logits."""

from __future__ import annotations

from torch import nn

from inference.preprocessing.step import Layout

WIDTHS: dict[str, tuple[int, ...]] = {"nir224": ()}


def build(layout: Layout, outputs: int, widths: tuple[int, ...]) -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, outputs, (layout.features, 1)))


def deployed(training: nn.Module) -> nn.Module:
    return training.eval()


def kmac(layout: Layout, outputs: int, widths: tuple[int, ...]) -> float:
    return layout.features * outputs / 1000.0
