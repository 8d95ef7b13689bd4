"""Layers of a mosaic: what of a scan it shows, and in which colours.

Minerals and groups are painted in the very colours of `oreline.palette`, without patterns: a mosaic is laid beside logs
that have none, and is looked at closer than a map of a belt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from oreline.answers import Answer
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


class Codes:
    """Classes of answers, or their groups. `classes` are those of the scans that were met so far, each once, whatever
    code it has in an answer: boxes of one hole may have been labelled by several models."""

    def __init__(self, name: str, title: str, named: Callable[[Answer], Iterable[ClassInfo]]) -> None:
        """`named`: what each code of an answer is shown as."""
        self.name, self.title, self.classes = name, title, list[ClassInfo]()
        self._named = named

    @property
    def known(self) -> dict[int, ClassInfo]:
        """What each code stands for."""
        return dict(enumerate(self.classes)) | SPECIAL

    def values(self, scan: Scan) -> Pixels:
        """Codes uint8 (lines, samples). Raises ConfigError where there would be too many."""
        of = np.arange(256)
        for code, info in enumerate(self._named(scan.answer)):
            of[code] = self._code(info)
        codes = of.astype(np.uint8)[scan.codes]
        codes[is_not_rock(scan.codes, scan.reasons, scan.answer, scan.reason_names)] = NOT_ROCK
        return codes

    def _code(self, info: ClassInfo) -> int:
        names = [one.name for one in self.classes]
        if info.name not in names:
            if len(names) == MOST_CLASSES:
                raise ConfigError(f"a mosaic has room for {MOST_CLASSES} classes, and the hole has more")
            self.classes.append(info)
            return len(names)
        return names.index(info.name)

    def blank(self, shape: tuple[int, ...]) -> Pixels:
        return np.full(shape, BACKGROUND, np.uint8)

    def paint(self, values: NDArray[Any]) -> Pixels:
        table = np.zeros((256, 3), np.uint8)
        for code, info in self.known.items():
            table[code] = info.colour
        return np.asarray(table[values])


def minerals() -> Codes:
    """The classes of answers: minerals, and groups where none of theirs is sure."""
    return Codes("minerals", "minerals", lambda answer: answer.classes)


def groups() -> Codes:
    """The groups of classes, so that what a group has is the sum of its minerals."""
    return Codes("groups", "groups of minerals", _groups)


def _groups(answer: Answer) -> Iterator[ClassInfo]:
    for info, group in zip(answer.classes, answer.groups, strict=True):
        yield ClassInfo(group, colour_of_group(group, info.colour))


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
        """Float32 (lines, samples); NaN in a scan whose features nobody recorded."""
        if self.name not in measures(scan):
            return self.blank(scan.codes.shape)
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
