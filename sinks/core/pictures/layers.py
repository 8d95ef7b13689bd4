"""Layers of a mosaic: what of a scan it shows, and in which colours.

Minerals and groups are painted in the very colours of `oreline.palette`, without patterns: a mosaic is laid beside logs
that have none, and is looked at closer than a map of a belt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError, nearest
from oreline.features import CRYSTALLINITY as OF_CRYSTALLINITY
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo
from oreline.palette import GROUPS, colour_of_group, rgb
from oreline.recordings.envi_writer import SPECIAL_CLASSES
from sinks.core.counting import measures_of
from sinks.core.scan import Scan, is_not_rock

NOT_ROCK = 252
"""Code of wood, plastic and paint."""
MOST_CLASSES = 249
SPECIAL = {
    NOT_ROCK: ClassInfo("not rock", rgb(GROUPS["not rock"])),
    INVALID: SPECIAL_CLASSES[INVALID],
    BACKGROUND: SPECIAL_CLASSES[BACKGROUND],
    UNKNOWN: ClassInfo("unknown", rgb(GROUPS["invalid"])),
}
"""What codes stand for that are no class."""
WAVELENGTH, DEPTH, CRYSTALLINITY = "W", "D", "crystallinity"
RAMP = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)], np.float64)
"""Colours of a scale from low to high: dark to light, even steps to the eye, also for who does not see green."""
STEPS = 100
"""Of such a scale: pictures of so few colours are small."""
NONE = (214, 214, 214)
"""Of core in which there is no such feature."""

Pixels = NDArray[np.uint8]


class Layer(Protocol):
    """One thing that a mosaic may show. `name`: for files; `title`: for people."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...

    def values(self, scan: Scan) -> NDArray[Any]:
        """Of a scan's pixels (lines, samples, ...)."""

    def blank(self, shape: tuple[int, ...]) -> NDArray[Any]:
        """Values where nothing was measured."""

    def paint(self, values: NDArray[Any]) -> Pixels:
        """Colours, uint8 (..., 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """Classes of an answer, or their groups. `of` uint8 (256,): the code that each of a scan's codes is shown as."""

    name: str
    title: str
    classes: tuple[ClassInfo, ...]
    of: Pixels

    @property
    def known(self) -> dict[int, ClassInfo]:
        """What each code stands for."""
        return dict(enumerate(self.classes)) | SPECIAL

    def values(self, scan: Scan) -> Pixels:
        """Codes uint8 (lines, samples)."""
        codes = self.of[scan.codes]
        codes[is_not_rock(scan.codes, scan.reasons, scan.answer, scan.reason_names)] = NOT_ROCK
        return codes

    def blank(self, shape: tuple[int, ...]) -> Pixels:
        return np.full(shape, BACKGROUND, np.uint8)

    def paint(self, values: NDArray[Any]) -> Pixels:
        table = np.zeros((256, 3), np.uint8)
        for code, info in self.known.items():
            table[code] = info.colour
        return np.asarray(table[values])


def minerals(scan: Scan) -> Codes:
    """The classes of a scan's answer: minerals, and groups where none of theirs is sure."""
    return _codes("minerals", "minerals", scan.answer.classes, np.arange(256))


def groups(scan: Scan) -> Codes:
    """The groups of a scan's classes, so that what a group has is the sum of its minerals."""
    names = list(dict.fromkeys(scan.answer.groups))
    own = dict(zip(scan.answer.groups, (info.colour for info in scan.answer.classes), strict=True))
    of = np.arange(256)
    of[: len(scan.answer.groups)] = [names.index(group) for group in scan.answer.groups]
    return _codes("groups", "groups of minerals", [ClassInfo(one, colour_of_group(one, own[one])) for one in names], of)


def _codes(name: str, title: str, classes: Sequence[ClassInfo], of: NDArray[np.int64]) -> Codes:
    if len(classes) > MOST_CLASSES:
        raise ConfigError(f"a mosaic has room for {MOST_CLASSES} classes, not {len(classes)}")
    return Codes(name, title, tuple(classes), of.astype(np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """Centre in nm, or depth as a share of the hull, of an absorption, painted from `low` to `high`. NaN where the
    sample has no such absorption, or one that is not deeper than `least_depth`."""

    name: str
    low: float
    high: float
    least_depth: float = 0.0

    @property
    def title(self) -> str:
        if self.name == CRYSTALLINITY:
            return CRYSTALLINITY
        return f"{self.name[:-1]}, {'centre in nm' if self.unit else 'depth'}"

    @property
    def unit(self) -> str:
        return "nm" if self.name.endswith(WAVELENGTH) else ""

    def values(self, scan: Scan) -> NDArray[np.float32]:
        """Float32 (lines, samples)."""
        return measured(scan, self.name, self.least_depth)

    def blank(self, shape: tuple[int, ...]) -> NDArray[np.float32]:
        return np.full(shape, np.nan, np.float32)

    def paint(self, values: NDArray[Any]) -> Pixels:
        shown = ramp((values - self.low) / (self.high - self.low))
        shown[~np.isfinite(values)] = NONE
        return shown


def measured(scan: Scan, name: str, least_depth: float) -> NDArray[np.float32]:
    """A measure of a scan's pixels of rock, such as 2200W or 2200D, float32 (lines, samples), as tables have it. Raises
    ConfigError for one that it has not."""
    known = measures(scan)
    if name not in known:
        raise ConfigError(f"the scans have no {name!r}, but {', '.join(known) or 'no features'}.{nearest(name, known)}")
    if name == CRYSTALLINITY:
        return np.asarray(np.divide(*(_of(scan, one, 1, least_depth) for one in OF_CRYSTALLINITY)), np.float32)
    return _of(scan, name[:-1], (WAVELENGTH, DEPTH).index(name[-1]), least_depth)


def _of(scan: Scan, feature: str, part: int, least_depth: float) -> NDArray[np.float32]:
    """Centre (0) or depth (1) of a feature, where it is deep enough."""
    place = [info.name for info in scan.feature_infos].index(feature)
    found = cast(NDArray[np.float32], scan.features)[:, place]
    return np.where(scan.rock & (found[:, 1] > least_depth), found[:, part], np.float32(np.nan))


def measures(scan: Scan) -> list[str]:
    """Names of what is measured of the features of a scan."""
    return [] if scan.features is None else list(measures_of(scan.feature_infos))


def ramp(share: NDArray[Any]) -> Pixels:
    """Colours of shares 0..1 of a scale, uint8 (..., 3); beyond it those of its ends."""
    place = np.rint(np.nan_to_num(np.clip(share, 0.0, 1.0)) * STEPS) / STEPS * (len(RAMP) - 1)
    below = np.minimum(place.astype(np.int64), len(RAMP) - 2)
    part = (place - below)[..., None]
    return np.asarray(np.rint(RAMP[below] * (1 - part) + RAMP[below + 1] * part).astype(np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class Colour:
    """Three bands of reflectance as red, green and blue, `nm` of each. `look`: colours of a scan's pixels, uint8
    (lines, samples, 3)."""

    nm: tuple[float, float, float]
    look: Callable[[Scan], Pixels]
    name: str = "colour"

    @property
    def title(self) -> str:
        red, green, blue = (f"{nm:.0f}" for nm in self.nm)
        return f"false colour: reflectance at {red}, {green} and {blue} nm"

    def values(self, scan: Scan) -> Pixels:
        """Red, green and blue, uint8 (lines, samples, 3)."""
        return self.look(scan)

    def blank(self, shape: tuple[int, ...]) -> Pixels:
        return np.zeros((*shape, 3), np.uint8)

    def paint(self, values: NDArray[Any]) -> Pixels:
        return np.asarray(values, np.uint8)
