"""Data set of a hole for The Spectral Geologist (TSG): a sample is a line of a row, in the order of trays, rows and
points, with its minerals as TSG has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline import palette
from oreline.errors import ConfigError
from oreline.messages import ClassInfo
from sinks.core.depth import Kind
from sinks.core.export.names import ascii_text, file_stem
from sinks.core.export.tsg_file import Array, ClassTable, DataSet, Scalar, Spectra, write_data_set
from sinks.core.samples import CoreSamples

LEAST_WEIGHT, MIXED = 0.15, 3
"""Share of the least mineral of a sample's mixture, and how many it has at most, as TSG has them."""
_REASONS = {
    "no bands": "Aspectral", "not in the list": "NotInLibrary", "too dark": "Dark", "noisy": "Noisy",
    "unsure": "HighError",
}  # fmt: skip
"""What TSG calls a spectrum without a mineral."""
_GROUPS = {"palygorskite and sepiolite": "PAL-SEP", "not rock": "NOTAROK"}
_OFF, _ON = (0x37, 0xFF, 0x00), (0xEA, 0x00, 0xD0)
"""Colours that TSG gives to masks, and to what is no mineral."""


def write_tsg(stem: Path, samples: CoreSamples, x_mm: Array | None = None, spectra: Spectra | None = None) -> None:
    """Write `stem` with `.tsg` and `.bip`. `x_mm` (n,): way of each sample from where its row begins. `spectra`: of the
    samples, in their order; without them the data set's are empty. Raises ConfigError where there are no samples."""
    if not len(samples):
        raise ConfigError(f"no sample of hole {samples.hole} has a depth, so TSG has nothing to show")
    order = np.lexsort((samples.depth_m, samples.row, samples.box))
    places = _Places(samples, order, x_mm)
    minerals, groups, group_of = _legend(samples)
    tables = [
        ClassTable("Tray", [ClassInfo(f"{tray:04d}", _OFF) for tray in places.trays]),
        ClassTable("HoleID", [ClassInfo(places.hole, _OFF)]),
        ClassTable("Oreline Minerals", minerals),
        ClassTable("Oreline Groups", groups),
        ClassTable("rock_mask", [ClassInfo("Off", _OFF), ClassInfo("On", _ON)]),
    ]
    scalars = [*places.scalars(), *_mixtures(samples, order, group_of), *_measured(samples, order)]
    ordered = None if spectra is None else replace(spectra, values=spectra.values[order])
    write_data_set(stem, DataSet(places.hole, list(places.headers()), tables, scalars, ordered))


class _Places:
    """Where samples lie: by tray, section of it, and point of that; from 1 all of them."""

    def __init__(self, samples: CoreSamples, order: NDArray[np.intp], x_mm: Array | None) -> None:
        self.box, self.row, self.depth_m = samples.box[order], samples.row[order], samples.depth_m[order]
        self.x_mm = np.full(len(order), np.nan) if x_mm is None else x_mm[order]
        self.hole = file_stem(samples.hole)
        self.trays, self.tray = np.unique(self.box, return_inverse=True)
        self.in_tray = _counted(self.box)
        self.point = _counted(self.box.astype(np.int64) << 32 | self.row)

    def scalars(self) -> Iterator[Scalar]:
        yield Scalar("Index", np.arange(len(self.box), dtype=np.float64))
        yield Scalar("Tray", self.tray.astype(np.float64), 0)
        yield Scalar("Section", self.row.astype(np.float64))
        yield Scalar("TraySamp", self.in_tray.astype(np.float64))
        yield Scalar("SecSamp", self.point.astype(np.float64))
        yield Scalar("Depth (m)", self.depth_m)
        yield Scalar("SecDist (mm)", self.x_mm)
        yield Scalar("HoleID", np.zeros(len(self.box)), 1)

    def headers(self) -> Iterator[str]:
        """Name and marks of each sample."""
        columns = (self.box, self.in_tray, self.row, self.point, self.depth_m, self.x_mm)
        for box, number, row, point, depth, x in zip(*columns, strict=True):
            way = f" X={x:.6f}" if np.isfinite(x) else ""
            name = f"{self.hole}_{box:04d}_{number}"
            yield f"{name}  T={box:04d} L={row} P={point} D={depth:.6f}{way} H={self.hole}"


def _counted(keys: NDArray[np.integer]) -> NDArray[np.int64]:
    """Place of each among those that have its key, from 1; like keys stand together."""
    begins = np.append(True, keys[1:] != keys[:-1])
    at = np.arange(len(keys))
    return at - np.maximum.accumulate(np.where(begins, at, 0)) + 1


def _legend(samples: CoreSamples) -> tuple[list[ClassInfo], list[ClassInfo], NDArray[np.int64]]:
    """Classes of minerals, behind which come those of samples without one, and of groups; and the group of each."""
    without = [_REASONS.get(name, _word(name)) for name in samples.reason_names]
    groups = [*samples.groups, *("invalid" for _ in without), "not rock", "invalid"]
    names = list(dict.fromkeys(groups))
    colours = {name: palette.colour_of_group(name, palette.rgb(palette.GROUPS["invalid"])) for name in names}
    minerals = [ClassInfo(_word(info.name), info.colour) for info in samples.classes]
    others = zip([*without, "NotRock", "MaskedOff"], groups[len(minerals) :], strict=True)
    minerals += [ClassInfo(name, colours[group]) for name, group in others]
    legend = [ClassInfo(_GROUPS.get(name, _word(name).upper().replace(" ", "-")), colours[name]) for name in names]
    return minerals, legend, np.array([names.index(group) for group in groups])


def _word(text: str) -> str:
    return ascii_text(text).replace(":", ";").replace("=", "-").replace("[", "(").replace("]", ")")


def _mixtures(samples: CoreSamples, order: NDArray[np.intp], group_of: NDArray[np.int64]) -> Iterator[Scalar]:
    """Minerals of each sample, their groups and weights, the greatest first, and where it is rock. One without a
    mineral has the reason alone."""
    counts, reasons = samples.counts[order].astype(np.float64), samples.reasons[order].astype(np.float64)
    rock = counts.sum(axis=1) + reasons.sum(axis=1)
    away = np.stack([samples.not_rock[order], samples.masked[order]], axis=1)
    first = np.argmax(np.hstack([counts, reasons]), axis=1)
    first = np.where(rock > 0, first, counts.shape[1] + reasons.shape[1] + np.argmax(away, axis=1))
    is_mineral = first < counts.shape[1]
    padded = np.pad(counts, ((0, 0), (0, 1)))
    ranked = np.argsort(-padded, axis=1, kind="stable")[:, :MIXED]
    shares = np.take_along_axis(padded, ranked, 1) / np.maximum(rock, 1)[:, None]
    shares[(shares < LEAST_WEIGHT) | ~is_mineral[:, None]] = 0
    shares[is_mineral & (shares[:, 0] == 0), 0] = 1
    weights = shares / np.maximum(shares.sum(axis=1), 1e-9)[:, None]
    for number in range(ranked.shape[1]):
        kept = weights[:, number] > 0
        code = np.where(kept, ranked[:, number], first if number == 0 else -1)
        known = code >= 0
        yield Scalar(f"Min{number + 1} Oreline", np.where(known, code, np.nan), 2)
        yield Scalar(f"Grp{number + 1} Oreline", np.where(known, group_of[code], np.nan), 3)
        yield Scalar(f"Wt{number + 1} Oreline", np.where(kept, weights[:, number], np.nan))
    yield Scalar("rock_mask", (rock > 0).astype(np.float64), 4)
    yield Scalar("Rock pixels", rock)
    yield Scalar("Broken", (samples.kind[order] == Kind.BROKEN).astype(np.float64))


def _measured(samples: CoreSamples, order: NDArray[np.intp]) -> Iterator[Scalar]:
    for number, name in enumerate(samples.measures):
        n, total = samples.sums[order, number, 0], samples.sums[order, number, 1]
        yield Scalar(_word(name), np.where(n > 0, total / np.maximum(n, 1), np.nan))
