"""Answers of a stream: its labels, and whose absorption bands a sample shows; each as codes that a picture paints and a
sorter looks up: a species, and where none is sure its group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oreline import palette
from oreline.errors import ConfigError
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo, LabelLine, LayerInfo, StreamInfo
from oreline.palette import ONLY

Codes = NDArray[np.uint8]
Which = Literal["labels", "groups", "bands"]
_LAYERS: dict[Which, tuple[str, str]] = {
    "labels": ("", "group"),
    "groups": ("group", ""),
    "bands": ("bands", "bands_group"),
}
"""By answer, the layers of its species and of its groups."""


@dataclass(frozen=True, eq=False)
class Answer:
    """One answer. `classes`: what its codes stand for, besides UNKNOWN, BACKGROUND and INVALID: `known` species, then
    groups of which none is sure. `groups`: the group of each. `species`, `group`: the planes that it is made of; None
    for the labels, and where no group is told."""

    classes: tuple[ClassInfo, ...]
    known: int
    groups: tuple[str, ...]
    species: int | None
    group: int | None

    def named(self, name: str) -> list[int]:
        """The codes of a class, or else of a group, by its name."""
        own = [code for code, info in enumerate(self.classes) if info.name == name]
        return own or [code for code, group in enumerate(self.groups) if group == name]

    def codes(self, labels: Codes, layers: Codes | None) -> Codes:
        """Codes, uint8 (..., samples), of labels uint8 (..., samples) with layers uint8 (..., planes, samples)."""
        if layers is None or (self.species is None and self.group is None):
            return labels
        told = labels if self.species is None else layers[..., self.species, :]
        codes = np.array(told)
        if self.group is not None:
            group = layers[..., self.group, :]
            only = (told == UNKNOWN) & (group != UNKNOWN)
            codes[only] = group[only] + np.uint8(self.known)
        if self.species is not None:
            away = (labels == BACKGROUND) | (labels == INVALID)
            codes[away] = labels[away]
        return codes


def answer_of(which: Which, classes: Sequence[ClassInfo], layers: Sequence[LayerInfo]) -> Answer:
    """An answer of a stream. Raises ConfigError where its lines do not tell it."""
    own, of = _LAYERS[which]
    species, group = place(layers, own), place(layers, of)
    if own and species is None:
        raise ConfigError(
            f"lines do not tell {which}: take a model that does, and leave {' and '.join(filter(None, (own, of)))} in "
            "inference.layers"
        )
    names = list(_legend(layers, own)) if own else list(classes)
    told = _legend(layers, of)
    if len(names) + len(told) > INVALID:
        told, group = (), None
    groups = [group_of(info.name) for info in names]
    only = [ClassInfo(info.name + ONLY, info.colour) for info in told]
    return Answer((*names, *only), len(names), (*groups, *(info.name for info in told)), species, group)


def group_of(name: str) -> str:
    """The group of what an answer says: of a mineral, of the rest of a group, of a group alone; what has none is its
    own."""
    own = name.removesuffix(ONLY)
    rest = own.removeprefix("other ")
    return own if name.endswith(ONLY) or own in palette.GROUPS else palette.group_of(rest) or rest


def place(layers: Sequence[LayerInfo], name: str) -> int | None:
    """The first plane of a layer; None where lines do not have it."""
    first = 0
    for layer in layers:
        if layer.name == name:
            return first
        first += layer.planes
    return None


def counts_of(line: LabelLine, info: StreamInfo) -> dict[str, dict[str, int]]:
    """Samples of a line by class, under `classes`, and by what each layer with names says, under its own."""
    counts = {"classes": _counted(line.labels, info.classes)}
    if line.layers is not None:
        named = (layer for layer in info.layers if layer.legend)
        counts |= {one.name: _counted(line.layers[place(info.layers, one.name)], one.legend) for one in named}
    return counts


def _counted(codes: Codes, legend: Sequence[ClassInfo]) -> dict[str, int]:
    found = np.bincount(codes, minlength=256)
    return {info.name: int(found[code]) for code, info in enumerate(legend) if found[code]}


def _legend(layers: Sequence[LayerInfo], name: str) -> tuple[ClassInfo, ...]:
    return next((layer.legend for layer in layers if layer.name == name), ())
