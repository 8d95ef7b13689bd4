"""The pushbroom cameras that a model is made for and that the simulator can play."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oreline.errors import ConfigError, nearest


@dataclass(frozen=True, slots=True)
class CameraPreset:
    """A camera's geometry as its maker states it: `samples` across, `bands` evenly spaced from `first_nm` to
    `last_nm`, each `fwhm_nm` wide; `bits` of the converter; `line_rate_hz` at the full frame."""

    name: str
    model: str
    samples: int
    bands: int
    first_nm: float
    last_nm: float
    fwhm_nm: float
    line_rate_hz: float
    bits: int = 12

    @property
    def wavelengths_nm(self) -> NDArray[np.float64]:
        """Band centres, float64 (bands,), the first and the last included."""
        return np.linspace(self.first_nm, self.last_nm, self.bands)

    @property
    def full_scale(self) -> int:
        """The count of a saturated pixel."""
        return (1 << self.bits) - 1


CAMERAS = {
    preset.name: preset
    for preset in (
        CameraPreset("nir224", "FX17 class", 640, 224, 900.0, 1700.0, 8.0, 670.0),
        CameraPreset("swir288", "SWIR class", 384, 288, 1000.0, 2500.0, 12.0, 450.0),
    )
}


def camera_preset(name: str) -> CameraPreset:
    """The preset of that name. Raises ConfigError with the nearest name."""
    if name not in CAMERAS:
        known = ", ".join(CAMERAS)
        raise ConfigError(f"no camera preset {name!r}; there are {known}.{nearest(name, CAMERAS)}")
    return CAMERAS[name]
