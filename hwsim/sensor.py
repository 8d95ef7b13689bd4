"""Light to counts: lamp, optics, dark current, shot and read noise, quantisation.

    counts = round(dark + white * reflectance + noise),  cut at 0 and full scale
    variance of the noise = read noise ** 2 + (dark current + signal) / electrons a count

`white` is what a perfect reflector adds: lamp(wavelength) * vignetting(sample) * the pixel's own gain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.belt import BeltScene
from hwsim.dice import NORMAL, mix, normal
from oreline.jit import kernel

HALF_FIELD = math.radians(17.0)
GAIN_SPREAD, OFFSET_SPREAD, CURRENT_SPREAD = 0.015, 0.03, 0.2
"""Standard deviations from pixel to pixel of the sensor, relative."""
SECOND_RADIATION_NM_K = 1.438777e7


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """What lies under each pixel of some lines, (lines, samples) each.

    Reflectance = (`a` * spectrum `one` + `b` * spectrum `two`) * (1 + `slope` * tilt), where the tilt goes from -1
    at the first band to 1 at the last.
    """

    one: NDArray[np.uint8]
    two: NDArray[np.uint8]
    a: NDArray[np.float32]
    b: NDArray[np.float32]
    slope: NDArray[np.float32]

    @classmethod
    def flat(cls, lines: int, samples: int, spectrum: int, reflectance: float = 1.0) -> Pixels:
        """One spectrum everywhere, scaled by `reflectance`."""
        shape = (lines, samples)
        one, two = np.full((2, *shape), spectrum, np.uint8)
        b, slope = np.zeros((2, *shape), np.float32)
        return cls(one, two, np.full(shape, reflectance, np.float32), b, slope)


@dataclass(frozen=True, slots=True, eq=False)
class Sensor:
    """A camera with its lamps, fixed for a scene.

    `dark`, `white`: mean counts without light, and what a perfect reflector adds, float32 (bands, samples).
    `current`: the part of `dark` that has shot noise. `read`: standard deviation in counts. `shot`: variance in counts
    squared for each count of light. `full_scale`: the largest count.
    """

    dark: NDArray[np.float32]
    white: NDArray[np.float32]
    current: NDArray[np.float32]
    read: float
    shot: float
    full_scale: int

    @classmethod
    def of(cls, scene: BeltScene) -> Sensor:
        """The sensor of a scene: its fixed pattern comes from the scene's seed."""
        preset = scene.preset
        nm, across = preset.wavelengths_nm, np.linspace(-1.0, 1.0, preset.samples)
        pattern = np.random.default_rng([scene.seed, 1]).standard_normal((3, preset.bands, preset.samples))
        offset = 0.7 * scene.dark_counts * (1.0 + OFFSET_SPREAD * pattern[0])
        heat = 0.3 * scene.dark_counts * (0.5 + np.arange(preset.bands) / max(1, preset.bands - 1))
        current = np.maximum(0.0, heat[:, None] * (1.0 + CURRENT_SPREAD * pattern[1]))
        vignetting = np.cos(HALF_FIELD * across) ** 4
        light = scene.white_level * scene.full_scale * lamp(nm, scene.lamp_k)[:, None] * vignetting
        per_count = scene.full_well_e / scene.full_scale
        return cls(
            dark=(offset + current).astype(np.float32),
            white=(light * (1.0 + GAIN_SPREAD * pattern[2])).astype(np.float32),
            current=current.astype(np.float32),
            read=scene.noise * scene.read_noise_e / per_count,
            shot=scene.noise**2 / per_count,
            full_scale=scene.full_scale,
        )

    def expose(
        self, spectra: NDArray[np.float32], pixels: Pixels, key: np.uint64, first_line: int, out: NDArray[np.uint16]
    ) -> None:
        """Count the light of `pixels` into `out`, uint16 (lines, bands, samples).

        `spectra`: reflectance, float32 (bands, spectra). Noise depends on `key` and on a line's number alone, which is
        `first_line` for the first.
        """
        bands = len(self.dark)
        tilt = np.linspace(-1.0, 1.0, bands, dtype=np.float32)
        noise = np.float32(self.read**2), np.float32(self.shot), np.float32(self.full_scale)
        light = pixels.one, pixels.two, pixels.a, pixels.b, pixels.slope
        _expose(spectra, tilt, light, self.dark, self.white, self.current, noise, NORMAL, key, first_line, out)


def lamp(nm: NDArray[np.float64], kelvin: float) -> NDArray[np.float64]:
    """What a sensor sees of a halogen lamp, 0..1 with 1 at the strongest band, (bands,).

    Planck's law in photons a nanometre, times the sensor's loss of efficiency towards both ends of its range.
    """
    photons = nm**-4.0 / np.expm1(SECOND_RADIATION_NM_K / (nm * kelvin))
    place = np.linspace(-1.0, 1.0, nm.size)
    seen = photons * (1.0 - 0.6 * place**4)
    return np.asarray(seen / seen.max())


@kernel
def _expose(
    spectra: NDArray[np.float32],
    tilt: NDArray[np.float32],
    light: tuple[NDArray[Any], ...],
    dark: NDArray[np.float32],
    white: NDArray[np.float32],
    current: NDArray[np.float32],
    noise: tuple[np.float32, np.float32, np.float32],
    table: NDArray[np.float32],
    key: np.uint64,
    first_line: int,
    out: NDArray[np.uint16],
) -> None:
    one, two, a, b, slope = light
    read2, shot, full = noise
    lines, bands, samples = out.shape
    for i in range(lines):
        for band in range(bands):
            row_key = mix(key ^ np.uint64((first_line + i) * bands + band))
            row, bend = spectra[band], tilt[band]
            for x in range(samples):
                reflectance = a[i, x] * row[one[i, x]] + b[i, x] * row[two[i, x]]
                signal = white[band, x] * reflectance * (np.float32(1.0) + slope[i, x] * bend)
                spread = np.sqrt(read2 + shot * (current[band, x] + signal))
                count = dark[band, x] + signal + spread * normal(table, row_key, x)
                out[i, band, x] = np.uint16(min(max(count + np.float32(0.5), np.float32(0.0)), full))
