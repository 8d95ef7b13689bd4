"""Reference: dark and white of one camera setting, cut to the region that a stream reads."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inference.references.measurement import SAME_TEMPERATURE_K, Measurement, MeasurementBuilder
from oreline.errors import ReferenceRefused
from oreline.messages import StreamInfo
from oreline.recordings.conditions import SAME_EXPOSURE

WAVELENGTH_TOLERANCE_NM = 0.01
CAMERA = ("camera", "serial", "wavelengths_nm", "full_scale")


@dataclass(frozen=True, eq=False)
class Reference:
    """Dark and white reference of one camera setting.

    `captured`: when, in words. `x_start`: first of its samples on the sensor. `id`: 16 hex digits, a hash of
    everything else; a region keeps the id of what it was cut from.
    `darks`: more of them, at other exposures or temperatures. `panel`: certified reflectance of the white panel,
    float64 (bands,), ones where it is not known; `panel_name` and `panel_sha256` of its file. `coefficients`: radiance
    of a count that came in a microsecond, float64 (bands, samples), in `coefficients_unit`; None where there are none.
    """

    dark: Measurement
    white: Measurement
    wavelengths_nm: tuple[float, ...]
    x_start: int
    full_scale: int
    camera: str
    serial: str
    captured: str
    id: str = ""
    darks: tuple[Measurement, ...] = ()
    panel: NDArray[np.float64] = field(default_factory=lambda: np.ones(0))
    panel_name: str = ""
    panel_sha256: str = ""
    coefficients: NDArray[np.float64] | None = None
    coefficients_unit: str = ""

    def __post_init__(self) -> None:
        if not self.panel.size:
            object.__setattr__(self, "panel", np.ones(len(self.wavelengths_nm)))
        if not self.id:
            object.__setattr__(self, "id", self._digest())

    @classmethod
    def combine(cls, dark: MeasurementBuilder, white: MeasurementBuilder, *, captured: str) -> Self:
        """A reference of two captures. Raises ReferenceRefused, as `of` does."""
        return cls.of(dark.info, dark.measured(captured), white.info, white.measured(captured), captured)

    @classmethod
    def of(cls, dark_info: StreamInfo, dark: Measurement, info: StreamInfo, white: Measurement, captured: str) -> Self:
        """A reference of the whole lines of two streams. Raises ReferenceRefused where they are not of one setting of
        one camera, or where the white is no brighter than the dark."""
        for name in (*CAMERA, "samples", "offset_x"):
            if getattr(dark_info, name) != getattr(info, name):
                raise ReferenceRefused(f"dark and white differ in {name}: capture both with one setting", "setting")
        if np.median(white.mean - dark.mean) <= 0:
            raise ReferenceRefused("the white is no brighter than the dark: check shutter, lamp and panel", "too_dark")
        return cls(dark, white, info.wavelengths_nm, info.offset_x, info.full_scale, info.camera, info.serial, captured)

    @property
    def all_darks(self) -> tuple[Measurement, ...]:
        """The primary dark first."""
        return self.dark, *self.darks

    @property
    def samples(self) -> int:
        return int(self.white.mean.shape[1])

    def age_s(self, now: datetime | None = None) -> float:
        """Seconds since the older of dark and white was captured; NaN where that is no time."""
        ages = (_age(kind.captured or self.captured, now) for kind in (self.dark, self.white))
        return max((age for age in ages if not math.isnan(age)), default=math.nan)

    def with_dark(self, dark: Measurement, captured: str) -> Self:
        """Reference with a newer dark, in the place of the one that was taken alike, or beside it. The white keeps its
        light, which is what it is above its own dark."""
        if _alike(dark, self.dark):
            white = replace(self.white, mean=np.maximum(self.white.mean + (dark.mean - self.dark.mean), 0.0))
            return replace(self, dark=dark, white=white, captured=captured, id="")
        others = tuple(one for one in self.darks if not _alike(dark, one))
        return replace(self, darks=(*others, dark), captured=captured, id="")

    def with_white(self, white: Measurement, captured: str) -> Self:
        """Reference with a newer white, against the dark that it has."""
        return replace(self, white=white, captured=captured, id="")

    def exposure_ratio(self, info: StreamInfo) -> float:
        """(t_w g_w)/(t_s g_s), which scales reflectance where white and sample were exposed differently. Where
        nobody says how long the white was, it was as long. Raises ReferenceRefused where the stream has none."""
        light = info.exposure_us * info.gain
        if not light > 0:
            raise ReferenceRefused(
                f"the stream has exposure {info.exposure_us:g} us and gain {info.gain:g}: set both above zero; "
                "acquisition.exposure_us and acquisition.gain say them where the camera does not",
                "exposure",
            )
        exposure_us = info.exposure_us if math.isnan(self.white.exposure_us) else self.white.exposure_us
        return exposure_us * self.white.gain / light

    def region(self, info: StreamInfo) -> Reference:
        """The columns that a stream reads. Raises ReferenceRefused, saying why, where they are not all here."""
        self._check_camera(info)
        start, end = info.offset_x, info.offset_x + info.samples
        if start < self.x_start or end > self.x_start + self.samples:
            raise ReferenceRefused(
                f"the stream reads sensor columns {start}..{end - 1}, the reference {self.id} covers "
                f"{self.x_start}..{self.x_start + self.samples - 1}: capture a reference that covers the region",
                "region",
            )
        first = start - self.x_start
        cut = np.s_[:, first : first + info.samples]
        return replace(
            self, x_start=start,
            dark=self.dark.columns(first, info.samples),
            white=self.white.columns(first, info.samples),
            darks=tuple(dark.columns(first, info.samples) for dark in self.darks),
            coefficients=None if self.coefficients is None else self.coefficients[cut],
        )  # fmt: skip

    def _check_camera(self, info: StreamInfo) -> None:
        theirs, ours = np.asarray(info.wavelengths_nm), np.asarray(self.wavelengths_nm)
        remedy = f"capture one with this camera's settings (reference {self.id})"
        if info.serial != self.serial:
            raise ReferenceRefused(
                f"the reference is of camera {self.serial!r}, the stream of {info.serial!r}: {remedy}", "camera"
            )
        if theirs.size != ours.size:
            raise ReferenceRefused(f"the reference has {ours.size} bands, the stream {theirs.size}: {remedy}", "camera")
        off = np.abs(theirs - ours)
        if not off.max() <= WAVELENGTH_TOLERANCE_NM:
            band = int(off.argmax())
            raise ReferenceRefused(
                f"band {band} of the reference is at {ours[band]:g} nm, of the stream at {theirs[band]:g} nm: {remedy}",
                "camera",
            )
        if info.full_scale != self.full_scale:
            raise ReferenceRefused(
                f"the reference has full scale {self.full_scale}, the stream {info.full_scale}: {remedy}", "camera"
            )

    def measurements(self) -> Iterator[tuple[str, Measurement]]:
        """Each by the name of its files."""
        yield from (("dark", self.dark), ("white", self.white))
        yield from ((f"dark_{number}", dark) for number, dark in enumerate(self.darks, 2))

    def facts(self) -> dict[str, Any]:
        """All that is not an array of elements, as JSON has it."""
        return {
            **{name: getattr(self, name) for name in ("captured", *CAMERA, "x_start", "samples")},
            "panel": self._panel_facts(),
            "coefficients_unit": self.coefficients_unit,
            **{name: measurement.facts() for name, measurement in self.measurements()},
        }  # fmt: skip

    def _panel_facts(self) -> dict[str, Any] | None:
        if not self.panel_name and np.all(self.panel == 1):
            return None
        return {"name": self.panel_name, "sha256": self.panel_sha256, "reflectance": self.panel.tolist()}

    def _digest(self) -> str:
        content = hashlib.sha256(json.dumps(self.facts(), sort_keys=True).encode())
        arrays = [array for _, m in self.measurements() for array in (m.mean, m.std, m.saturated)]
        for array in arrays if self.coefficients is None else [*arrays, self.coefficients]:
            content.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
        return content.hexdigest()[:16]


def _alike(one: Measurement, other: Measurement) -> bool:
    """Whether both are of one exposure, gain and temperature, as far as that is known: then the newer one replaces the
    other."""
    ours, theirs = (one.exposure_us, one.gain), (other.exposure_us, other.gain)
    same = np.allclose(ours, theirs, rtol=SAME_EXPOSURE, equal_nan=True)
    return bool(same) and not abs(one.temperature_c - other.temperature_c) >= SAME_TEMPERATURE_K


def _age(captured: str, now: datetime | None) -> float:
    try:
        return ((now or datetime.now(UTC)) - datetime.fromisoformat(captured)).total_seconds()
    except (ValueError, TypeError):
        return math.nan
