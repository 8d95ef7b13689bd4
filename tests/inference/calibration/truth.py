"""A simulated camera whose truth is known: its references, and lines of surfaces with given reflectance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.random_field import key_of
from hwsim.scenes.base import SceneBase
from hwsim.scenes.optics import Conditions, Optics
from hwsim.sensor.sensor import Pixels, Sensor
from inference.references.measurement import Measurement, MeasurementBuilder
from inference.references.reference import Reference
from oreline.messages import StreamInfo

SPECTRA = 5
STRAIGHT = Optics()
REFERENCE_LINES = 100


def spectrum(nm: NDArray[np.float64]) -> NDArray[np.float32]:
    """Five surfaces from 2 % to 95 % with absorption bands 60 nm wide, and white: float32 (bands, 6)."""
    level = np.array([0.02, 0.1, 0.3, 0.6, 0.95])
    dip = 1.0 - 0.4 * np.exp(-0.5 * ((nm[:, None] - np.array([1150.0, 1250, 1380, 1450, 1550])) / 60.0) ** 2)
    return np.hstack([level * dip, np.ones((len(nm), 1))]).astype(np.float32)


@dataclass(frozen=True)
class Camera:
    """A preset with its optics; everything is drawn from `seed`."""

    preset: str = "nir224"
    optics: Optics = STRAIGHT
    seed: int = 3
    dark_counts: float = 180.0

    @cached_property
    def sensor(self) -> Sensor:
        scene = SceneBase(camera=self.preset, seed=self.seed, optics=self.optics, dark_counts=self.dark_counts)
        return Sensor.of(scene)

    @cached_property
    def _spectra(self) -> NDArray[np.float32]:
        return self.sensor.spectra(spectrum)

    @property
    def truth(self) -> NDArray[np.float64]:
        """Reflectance of a line, float64 (bands, samples): the surfaces side by side, one going over into the next."""
        table = spectrum(self.sensor.preset.wavelengths_nm).astype(np.float64)
        one, share = self._mixture
        return (1.0 - share) * table[:, one] + share * table[:, one + 1]

    @property
    def _mixture(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Which surface a sample sees, and how much of the next one, (samples,) both."""
        place = np.linspace(0.0, SPECTRA - 1.001, self.sensor.preset.samples)
        one = place.astype(np.int64)
        return one, 0.5 - 0.5 * np.cos(np.pi * (place - one))

    def info(self, **changes: Any) -> StreamInfo:
        preset, sensor = self.sensor.preset, self.sensor
        said = {"exposure_us": sensor.exposure_us, "gain": 1.0, "temperature_c": 25.0} | changes
        return StreamInfo(
            run=bytes(16), epoch=0, seq=0, camera="SIM", serial="T", wavelengths_nm=tuple(preset.wavelengths_nm),
            samples=preset.samples, offset_x=0, full_scale=sensor.full_scale, line_rate_hz=preset.line_rate_hz,
            counts_per_line=1.0, pitch_mm=1.0, **said,
        )  # fmt: skip

    def lines(self, n: int, first: int, **conditions: Any) -> NDArray[np.uint16]:
        """Counts of n lines, uint16 (n, bands, samples)."""
        preset = self.sensor.preset
        out = np.zeros((n, preset.bands, preset.samples), np.uint16)
        pixels = Pixels.flat(n, preset.samples, 0)
        one, share = self._mixture
        pixels.one[:], pixels.two[:], pixels.a[:], pixels.b[:] = one, one + 1, 1.0 - share, share
        self.sensor.expose(self._spectra, pixels, key_of(self.seed, 99), first, out, Conditions(**conditions))
        return out

    def measured(self, info: StreamInfo, first: int, n: int = REFERENCE_LINES, **conditions: Any) -> Measurement:
        return self.builder(info, first, n, **conditions).measured()

    def builder(self, info: StreamInfo, first: int, n: int = REFERENCE_LINES, **conditions: Any) -> MeasurementBuilder:
        made = MeasurementBuilder(info)
        for line in self.lines(
            n, first, exposure_us=info.exposure_us, gain=info.gain, temperature_c=info.temperature_c, **conditions
        ):
            made.add(line)
        return made

    def reference(self, n: int = REFERENCE_LINES, **changes: Any) -> Reference:
        """Dark and white at the sensor's own exposure, unless told otherwise."""
        info = self.info(**changes)
        dark = self.builder(info, 10_000, n, shutter_open=False)
        return Reference.combine(
            dark, self.builder(info, 20_000, n, target="white"), captured="2026-01-01T00:00:00+00:00"
        )

    def noise_std(self, exposure: float = 1.0) -> NDArray[np.float64]:
        """Of reflectance, when white and dark are known exactly and `exposure` is the sample's relative to the white's,
        float64 (bands, samples): that of charge, amplifier and rounding."""
        sensor = self.sensor
        charge = exposure * (sensor.current + sensor.white * self.truth)
        variance = sensor.read**2 + sensor.shot * charge + 1.0 / 12.0
        return np.sqrt(variance) / np.maximum(exposure * sensor.white, 1e-6)
