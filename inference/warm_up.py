"""Warm-up: everything that is compiled at its first use is used once before a process calls itself ready."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inference.calibration.calibrator import Calibrator
from inference.calibration.settings import Correction, DarkColumns
from inference.features.line import LineFeatures
from inference.illumination import IlluminationCheck, WhiteStrip
from inference.labeller import Model
from inference.preprocessing.steps import SNV
from inference.references.measurement import MeasurementBuilder
from inference.references.reference import Reference
from inference.references.robust_mean import LEAST
from oreline.messages import StreamInfo

BANDS, SAMPLES, FULL_SCALE = 4, 64, 4095
EVERY_STEP = Correction(
    nonlinearity=(0.01,), smile_bands=(0.1,), keystone_pixels=(0.1,), shade=DarkColumns(first=0, samples=4)
)


def compile_kernels(model: Model | None, features: bool = False) -> None:
    """Capture and apply a made-up reference, and judge, measure and label a made-up line."""
    wavelengths = tuple(float(band) for band in range(1, BANDS + 1))
    info = StreamInfo(bytes(16), 0, 0, "", "", wavelengths, SAMPLES, 0, FULL_SCALE, 1.0, 1.0, 1.0, 1.0, 1.0)
    dark, white = MeasurementBuilder(info), MeasurementBuilder(info)
    for builder, level in ((dark, 100), (white, 3000)):
        for number in range(LEAST):
            builder.add(_line(level if number else level // 2))
    reference, strip = Reference.combine(dark, white, captured=""), WhiteStrip(first=4, samples=4, correct=True)
    for calibration in (
        Calibrator(reference, info),
        Calibrator(reference, info, EVERY_STEP, strip),
        Calibrator(reference, info, steps=2 * SNV),
    ):
        calibration.reflectance(_line(1000))
        _, mean, invalid = calibration.features(_line(1000))
    IlluminationCheck(None).judge(mean, invalid)
    if features:
        LineFeatures(range(1000, 2500, 5), SAMPLES)
    if model is not None:
        model.compile()


def _line(level: int) -> NDArray[np.uint16]:
    """Read-only, as lines in a ring are: a kernel is compiled once more for what it may not write to."""
    line = np.full((BANDS, SAMPLES), level, np.uint16)
    line.flags.writeable = False
    return line
