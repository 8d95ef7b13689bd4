"""Coverage: how often the true error lies within the uncertainty that was stated, its calibration curve.

Where errors are normal and their standard uncertainty is right, the share of errors below z times it is erf(z/sqrt 2)
for every z. A curve above that is too careful, one below promises too much.
"""

from __future__ import annotations

from dataclasses import replace
from math import erf, sqrt

import numpy as np
from numpy.typing import NDArray

from inference.calibration.calibrator import Calibrator
from inference.calibration.noise_model import NoiseModel
from inference.references.measurement import Measurement
from inference.references.reference import Reference
from oreline.messages import StreamInfo

FACTORS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.96, 2.58, 3.0)
"""Coverage factors, of which 1.96 and 2.58 stand for 95 and 99 %."""


class Coverage:
    """Counts errors by their size in standard uncertainties."""

    def __init__(self) -> None:
        self.elements = 0
        self._within = np.zeros(len(FACTORS), np.int64)

    def add(self, error: NDArray[np.floating], uncertainty: NDArray[np.floating]) -> None:
        """Take errors and their standard uncertainties, arrays of one shape; those that are not finite are left out."""
        known = np.isfinite(error) & np.isfinite(uncertainty)
        size = np.abs(error[known], dtype=np.float64)
        self.elements += size.size
        self._within += [int(np.count_nonzero(size <= z * uncertainty[known])) for z in FACTORS]

    def curve(self) -> list[tuple[float, float]]:
        """For each factor the share that is stated and the share that is true, both 0..1."""
        return [
            (erf(z / sqrt(2.0)), float(within) / max(self.elements, 1))
            for z, within in zip(FACTORS, self._within, strict=True)
        ]


def bootstrap(reference: Reference, lines: int = 4, seed: int = 1) -> Coverage:
    """The coverage that this reference gives, by a parametric bootstrap: what was measured stands for the truth, from
    which a reference and lines of known reflectance are drawn with the noise that was found.

    It tells whether the uncertainty is right for this camera's dark, white, noise and number of lines, rounding
    included; it cannot tell what the noise model does not know.
    """
    rng = np.random.default_rng(seed)
    noise, light = NoiseModel.estimate(reference), reference.white.mean - reference.dark.mean
    drawn = replace(reference, dark=_drawn(reference.dark, rng), white=_drawn(reference.white, rng))
    calibration = Calibrator(drawn, _stream(reference))
    coverage = Coverage()
    for _ in range(lines):
        truth = rng.uniform(0.02, 0.98, light.shape)
        signal = light * truth / reference.panel[:, None]
        counts = reference.dark.mean + signal + np.sqrt(noise.variance(signal)) * rng.standard_normal(light.shape)
        seen = np.clip(np.rint(np.nan_to_num(counts)), 0, reference.full_scale).astype(np.uint16)
        values = calibration.reflectance(seen)[0]
        inside = (seen > 0) & (seen < reference.full_scale)
        coverage.add(np.where(inside, values - truth, np.nan), calibration.uncertainty(values))
    return coverage


def _drawn(measured: Measurement, rng: np.random.Generator) -> Measurement:
    """Another mean of as many lines."""
    error = measured.std / np.sqrt(measured.lines)
    return replace(measured, mean=measured.mean + error * rng.standard_normal(error.shape))


def _stream(reference: Reference) -> StreamInfo:
    """All of the sensor, exposed as the white was."""
    white = reference.white
    return StreamInfo(
        run=bytes(16), epoch=0, seq=0, camera=reference.camera, serial=reference.serial,
        wavelengths_nm=reference.wavelengths_nm, samples=reference.samples, offset_x=reference.x_start,
        full_scale=reference.full_scale, exposure_us=float(np.nan_to_num(white.exposure_us, nan=1.0)), gain=white.gain,
        line_rate_hz=1.0,
        counts_per_line=1.0, pitch_mm=1.0, temperature_c=white.temperature_c,
    )  # fmt: skip
