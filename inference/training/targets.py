"""What a network shall answer of a pixel: first the major mineral, then whose absorption bands are seen.

First: the classes, "other" for minerals that are none, "not rock". Second: the classes with bands, "other GROUP" for
what else the library has of a group, "other bands", "no bands", "not rock".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inference.training.data import OTHER, Spectra
from inference.training.minerals import BAND_GROUPS, WITHOUT_BANDS
from inference.training.pixels import Pixels
from oreline.palette import group_of

OTHER_NAME: Literal["other"] = "other"
NOT_ROCK: Literal["not rock"] = "not rock"
OTHER_BANDS, NO_BANDS = "other bands", "no bands"
SMOOTHING = 0.05

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """`names`, `groups`: of the second answer, empty where there is none. `first`, `second` int64 (rows,): output of
    each row of the library and of what is no rock, within its answer."""

    classes: tuple[str, ...]
    strangers: tuple[Literal["other", "not rock"], ...]
    names: tuple[str, ...]
    groups: tuple[str, ...]
    first: NDArray[np.int64]
    second: NDArray[np.int64]

    @classmethod
    def of(cls, spectra: Spectra, bands: bool) -> Targets:
        """Targets of a library. `bands`: with the second answer, if it has classes with bands."""
        open_rows = (spectra.target == OTHER) & ~spectra.reserved
        strangers = (OTHER_NAME, NOT_ROCK) if open_rows.any() else (NOT_ROCK,)
        foreign = spectra.not_rock.shape[1]
        first = np.where(spectra.target == OTHER, len(spectra.classes), spectra.target)
        told = [_told(str(mineral), spectra.classes) for mineral in spectra.named]
        names = _names(told, spectra) if bands else ()
        place = {name: number for number, name in enumerate(names)}
        second = np.array([place.get(name, 0) for name in told])
        return cls(
            spectra.classes, strangers, names, tuple(_group(name) for name in names),
            np.append(first, np.full(foreign, len(spectra.classes) + len(strangers) - 1)),
            np.append(second, np.full(foreign, max(len(names) - 1, 0))),
        )  # fmt: skip

    @property
    def outputs(self) -> int:
        return self.answered + len(self.names)

    @property
    def answered(self) -> int:
        """Outputs of the first answer."""
        return len(self.classes) + len(self.strangers)

    def majors(self, pixels: Pixels) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Output of the first answer for each pixel, (n,), and whether it is learned from: rock is not, for its major
        mineral may be a diluent."""
        wanted = self.first[pixels.major]
        return wanted, ~pixels.rock | (wanted == self.answered - 1)

    def shares(self, pixels: Pixels) -> tuple[Floats, NDArray[np.bool_]]:
        """Share of each output of the second answer, float32 (n, names), rows that sum to 1, and whether it is learned
        from, (n,). Minerals without bands have no share beside one that has; "no bands" is learned from rock, whose
        minerals without bands are cleaned of the clay that the library's hold."""
        major, minor = self.second[pixels.major], self.second[pixels.minor]
        silent, foreign = self.names.index(NO_BANDS), self.names.index(NOT_ROCK)
        both = (major != silent) & (minor != silent) & (major != foreign)
        share = np.where(both, pixels.share, np.float32(0.0))
        wanted = np.zeros((len(major), len(self.names)), np.float32)
        each = np.arange(len(major))
        wanted[each, major] = 1.0 - share
        wanted[each, minor] += share
        return wanted, pixels.rock | (major != silent)


def smooth(wanted: Floats) -> Floats:
    """Targets (n, outputs) of which SMOOTHING is spread over all outputs. Szegedy and others, CVPR 2016."""
    return wanted * np.float32(1.0 - SMOOTHING) + np.float32(SMOOTHING / wanted.shape[1])


def _told(mineral: str, classes: tuple[str, ...]) -> str:
    """Name of the second answer for a mineral."""
    if mineral in WITHOUT_BANDS:
        return NO_BANDS
    group = group_of(mineral)
    if mineral in classes:
        return mineral
    return _other(group) if group in BAND_GROUPS else OTHER_BANDS


def _other(group: str) -> str:
    return group if group.startswith("other ") else f"other {group}"


def _group(name: str) -> str:
    """Group of a name of the second answer; what has none is a group of its own."""
    if name in (OTHER_BANDS, NO_BANDS, NOT_ROCK):
        return name
    named = {_other(group): group for group in BAND_GROUPS}
    return named.get(name) or group_of(name) or name


def _names(told: list[str], spectra: Spectra) -> tuple[str, ...]:
    """Names of the second answer, (): where no class has bands. What nothing is learned of is no name."""
    learned = {name for name, reserved in zip(told, spectra.reserved, strict=True) if not reserved}
    species = tuple(name for name in spectra.classes if name in learned)
    others = tuple(_other(group) for group in BAND_GROUPS if _other(group) in learned)
    return (*species, *others, OTHER_BANDS, NO_BANDS, NOT_ROCK) if species else ()
