"""Camera dialects: the features in which cameras tell exposure, gain, rate, temperature and full scale, their units,
and the formats of their pixels. One table each, in the order in which they are asked; docs/reference/cameras.md is made
from them. Pure: a `Read` answers for the camera.

SFNC: the standard feature naming convention of GenICam, which has changed names between its versions 1 and 2. PFNC: its
pixel format naming convention.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from oreline.errors import FeatureError
from oreline.units import DEGREES, GAINS, RATES, TIMES, spelt


class Reading(NamedTuple):
    """A feature's value, and the unit that its node names, "" where it names none."""

    value: Any
    unit: str

    @property
    def number(self) -> float | None:
        """The value, None where it is no finite number: an entry such as Open is none, nor is yes or no."""
        number = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        return float(self.value) if number and math.isfinite(self.value) else None


Read = Callable[[str], Reading | None]
"""Reading of the feature of a name; None where the camera has none, or does not let it be read now."""


class Feature(NamedTuple):
    """`unit`: of a node that names none; "" where that can be any, such as a step of the camera's own. `base`: the
    feature that says what such a step is. `cameras`: who has it."""

    name: str
    unit: str
    cameras: str
    base: str = ""


EXPOSURE = (
    Feature("ExposureTime", "us", "SFNC 1 and 2"),
    Feature("ExposureTimeAbs", "us", "GigE Vision before SFNC 2: Basler, Allied Vision, Photonfocus"),
    Feature("ExposureTimeRaw", "", "SFNC 1: Basler, JAI, Ricoh", "ExposureTimeBaseAbs"),
    Feature("IntegrationTime", "us", "cameras for the near infrared, such as Xenics"),
    Feature("ExposureValue", "us", "Allied Vision before GenICam"),
    Feature("Shutter", "", "IIDC, FlyCapture; where it is no number, it is the shutter before the sensor"),
)
GAIN = (
    Feature("Gain", "", "SFNC 1 and 2; most say dB, Teledyne DALSA, JAI and Baumer mean a factor"),
    Feature("GainAbs", "dB", "SFNC 1: Basler"),
    Feature("GainRaw", "", "SFNC 1: Basler, Allied Vision, JAI"),
)
RATE = (
    Feature("ResultingFrameRate", "Hz", "Basler, Hikrobot: what the exposure leaves of the rate that was set"),
    Feature("ResultingFrameRateAbs", "Hz", "Basler, GigE Vision before SFNC 2"),
    Feature("AcquisitionResultingFrameRate", "Hz", "FLIR"),
    Feature("AcquisitionFrameRate", "Hz", "SFNC 1 and 2"),
    Feature("AcquisitionFrameRateAbs", "Hz", "GigE Vision before SFNC 2: Basler, Allied Vision"),
    Feature("FrameRate", "Hz", "Teledyne DALSA, AT, Xenics"),
    Feature("AcquisitionFramePeriod", "us", "Teledyne DALSA"),
    Feature("FramePeriod", "us", "AT"),
)
TEMPERATURE = (
    Feature("DeviceTemperature", "C", "SFNC 1 and 2"),
    Feature("TemperatureAbs", "C", "Basler, GigE Vision before SFNC 2"),
)
LATE = {feature.name for feature in (*EXPOSURE, *GAIN, *RATE)}
"""What a camera may round, or limit by each other, after it has been read back."""
BY_STANDARD = {
    *("ExposureTime", "ExposureTimeAbs", "AcquisitionFrameRate", "AcquisitionFrameRateAbs"),
    *("AcquisitionFrameRateEnable", "AcquisitionFrameRateEnabled"),
}
LARGEST = ("PixelDynamicRangeMax",)
DEPTH = ("BitDepth", "PixelBitDepth")
"""Of what is sent, not of the sensor or its converter: those say nothing of where the bits lie in a pixel."""


class PixelFormat(NamedTuple):
    """`code`: of PFNC. `packing`: "" for whole bytes, else a kernel of `acquisition.unpacking_kernels`: a "bit_stream",
    or "pairs" of pixels in three bytes."""

    code: int
    bits: int
    packing: Literal["", "bit_stream", "pairs"] = ""

    @property
    def most(self) -> int:
        """The largest count that it can carry."""
        return (1 << self.bits) - 1

    def bytes(self, pixels: int) -> int:
        """Of an image of so many; only its end is padded."""
        held = {"": 8 if self.bits == 8 else 16, "bit_stream": self.bits, "pairs": 12}[self.packing]
        return (pixels * held + 7) // 8


PIXEL_FORMATS = {
    "Mono8": PixelFormat(0x01080001, 8),
    "Mono10": PixelFormat(0x01100003, 10),
    "Mono12": PixelFormat(0x01100005, 12),
    "Mono14": PixelFormat(0x01100025, 14),
    "Mono16": PixelFormat(0x01100007, 16),
    "Mono10p": PixelFormat(0x010A0046, 10, "bit_stream"),
    "Mono12p": PixelFormat(0x010C0047, 12, "bit_stream"),
    "Mono14p": PixelFormat(0x010E0104, 14, "bit_stream"),
    "Mono10Packed": PixelFormat(0x010C0004, 10, "pairs"),
    "Mono12Packed": PixelFormat(0x010C0006, 12, "pairs"),
}


BY_CODE = {form.code: form for form in PIXEL_FORMATS.values()}


def pixel_format(name: str) -> PixelFormat:
    """Raises FeatureError for one of colours, or none that is known."""
    if name not in PIXEL_FORMATS:
        raise FeatureError(f"PixelFormat {name} is not spectral: set one of {', '.join(PIXEL_FORMATS)}")
    return PIXEL_FORMATS[name]


def exposure_us(read: Read, configured_us: float | None, step_us: float | None) -> float:
    """Exposure in us; `configured_us`, or 0, where the camera does not tell it. `step_us`: of one, where that has no
    unit. Raises FeatureError for a camera that tells it in a unit that nobody knows."""
    unclear = ""
    for feature, reading, number in _numbers(EXPOSURE, read):
        step = TIMES.get(_unit(feature, reading)) or _base_us(feature, read) or step_us
        if step and number > 0:
            return number * step
        unclear = unclear or (_words(feature, reading) if number > 0 else "")
    if unclear and configured_us is None:
        raise FeatureError(
            f"the exposure is {unclear}: set acquisition.exposure_step_us to the microseconds of one, or "
            "acquisition.exposure_us to the exposure"
        )
    return configured_us or 0.0


def written(features: Mapping[str, Any]) -> Read:
    """Answers for a camera of which nothing is known but the features that are written to it: those whose unit is
    the same in all cameras."""
    return lambda name: Reading(features[name], "") if name in features and name in BY_STANDARD else None


def set_exposure_us(read: Read) -> float | None:
    """Exposure that features set, in us, as far as their names tell the unit."""
    exposures = (number * TIMES[feature.unit] for feature, _, number in _numbers(EXPOSURE, read) if feature.unit)
    return next(exposures, None)


def gain(read: Read, configured: float | None, unit: str | None, step: float) -> float:
    """Gain as a factor; `configured`, or 1, where the camera does not tell it. `unit`, of which one is `step`: of a
    gain whose own is not known. Raises FeatureError for a camera that tells it in a unit that nobody knows, unless it
    is 0: then there is none."""
    unclear = ""
    for feature, reading in ((feature, read(feature.name)) for feature in GAIN):
        if reading is not None:
            factor = _factor(feature, reading, unit, step)
            if factor > 0:
                return factor
            unclear = unclear or _words(feature, reading)
    if unclear and configured is None:
        raise FeatureError(
            f'the gain is {unclear}: set acquisition.gain_unit to "dB" or "factor", with acquisition.gain_step for '
            "what one is of it, or acquisition.gain to the factor"
        )
    return configured or 1.0


def _factor(feature: Feature, reading: Reading, unit: str | None, step: float) -> float:
    """A gain as a factor; 0 where its unit is not known."""
    number, own = reading.number, _unit(feature, reading)
    if number is None:
        return 0.0
    if own in GAINS:
        return GAINS[own](number)
    if unit is not None:
        return GAINS[unit](number * step)
    return float(number == 0)


def line_rate_hz(read: Read) -> float:
    """Frames a second; 0 where the camera does not tell them, or goes as fast as it can."""
    free = any(
        (reading := read(f"AcquisitionFrameRate{word}")) and reading.value is False for word in ("Enable", "Enabled")
    )
    for feature, reading, number in _numbers(RATE, read):
        unit = _unit(feature, reading)
        if number <= 0 or (free and "Resulting" not in feature.name):
            continue
        if unit in RATES:
            return number * RATES[unit]
        if unit in TIMES:
            return 1e6 / (number * TIMES[unit])
    return 0.0


def celsius(read: Read) -> float | None:
    """Temperature of the device; None where the camera tells none."""
    for feature, reading, number in _numbers(TEMPERATURE, read):
        if (unit := _unit(feature, reading)) in DEGREES:
            return DEGREES[unit](number)
    return None


def full_scale(read: Read, form: PixelFormat) -> int:
    """Count of a saturated pixel: what the camera says is its largest, or by its bits, or by its format."""
    largest = [int(reading.number or 0) for name in LARGEST if (reading := read(name))]
    largest += [(1 << _bits(reading.value)) - 1 for name in DEPTH if (reading := read(name))]
    return min(next((count for count in largest if count > 0), form.most), form.most)


def _bits(value: Any) -> int:
    """12, or an entry such as Bpp12; 0 where it is none."""
    found = re.search(r"\d+", str(value))
    return min(int(found[0]), 64) if found else 0


def _numbers(features: Iterable[Feature], read: Read) -> Iterable[tuple[Feature, Reading, float]]:
    """Those that the camera has as numbers."""
    for feature in features:
        reading = read(feature.name)
        if reading is not None and reading.number is not None:
            yield feature, reading, reading.number


def _unit(feature: Feature, reading: Reading) -> str:
    return spelt(reading.unit) or feature.unit


def _base_us(feature: Feature, read: Read) -> float | None:
    """Microseconds of a step, where the camera tells them."""
    reading = read(feature.base) if feature.base else None
    if reading is None or reading.number is None:
        return None
    us = TIMES.get(_unit(Feature(feature.base, "us", ""), reading))
    return us and us * reading.number


def _words(feature: Feature, reading: Reading) -> str:
    unit = f"in {reading.unit!r}, which is no unit that is known" if reading.unit.strip() else "without a unit"
    return f"{feature.name} = {reading.value} {unit}"
