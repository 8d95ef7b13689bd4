"""Measurements: mean and standard deviation of lines of one kind, dark or white, and how often they were at full scale.

Lines are held in blocks: outliers show beside other lines. A block is summed, and its lines forgotten, when another one
is full behind it, so that the last block is never a small one.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from inference.references.robust_mean import LEAST, Sums, robust_std, sums
from oreline.errors import ReferenceRefused, WireError
from oreline.messages import Kind, StreamInfo
from oreline.wire import decode, encode

SAME_TEMPERATURE_K = 1.0
"""Difference up to which two temperatures are one."""
BLOCK = 128
"""Lines that are summed together."""
MISSING = 0.1
"""From this share of lines without data on, an element is not known."""
FACTS = ("captured", "lines", "rejected", "exposure_us", "gain", "temperature_c", "flicker", "motion")


@dataclass(frozen=True, eq=False)
class Measurement:
    """Statistics of `lines` lines of one kind, each array (bands, samples).

    `mean`: float64 counts. `std`: their standard deviation from line to line (n - 1), float64 counts, all NaN where it
    is not known, as of lines that were averaged before. Outliers are in neither (see
    inference.references.robust_mean). `saturated`: uint32, how many of the lines were at full scale there.
    `exposure_us`: NaN where nobody says it.
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    saturated: NDArray[np.uint32]
    lines: int
    exposure_us: float
    gain: float
    temperature_c: float = math.nan
    """Of the camera; NaN where it tells none."""
    rejected: int = 0
    """Values that were left out as outliers."""
    flicker: float = math.nan
    """Standard deviation from line to line of the whole line's level, relative; NaN of too few lines."""
    motion: float = math.nan
    """The same of single samples beyond their noise and the whole line's: of a panel that moves; NaN as above."""
    captured: str = ""
    """When, ISO 8601."""

    @property
    def exposure(self) -> float:
        """Exposure times gain: what counts of light are proportional to."""
        return self.exposure_us * self.gain

    @property
    def has_std(self) -> bool:
        """Whether it is known how much lines vary."""
        return not bool(np.isnan(self.std).all())

    def facts(self) -> dict[str, Any]:
        """All but the arrays, as JSON has it."""
        facts = {name: getattr(self, name) for name in FACTS}
        return {name: None if value != value else value for name, value in facts.items()}

    @classmethod
    def from_facts(
        cls,
        facts: dict[str, Any],
        mean: NDArray[np.float64],
        std: NDArray[np.float64],
        saturated: NDArray[np.uint32],
    ) -> Self:
        """The inverse of `facts`."""
        known: dict[str, Any] = {name: math.nan if facts[name] is None else facts[name] for name in FACTS}
        return cls(mean, std, saturated, **known)

    def columns(self, start: int, samples: int) -> Measurement:
        """The same of `samples` columns from `start` on, as views."""
        cut = np.s_[:, start : start + samples]
        return replace(self, mean=self.mean[cut], std=self.std[cut], saturated=self.saturated[cut])


@dataclass(frozen=True, slots=True, eq=False)
class PartialReference:
    """A dark or a white alone, with the stream that it was taken from: half a reference, until the other half comes."""

    kind: Kind
    info: StreamInfo
    measurement: Measurement

    def save(self, path: Path) -> None:
        """Write as .npz, whole or not at all."""
        m = self.measurement
        description = {f"info_{n}": np.frombuffer(frame, np.uint8) for n, frame in enumerate(encode(self.info))}
        draft = path.with_name(f".{path.name}")
        with draft.open("wb") as file:
            np.savez(
                file, allow_pickle=False, kind=int(self.kind), facts=json.dumps(m.facts()), mean=m.mean,
                spread=m.std, saturated=m.saturated, **description,
            )  # fmt: skip
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> PartialReference:
        """Read what `save` wrote. Raises ReferenceRefused."""
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                info = decode([file[name].tobytes() for name in sorted(file.files) if name.startswith("info_")])
                arrays = (file[name] for name in ("mean", "spread", "saturated"))
                measurement = Measurement.from_facts(json.loads(str(file["facts"])), *arrays)
                kind = Kind(int(file["kind"]))
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, WireError):
            raise ReferenceRefused(f"{path} is damaged: delete it, and capture again", "damaged") from None
        assert isinstance(info, StreamInfo)
        return cls(kind, info, measurement)


class MeasurementBuilder:
    """Lines of one kind as they come; a line more allocates nothing."""

    def __init__(self, info: StreamInfo, no_data: int | None = None) -> None:
        """`no_data`: the count that stands for none. Elements that have it in a tenth of the lines or more are NaN;
        less is left out as outliers are."""
        self.info, self._no_data = info, no_data
        self._missing = np.zeros((info.bands, info.samples), np.uint32)
        self.lines = 0
        self._held = 0
        self._block = np.empty((2 * BLOCK, info.bands, info.samples), np.uint16)
        self._levels = np.empty((2 * BLOCK, info.samples))
        self._sums: Sums | None = None
        self._means: list[NDArray[np.float64]] = []

    def add(self, counts: NDArray[np.uint16]) -> None:
        """Take a line, uint16 (bands, samples). Raises ReferenceRefused for one of another shape or type."""
        if counts.shape != self._block.shape[1:] or counts.dtype != np.uint16:
            raise ReferenceRefused(
                f"a line of {counts.dtype} {counts.shape} came to a reference of uint16 {self._block.shape[1:]}: "
                "the camera's settings changed during the capture, capture again"
            )
        if self._no_data is not None:
            self._missing += counts == self._no_data
        if self._held == len(self._block):
            self.fold(BLOCK)
        self._block[self._held] = counts
        np.mean(counts, axis=0, dtype=np.float64, out=self._levels[self._held])
        self._held += 1
        self.lines += 1

    def measured(self, captured: str = "") -> Measurement:
        """Robust mean and standard deviation of the lines so far. Raises ReferenceRefused for fewer than two."""
        info = self.info
        if self.lines < 2:
            raise ReferenceRefused(f"a reference of {self.lines} lines has no standard deviation: capture 100 or more")
        if info.exposure_us * info.gain <= 0:
            raise ReferenceRefused(
                f"exposure {info.exposure_us:g} us and gain {info.gain:g} must be above zero: set them, "
                "or acquisition.exposure_us and acquisition.gain where the camera does not tell them"
            )
        self.fold()
        assert self._sums is not None
        n, total, squares = self._sums.n, self._sums.total, self._sums.squares
        std = np.sqrt((n * squares - total**2) / (n * (n - 1)))
        flicker, motion = _steadiness(np.concatenate(self._means), std)
        mean = np.where(self._missing >= max(1.0, MISSING * self.lines), np.nan, total / n)
        return Measurement(
            mean, std, self._sums.saturated, self.lines, info.exposure_us, info.gain, info.temperature_c,
            int(self.lines * n.size - n.sum()), flicker, motion, captured,
        )  # fmt: skip

    def fold(self, lines: int | None = None) -> None:
        """Sum the first of the lines that are held, by default all, and let them go: it takes a while, and is best done
        where nobody waits."""
        lines = self._held if lines is None else lines
        if not lines:
            return
        means = self._levels[:lines].copy()
        block = sums(self._block[:lines], means, self.info.full_scale)
        self._sums = block if self._sums is None else self._sums.plus(block)
        self._means.append(means)
        for held in (self._block, self._levels):
            held[: self._held - lines] = held[lines : self._held]
        self._held -= lines


def _steadiness(means: NDArray[np.float64], std: NDArray[np.float64]) -> tuple[float, float]:
    """Flicker and motion. means: over the bands, float64 (lines, samples); std: float64 (bands, samples)."""
    middle = np.median(means, axis=0)
    if len(means) < LEAST or not (middle > 0).all():
        return math.nan, math.nan
    relative = means / middle
    level = np.median(relative, axis=1, keepdims=True)
    own = robust_std(relative / level)
    noise = np.sqrt((std**2).mean(axis=0) / len(std)) / middle
    motion = np.percentile(np.sqrt(np.maximum(own**2 - noise**2, 0.0)), 90)
    return float(robust_std(level[:, 0])), float(motion)
