"""Imperfections of a real camera: its optics, its bad pixels, and what changes with time.

`Optics()` is straight, steady and without a bad pixel; `TYPICAL` is a good camera. HySpex states smile below a tenth
of a band and keystone below a tenth of a pixel; makers of detector arrays promise 99 to 99.9 % of good pixels. Dark
current doubles every 5 to 10 K, depending on the material.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from oreline.config import Section

Share = Annotated[float, Field(ge=0, le=0.5)]
Bend = Annotated[float, Field(ge=-8, le=8)]
Positive = Annotated[float, Field(gt=0)]
TEMPERATURE_C = 25.0
"""Of the sensor when it is switched on; `dark_counts` holds for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Conditions:
    """Under which some lines are exposed; the defaults are those of the references of a recording.

    `exposure_us`: None is the sensor's own. `gain`: factor on the charge. `target`: "white" puts the panel over the
    scene. `lamp`: relative light, `temperature_c`: of the sensor; one number, or float32 (lines,).
    """

    exposure_us: float | None = None
    gain: float = 1.0
    shutter_open: bool = True
    target: Literal["scene", "white"] = "scene"
    lamp: float | NDArray[np.float32] = 1.0
    temperature_c: float | NDArray[np.float32] = TEMPERATURE_C


class Optics(Section):
    """Imperfections of a camera and its lamps, none of them by default; "typical" stands for `TYPICAL`. Polynomials are
    given from the constant term up."""

    smile_bands: tuple[Bend, ...] = ()
    """Shift of all band centres, in bands: a polynomial of the place across, -1 at the first sample to 1."""
    keystone_pixels: tuple[Bend, ...] = ()
    """Shift of what a band sees, in samples: a polynomial of the band's place, -1 at the first band to 1."""
    nonuniformity: Annotated[float, Field(ge=0, le=10)] = 1.0
    """Scales the pattern of sensitivity from pixel to pixel; 1 is that of a Specim FENIX."""
    hot: Share = 0.0
    """Share of pixels with a strong dark current."""
    dead: Share = 0.0
    """Share of pixels that see nothing."""
    blinking: Share = 0.0
    """Share of pixels whose dark current jumps between two levels."""
    doubling_k: Positive = 7.0
    """Warming that doubles the dark current."""
    drift_k: Annotated[float, Field(ge=-50, le=50)] = 0.0
    """Warming of the sensor in the end."""
    drift_s: Positive = 600.0
    """Time constant of the warming."""
    warm_up: Share = 0.0
    """Share of the light that is missing when the lamps are switched on."""
    warm_up_s: Positive = 300.0
    """Time constant of the warm-up."""
    flicker: Share = 0.0
    """Amplitude of the lamps' flicker, relative."""
    flicker_hz: Positive = 100.0
    """Twice the frequency of the mains."""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if isinstance(value, str) and value != "typical":
            raise ValueError('there is only one set with a name, "typical"; give a table for others')
        return TYPICAL.model_dump() if value == "typical" else value

    def conditions(self, t_s: NDArray[np.float64], **chosen: Any) -> Conditions:
        """Lamp and temperature at `t_s` seconds after both were switched on, (lines,); `chosen`: the other fields."""
        lamp = 1.0 - self.warm_up * np.exp(-t_s / self.warm_up_s)
        lamp = lamp * (1.0 + self.flicker * np.sin(2.0 * np.pi * self.flicker_hz * t_s))
        temperature = TEMPERATURE_C + self.drift_k * -np.expm1(-t_s / self.drift_s)
        return Conditions(lamp=lamp.astype(np.float32), temperature_c=temperature.astype(np.float32), **chosen)

    def smile(self, samples: int) -> NDArray[np.float64]:
        """Shift of the band centres in bands, (samples,)."""
        return _polynomial(self.smile_bands, samples)

    def keystone(self, bands: int) -> NDArray[np.float64]:
        """Shift of what each band sees in samples, (bands,): sample x sees what lies at x + shift."""
        return _polynomial(self.keystone_pixels, bands)


TYPICAL = Optics(
    smile_bands=(0.0, 0.0, 0.1),
    keystone_pixels=(0.0, 0.1),
    hot=0.0005,
    dead=0.0005,
    blinking=0.0002,
    drift_k=2.0,
    warm_up=0.03,
    flicker=0.002,
)
"""A good camera a while after it was switched on, with lamps on the mains."""


def _polynomial(coefficients: tuple[float, ...], n: int) -> NDArray[np.float64]:
    return np.asarray(np.polynomial.polynomial.polyval(np.linspace(-1.0, 1.0, n), coefficients or (0.0,)))
