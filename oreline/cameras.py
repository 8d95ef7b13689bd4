"""The pushbroom cameras that a model is made for and that the simulator can play."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError, nearest


@dataclass(frozen=True, slots=True)
class CameraPreset:
    """A camera as its maker states it, rounded to its class: `samples` across, `bands` evenly spaced from `first_nm` to
    `last_nm`, each `fwhm_nm` wide; `line_rate_hz` at the full frame; `bits` of the converter; `full_well_e` electrons
    at full scale, which is the square of the peak signal-to-noise ratio, and `read_noise_e` in the dark."""

    name: str
    model: str
    samples: int
    bands: int
    first_nm: float
    last_nm: float
    fwhm_nm: float
    line_rate_hz: float
    bits: int = 12
    full_well_e: float = 1e6
    read_noise_e: float = 250.0

    @property
    def wavelengths_nm(self) -> NDArray[np.float64]:
        """Band centres, float64 (bands,), the first and the last included."""
        return np.linspace(self.first_nm, self.last_nm, self.bands)

    @property
    def spacing_nm(self) -> float:
        """From one band's centre to the next."""
        return (self.last_nm - self.first_nm) / max(1, self.bands - 1)

    @property
    def full_scale(self) -> int:
        """The count of a saturated pixel."""
        return (1 << self.bits) - 1


CAMERAS = {
    preset.name: preset
    for preset in (
        CameraPreset("nir224", "FX17 class", 640, 224, 900.0, 1700.0, 8.0, 670.0),
        CameraPreset("swir288", "SWIR class", 384, 288, 1000.0, 2500.0, 12.0, 450.0),
        CameraPreset("swir640", "SWIR-640 class", 640, 360, 960.0, 2500.0, 8.0, 500.0, 16, 8e5, 80.0),
    )
}


def camera_preset(name: str) -> CameraPreset:
    """The preset of that name. Raises ConfigError with the nearest name."""
    if name not in CAMERAS:
        known = ", ".join(CAMERAS)
        raise ConfigError(f"no camera preset {name!r}; there are {known}.{nearest(name, CAMERAS)}")
    return CAMERAS[name]
