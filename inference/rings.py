"""Rings of inference: how many lines each holds, and how large one may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from inference.settings import Settings, Stream
from oreline.features import FEATURES
from oreline.messages import FeatureLine, LabelLine, LayerInfo, ReflectanceLine
from oreline.ring import slot_bytes
from oreline.wire import CLOCK_BYTES, HEADER_LIMIT, pack_layers

MOST_BANDS = 1024


class Geometry(NamedTuple):
    """`kind`: of the lines in it; `slots` of `slot_bytes` each."""

    kind: type[LabelLine | ReflectanceLine | FeatureLine]
    slots: int
    slot_bytes: int


def geometry(name: Stream, settings: Settings, layers: Sequence[LayerInfo]) -> Geometry:
    """The ring of a stream; `layers` stand beside its labels."""
    wide, elements = settings.widest_line, 4 * settings.largest_line
    told = [CLOCK_BYTES, len(pack_layers(layers))] if layers else []
    description = slot_bytes(HEADER_LIMIT, 8 * MOST_BANDS, 8192, *told)
    reflectance = [elements, wide, *([elements] if settings.uncertainty else [])]
    kind, slots, size = {
        "labels": (
            LabelLine,
            settings.ring_lines,
            slot_bytes(HEADER_LIMIT, wide, wide, *(wide * layer.planes for layer in layers)),
        ),
        "reflectance": (ReflectanceLine, settings.reflectance_ring_lines, slot_bytes(HEADER_LIMIT, *reflectance)),
        "features": (
            FeatureLine,
            settings.features_ring_lines,
            slot_bytes(HEADER_LIMIT, 8 * len(FEATURES) * settings.widest_line),
        ),
    }[name]
    return Geometry(kind, slots, max(description, size))
