"""Light to counts: lamp, optics, dark current, shot and read noise, quantisation.

    charge = current * heat + white * light * reflectance             in counts at gain 1
    counts = round(offset + gain * (charge + noise)),                 cut at 0 and full scale
    variance of the noise = read noise ** 2 + charge / electrons a count

`white` is what a perfect reflector adds: lamp(wavelength) * vignetting(sample) * the pixel's own sensitivity. `light`
is the exposure times the lamp's strength, 0 behind the shutter; `heat` is the exposure, doubled for every few kelvin.
Reflectance is what a band sees through its spectral response, shifted by smile and keystone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.random_field import NORMAL, key_of
from hwsim.scenes.base import SceneBase
from hwsim.scenes.optics import TEMPERATURE_C, Conditions, Optics
from hwsim.sensor import exposure
from hwsim.sensor.detector import DEAD, HOT, Flaws, nonuniformity
from oreline.cameras import CameraPreset

HALF_FIELD = math.radians(17.0)
OFFSET_SPREAD, CURRENT_SPREAD = 0.03, 0.2
"""Standard deviations from pixel to pixel of the dark, relative."""
SECOND_RADIATION_NM_K = 1.438777e7
EXPOSED = 0.9
"""Share of the period at the camera's line rate that the reference exposure takes."""
SMILE_STEP = 0.05
"""Bands between two of the tables that a smiling sensor interpolates spectra from."""

Spectra = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """Surface under each pixel of some lines, (lines, samples) each.

    Reflectance = (`a` * spectrum `one` + `b` * spectrum `two`) * (1 + `slope` * tilt) + `glint`, where the tilt goes
    from -1 at the first band to 1 at the last.
    """

    one: NDArray[np.uint16]
    two: NDArray[np.uint16]
    a: NDArray[np.float32]
    b: NDArray[np.float32]
    slope: NDArray[np.float32]
    glint: NDArray[np.float32]
    """Specular reflectance, the same in every band."""

    @classmethod
    def flat(cls, lines: int, samples: int, spectrum: int, reflectance: float = 1.0) -> Pixels:
        """One spectrum everywhere, scaled by `reflectance`."""
        shape = (lines, samples)
        one, two = np.full((2, *shape), spectrum, np.uint16)
        b, slope, glint = np.zeros((3, *shape), np.float32)
        return cls(one, two, np.full(shape, reflectance, np.float32), b, slope, glint)

    def at(self, line: int) -> Pixels:
        """One of the lines, counted from 0: a view."""
        this = slice(line, line + 1)
        one, two, a, b = self.one[this], self.two[this], self.a[this], self.b[this]
        return Pixels(one, two, a, b, self.slope[this], self.glint[this])


@dataclass(frozen=True, slots=True, eq=False)
class Sensor:
    """A camera with its lamps, fixed for a scene.

    Counts at gain 1, the reference exposure and temperature, float32 (bands, samples): `offset`, without any charge;
    `current`, the dark charge, that of hot pixels included; `white`, what a perfect reflector adds. `read`: standard
    deviation in counts. `shot`: variance in counts squared for each count of charge. `full_scale`: the largest count.
    `shifts`: those of the tables of spectra, in bands. `geometry`: as the kernel takes it.
    """

    preset: CameraPreset
    optics: Optics
    flaws: Flaws
    offset: NDArray[np.float32]
    current: NDArray[np.float32]
    white: NDArray[np.float32]
    read: float
    shot: float
    full_scale: int
    shifts: NDArray[np.float64]
    geometry: tuple[NDArray[Any], ...]
    blink_key: np.uint64

    @classmethod
    def of(cls, scene: SceneBase) -> Sensor:
        """The sensor of a scene: its fixed pattern comes from the scene's seed."""
        preset, optics, full_scale = scene.preset, scene.optics, scene.full_scale
        shape = preset.bands, preset.samples
        rng = np.random.default_rng([scene.seed, 1])
        flaws = Flaws.of(rng, optics, shape, full_scale)
        shifts = _shifts(optics.smile(preset.samples))
        well = preset.full_well_e if scene.full_well_e is None else scene.full_well_e
        read = preset.read_noise_e if scene.read_noise_e is None else scene.read_noise_e
        offset = 0.7 * scene.dark_counts * (1.0 + OFFSET_SPREAD * rng.standard_normal(shape))
        current = 0.3 * scene.dark_counts * _current(rng, *shape) + (flaws.kinds == HOT) * flaws.level
        sensitivity = (1.0 + optics.nonuniformity * nonuniformity(rng, *shape)) * (flaws.kinds != DEAD)
        return cls(
            preset=preset,
            optics=optics,
            flaws=flaws,
            offset=offset.astype(np.float32),
            current=(current * (flaws.kinds != DEAD)).astype(np.float32),
            white=(_white(scene) * sensitivity).astype(np.float32),
            read=scene.noise * read * full_scale / well,
            shot=scene.noise**2 * full_scale / well,
            full_scale=full_scale,
            shifts=shifts,
            geometry=_geometry(optics, shifts, *shape),
            blink_key=key_of(scene.seed, 5),
        )

    @property
    def dark(self) -> NDArray[np.float32]:
        """Mean counts behind the shutter at the reference, float32 (bands, samples); blinking pixels without their
        jumps."""
        return self.offset + self.current

    @property
    def exposure_us(self) -> float:
        """The reference exposure."""
        return EXPOSED * 1e6 / self.preset.line_rate_hz

    def spectra(self, spectra_at: Callable[[NDArray[np.float64]], Spectra]) -> Spectra:
        """Spectra as `expose` takes them: at the centres of the bands or, where they smile, at some shifts of them.

        `spectra_at`: wavelengths in nm, (bands,), to reflectance, float32 (bands, spectra). Returns float32 (shifts,
        bands, spectra).
        """
        centres, spacing = self.preset.wavelengths_nm, self.preset.spacing_nm
        return np.stack([spectra_at(centres + shift * spacing) for shift in self.shifts]).astype(np.float32)

    def expose(
        self,
        spectra: Spectra,
        pixels: Pixels,
        key: np.uint64,
        first_line: int,
        out: NDArray[np.uint16],
        conditions: Conditions | None = None,
    ) -> None:
        """Count the light of `pixels` into `out`, uint16 (lines, bands, samples).

        `spectra`: from the method `spectra`, the white panel last; without a smile float32 (bands, spectra) will do.
        Noise depends on `key` and on a line's number alone, which is `first_line` for the first. `conditions`: None are
        those of the reference. Raises ValueError where the spectra do not cover the smile.
        """
        now, tables = conditions or Conditions(), spectra.reshape(-1, *spectra.shape[-2:])
        if len(tables) != len(self.shifts):
            raise ValueError(
                f"{len(tables)} tables of spectra for {len(self.shifts)} shifts: take them from Sensor.spectra"
            )
        lines, samples = len(out), out.shape[2]
        if now.target == "white":
            pixels = Pixels.flat(lines, samples, tables.shape[2] - 1)
        exposure.expose(
            (tables, *self.geometry),
            (pixels.one, pixels.two, pixels.a, pixels.b, pixels.slope, pixels.glint),
            self._strength(now, lines),
            (self.offset, self.current, self.white),
            (self.flaws.first, self.flaws.sample, self.flaws.level, self.blink_key),
            (np.float32(now.gain), np.float32(self.read**2), np.float32(self.shot), np.float32(self.full_scale)),
            (NORMAL, key, first_line),
            out,
        )

    def _strength(self, now: Conditions, lines: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Light and heat, (lines,) each, 1 at the reference."""
        longer = (self.exposure_us if now.exposure_us is None else now.exposure_us) / self.exposure_us
        warmer = (np.asarray(now.temperature_c, np.float64) - TEMPERATURE_C) / self.optics.doubling_k
        light, heat = longer * now.shutter_open * np.asarray(now.lamp, np.float64), longer * np.exp2(warmer)
        return np.full(lines, light, np.float32), np.full(lines, heat, np.float32)


def lamp(nm: NDArray[np.float64], kelvin: float) -> NDArray[np.float64]:
    """A halogen lamp as a sensor sees it, 0..1 with 1 at the strongest band; nm: (bands,) or (bands, samples).

    Planck's law in photons a nanometre, times the sensor's loss of efficiency towards both ends of its range.
    """
    photons = nm**-4.0 / np.expm1(SECOND_RADIATION_NM_K / (nm * kelvin))
    place = np.linspace(-1.0, 1.0, len(nm)).reshape(-1, *(1,) * (nm.ndim - 1))
    seen = photons * (1.0 - 0.6 * place**4)
    return np.asarray(seen / seen.max())


def _white(scene: SceneBase) -> NDArray[np.float64]:
    """Counts that a perfect reflector adds to an even sensor, (bands, samples)."""
    preset = scene.preset
    light = lamp(preset.wavelengths_nm[:, None] + preset.spacing_nm * scene.optics.smile(preset.samples), scene.lamp_k)
    vignetting = np.cos(HALF_FIELD * np.linspace(-1.0, 1.0, preset.samples)) ** 4
    return np.asarray(scene.white_level * scene.full_scale * light * vignetting)


def _current(rng: np.random.Generator, bands: int, samples: int) -> NDArray[np.float64]:
    """Dark current relative to its mean, (bands, samples): more of it at the bands of long waves."""
    rise = 0.5 + np.arange(bands) / max(1, bands - 1)
    return np.maximum(0.0, rise[:, None] * (1.0 + CURRENT_SPREAD * rng.standard_normal((bands, samples))))


def _shifts(smile: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shifts in bands that cover a smile, SMILE_STEP apart."""
    return SMILE_STEP * np.arange(np.floor(smile.min() / SMILE_STEP), np.ceil(smile.max() / SMILE_STEP) + 1)


def _geometry(optics: Optics, shifts: NDArray[np.float64], bands: int, samples: int) -> tuple[NDArray[Any], ...]:
    """For each sample the table below its shift and the share of the next one; for each band its tilt and keystone."""
    place = (optics.smile(samples) - shifts[0]) / SMILE_STEP
    low = np.clip(np.floor(place), 0, max(0, len(shifts) - 2)).astype(np.int64)
    tilt = np.linspace(-1.0, 1.0, bands, dtype=np.float32)
    return low, (place - low).astype(np.float32), tilt, optics.keystone(bands).astype(np.float32)
