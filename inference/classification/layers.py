"""Layers: what a model says of a sample beside its label, and the tables that its decisions are made by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from inference.classification.card import BandAnswer, Card
from oreline.errors import ConfigError, nearest
from oreline.messages import ClassInfo, LayerInfo
from oreline.palette import colour_of, colour_of_group, group_of, numbered

NOT_ROCK, OTHER_BANDS, NO_BANDS = "not rock", "other bands", "no bands"
OTHER = "other"
REASONS = (
    ClassInfo("not rock", (170, 175, 175)),
    ClassInfo("too dark", (60, 40, 90)),
    ClassInfo("noisy", (230, 120, 190)),
    ClassInfo("no bands", (214, 206, 170)),
    ClassInfo("not in the list", (70, 150, 190)),
    ClassInfo("unsure", (240, 170, 60)),
)
"""Why a label is unknown, by the order in which one goes before the others."""
PROBABILITY = "probability"
BYTE = 1 / 255


@dataclass(frozen=True, eq=False)
class Scheme:
    """What the outputs of a model stand for. `groups`, `band_groups`: of the classes and of the second answer.

    `class_group` int32 (classes,), `name_group` int32 (names,): the group of each. `is_species` bool (names,): False
    for the rest of a group and what is no mineral. `places` int32 (5,): of the strangers "other" and "not rock" among
    the outputs, of the groups "other bands", "no bands" and "not rock" among those of the second answer; -1 where there
    is none. `below` float32 (6,): `unknown_below`, `background_reflectance`, `group_below`, `dark_below`, and
    `unknown_below` and `species_below` of the second answer. `layers`: all that can be told, in the order of their
    planes, probability last.
    """

    groups: tuple[ClassInfo, ...]
    names: tuple[ClassInfo, ...]
    band_groups: tuple[ClassInfo, ...]
    class_group: NDArray[np.int32]
    name_group: NDArray[np.int32]
    is_species: NDArray[np.bool_]
    places: NDArray[np.int32]
    below: NDArray[np.float32]
    layers: tuple[LayerInfo, ...]

    @classmethod
    def of(cls, card: Card) -> Self:
        own = [group_of(one.name) or one.name for one in card.labels]
        groups, class_group = _grouped(own, {group: one.colour for group, one in zip(own, card.labels, strict=True)})
        bands = card.bands
        band_groups, name_group = _grouped(bands.groups if bands else (), {})
        names = _legend(bands) if bands else ()
        strangers, known = card.strangers or (), [info.name for info in band_groups]
        places = [len(card.classes) + strangers.index(one) if one in strangers else -1 for one in (OTHER, NOT_ROCK)]
        places += [known.index(one) if one in known else -1 for one in (OTHER_BANDS, NO_BANDS, NOT_ROCK)]
        never = 2.0
        below = (
            card.unknown_below, card.background_reflectance, never if card.group_below is None else card.group_below,
            card.dark_below or 0.0, *((bands.unknown_below, bands.species_below) if bands else (never, never)),
        )  # fmt: skip
        species = [not (one.name.startswith("other ") or one.name in (NO_BANDS, NOT_ROCK)) for one in names]
        return cls(
            groups, names, band_groups, class_group, name_group, np.array(species, np.bool_),
            np.array(places, np.int32), np.array(below, np.float32), _layers(card, groups, names, band_groups),
        )  # fmt: skip


def chosen(card: Card, names: Sequence[str] | None) -> tuple[LayerInfo, ...]:
    """The layers of a model that have these names, in their own order; None takes all but the probability of each
    output. Raises ConfigError for one that the model has not."""
    layers = Scheme.of(card).layers
    known = [one.name for one in layers]
    for name in names or ():
        if name not in known:
            has = ", ".join(known)
            raise ConfigError(
                f"inference.layers: model {card.name!r} has no {name!r}, but {has}.{nearest(name, known)}"
            )
    return tuple(one for one in layers if (one.name != PROBABILITY if names is None else one.name in names))


def _layers(
    card: Card, groups: tuple[ClassInfo, ...], names: tuple[ClassInfo, ...], band_groups: tuple[ClassInfo, ...]
) -> tuple[LayerInfo, ...]:
    group = (LayerInfo("group", legend=groups), LayerInfo("group_confidence", scale=BYTE))
    bands = (
        LayerInfo("bands", legend=names), LayerInfo("bands_group", legend=band_groups),
        LayerInfo("bands_confidence", scale=BYTE),
        LayerInfo("second", legend=band_groups), LayerInfo("share", scale=BYTE),
    )  # fmt: skip
    told_apart = card.strangers or card.bands or card.noisy_above or card.dark_below
    return (
        *(group if card.group_below is not None else ()),
        *(bands if card.bands else ()),
        *([LayerInfo("reason", legend=REASONS)] if told_apart else ()),
        LayerInfo(PROBABILITY, len(card.classes) + len(card.strangers or ()), scale=BYTE),
    )


def _grouped(
    of: Sequence[str], others: dict[str, tuple[int, int, int]]
) -> tuple[tuple[ClassInfo, ...], NDArray[np.int32]]:
    """The groups that are named, in order, and the number of each one's; `others`: colours of those without one."""
    names = list(dict.fromkeys(of))
    alone = (others.get(name) or colour_of(name, numbered(i)) for i, name in enumerate(names))
    infos = (ClassInfo(name, colour_of_group(name, own)) for name, own in zip(names, alone, strict=True))
    return tuple(infos), np.array([names.index(one) for one in of], np.int32)


def _legend(bands: BandAnswer) -> tuple[ClassInfo, ...]:
    """A species has its own colour, and what else belongs to a group that of the group."""
    pairs = enumerate(zip(bands.names, bands.groups, strict=True))
    return tuple(ClassInfo(name, colour_of(name, colour_of_group(group, numbered(i)))) for i, (name, group) in pairs)
