"""Model families, each a form of network to train: a file each, and one line in this table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from torch import nn

from inference.preprocessing.step import Layout
from oreline.errors import ConfigError, nearest
from oreline.registry import Registry


class Family(Protocol):
    """A module or class with these functions. Its networks read features (1, 1, features, samples) and answer logits
    (1, outputs, 1, samples)."""

    WIDTHS: ClassVar[Mapping[str, tuple[int, ...]]]
    """By camera preset, how wide its layers are."""

    @staticmethod
    def build(layout: Layout, outputs: int, widths: tuple[int, ...]) -> nn.Module:
        """The network in training, with weights of torch's seed."""
        ...

    @staticmethod
    def deployed(training: nn.Module) -> nn.Module:
        """The same function as TorchScript can save it: one class, its weights as plain tensors."""
        ...

    @staticmethod
    def kmac(layout: Layout, outputs: int, widths: tuple[int, ...]) -> float:
        """Thousands of multiply-accumulates a spectrum."""
        ...


FAMILIES = Registry(
    "oreline.families",
    "model family",
    {
        "cnn": "inference.training.network",
    },
    Family,
)


def widths_of(family: type[Family], preset: str) -> tuple[int, ...]:
    """How wide a family's layers are for a camera. Raises ConfigError."""
    if preset not in family.WIDTHS:
        known = ", ".join(family.WIDTHS)
        raise ConfigError(f"no network is known for {preset!r}: use one of {known}.{nearest(preset, family.WIDTHS)}")
    return family.WIDTHS[preset]
