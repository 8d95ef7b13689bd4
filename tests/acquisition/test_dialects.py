"""Exposure, gain, rate and full scale in the features and units of makers and versions of the standard."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from acquisition import dialects
from acquisition.dialects import PIXEL_FORMATS, Reading
from acquisition.settings import Settings
from oreline.config import Config
from oreline.errors import ConfigError, FeatureError


def camera(**features: Any) -> dialects.Read:
    """A camera with these features: a value, or (value, unit)."""
    readings = {
        name: Reading(*said) if isinstance(said, tuple) else Reading(said, "") for name, said in features.items()
    }
    return readings.get


def exposure_us(read: dialects.Read, configured_us: float | None = None, step_us: float | None = None) -> float:
    return dialects.exposure_us(read, configured_us, step_us)


def gain(
    read: dialects.Read, configured: float | None = None, unit: Literal["dB", "factor"] | None = None, step: float = 1.0
) -> float:
    return dialects.gain(read, configured, unit, step)


@pytest.mark.parametrize(
    ("features", "us"),
    [
        ({"ExposureTime": 500.0}, 500.0),
        ({"ExposureTime": 500}, 500.0),
        ({"ExposureTime": (500.0, "us")}, 500.0),
        ({"ExposureTime": (500.0, "µs")}, 500.0),
        ({"ExposureTime": (500.0, "Microseconds")}, 500.0),
        ({"ExposureTime": (5.0, "ms")}, 5000.0),
        ({"ExposureTime": (0.005, "s")}, 5000.0),
        ({"ExposureTime": (500_000, "ns")}, 500.0),
        ({"ExposureTimeAbs": 500.0, "ExposureTimeRaw": 25}, 500.0),
        ({"ExposureTimeRaw": 25, "ExposureTimeBaseAbs": (20.0, "us")}, 500.0),
        ({"ExposureTimeRaw": 25, "ExposureTimeBaseAbs": (0.02, "ms")}, 500.0),
        ({"ExposureTimeRaw": (500, "us")}, 500.0),
        ({"IntegrationTime": 750.0}, 750.0),
        ({"ExposureValue": 750}, 750.0),
        ({"Shutter": (2.5, "ms")}, 2500.0),
        ({"Shutter": "Open", "ExposureTime": 500.0}, 500.0),
        ({"Shutter": "Open"}, 0.0),
        ({"ExposureTime": 0.0, "IntegrationTime": 300.0}, 300.0),
        ({"ExposureTime": float("nan")}, 0.0),
        ({}, 0.0),
    ],
)
def test_an_exposure_is_in_microseconds_whatever_the_camera_calls_it(features: dict[str, Any], us: float) -> None:
    assert exposure_us(camera(**features)) == pytest.approx(us)


@pytest.mark.parametrize(
    ("features", "decibels"),
    [
        ({"Gain": (6.0, "dB")}, 6.0),
        ({"Gain": (6.0, "db")}, 6.0),
        ({"Gain": (6.0, "Decibel")}, 6.0),
        ({"Gain": (10.0, "x")}, 20.0),
        ({"Gain": (10.0, "Factor")}, 20.0),
        ({"Gain": 0.0}, 0.0),
        ({"Gain": "High", "GainAbs": 6.0}, 6.0),
        ({"GainAbs": 6.0, "GainRaw": 300}, 6.0),
        ({"GainRaw": 0}, 0.0),
        ({"GainRaw": (6, "dB")}, 6.0),
        ({}, 0.0),
    ],
)
def test_a_gain_is_a_factor_whatever_the_camera_calls_it(features: dict[str, Any], decibels: float) -> None:
    assert gain(camera(**features)) == pytest.approx(10 ** (decibels / 20))


@pytest.mark.parametrize(
    "features",
    [
        {"ExposureTimeRaw": 25},
        {"Shutter": 531},
        {"ExposureTime": (100, "lines")},
    ],
)
def test_an_exposure_in_steps_of_the_camera_s_own_is_refused_until_somebody_says_what_they_are(
    features: dict[str, Any],
) -> None:
    (steps,) = (value[0] if isinstance(value, tuple) else value for value in features.values())
    with pytest.raises(FeatureError, match=r"acquisition\.exposure_step_us.*acquisition\.exposure_us"):
        exposure_us(camera(**features))
    assert exposure_us(camera(**features), step_us=20.0) == 20.0 * steps
    assert exposure_us(camera(**features), 700.0) == 700.0


@pytest.mark.parametrize("features", [{"GainRaw": 36}, {"Gain": 36.0}, {"Gain": (36.0, "%")}])
def test_a_gain_without_a_unit_is_refused_until_somebody_says_which_it_has(features: dict[str, Any]) -> None:
    with pytest.raises(FeatureError, match=r"the gain is \w+ = 36.*acquisition\.gain_unit"):
        gain(camera(**features))
    assert gain(camera(**features), None, "factor", 1 / 32) == 1.125
    assert gain(camera(**features), None, "dB", 0.5) == pytest.approx(10**0.9)
    assert gain(camera(**features), 3.0) == 3.0


def test_a_gain_that_is_a_word_is_refused_until_somebody_says_what_it_means() -> None:
    with pytest.raises(FeatureError, match="Gain = High"):
        gain(camera(Gain="High"))
    assert gain(camera(Gain="High"), 8.0) == 8.0


def test_what_a_camera_tells_is_not_overruled() -> None:
    told = camera(ExposureTime=500.0, Gain=(20.0, "dB"))
    assert (exposure_us(told, 1.0, 2.0), gain(told, 3.0, "factor")) == (500.0, pytest.approx(10.0))


@pytest.mark.parametrize(("key", "feature"), [("exposure_us", "ExposureTimeRaw"), ("gain", "GainRaw")])
def test_one_value_for_all_steps_is_refused_where_a_step_sets_another(key: str, feature: str) -> None:
    steps = [{"kind": "dark", "lines": 10, "features": [[feature, 5]]}]
    with pytest.raises(ConfigError, match=f"{key}.*{feature}"):
        Config({"acquisition": {key: 2.0, "steps": steps}}).section("acquisition", Settings)


@pytest.mark.parametrize(
    ("features", "hertz"),
    [
        ({"AcquisitionFrameRate": 100.0}, 100.0),
        ({"AcquisitionFrameRateAbs": 100.0}, 100.0),
        ({"AcquisitionFrameRate": (0.1, "kHz")}, 100.0),
        ({"FrameRate": (100_000, "mHz")}, 100.0),
        ({"AcquisitionFramePeriod": 10_000.0}, 100.0),
        ({"AcquisitionFrameRate": 100.0, "ResultingFrameRate": 80.0}, 80.0),
        ({"AcquisitionFrameRate": 100.0, "AcquisitionFrameRateEnable": False}, 0.0),
        ({"AcquisitionFrameRateAbs": 9.0, "AcquisitionFrameRateEnable": False, "ResultingFrameRateAbs": 80.0}, 80.0),
        ({"AcquisitionFrameRate": 100.0, "AcquisitionFrameRateEnable": True}, 100.0),
        ({"AcquisitionFrameRate": (100.0, "MHz")}, 0.0),
        ({}, 0.0),
    ],
)
def test_a_rate_is_in_hertz_and_none_where_the_camera_goes_as_fast_as_it_can(
    features: dict[str, Any], hertz: float
) -> None:
    assert dialects.line_rate_hz(camera(**features)) == pytest.approx(hertz)


@pytest.mark.parametrize(
    ("features", "form", "full"),
    [
        ({}, "Mono12Packed", 4095),
        ({}, "Mono14p", 16383),
        ({}, "Mono16", 65535),
        ({"PixelDynamicRangeMax": 4095}, "Mono16", 4095),
        ({"PixelDynamicRangeMax": 65520}, "Mono16", 65520),
        ({"PixelDynamicRangeMax": 65535}, "Mono12", 4095),
        ({"PixelDynamicRangeMax": 0, "BitDepth": 14}, "Mono16", 16383),
        ({"BitDepth": "Bpp12"}, "Mono16", 4095),
        ({"PixelBitDepth": "Bit14"}, "Mono16", 16383),
        ({"BitDepth": "Full"}, "Mono16", 65535),
    ],
)
def test_the_full_scale_is_what_the_camera_says_or_its_format_carries(
    features: dict[str, Any], form: str, full: int
) -> None:
    assert dialects.full_scale(camera(**features), PIXEL_FORMATS[form]) == full


@pytest.mark.parametrize(
    ("features", "celsius"),
    [
        ({"DeviceTemperature": 31.5}, 31.5),
        ({"DeviceTemperature": (304.65, "K")}, 31.5),
        ({"TemperatureAbs": (31.5, "°C")}, 31.5),
        ({"DeviceTemperature": (88.7, "F")}, None),
        ({}, None),
    ],
)
def test_a_temperature_is_in_degrees_celsius(features: dict[str, Any], celsius: float | None) -> None:
    assert dialects.celsius(camera(**features)) == (celsius if celsius is None else pytest.approx(celsius))


@pytest.mark.parametrize(
    ("features", "exposure_us", "rate_hz"),
    [
        ({"ExposureTime": 500, "AcquisitionFrameRate": 100}, 500.0, 100.0),
        ({"ExposureTimeAbs": 500.0, "AcquisitionFrameRateAbs": 100.0}, 500.0, 100.0),
        ({"ExposureTimeRaw": 500, "FrameRate": 60_000}, None, 0.0),
        ({"AcquisitionFrameRate": 100.0, "AcquisitionFrameRateEnable": False}, None, 0.0),
    ],
)
def test_before_there_is_a_camera_features_tell_what_they_mean_in_all_cameras_and_no_more(
    features: dict[str, Any], exposure_us: float | None, rate_hz: float
) -> None:
    read = dialects.written(features)
    assert (dialects.set_exposure_us(read), dialects.line_rate_hz(read)) == (exposure_us, rate_hz)


def test_a_format_of_colours_is_refused_with_those_that_are_not() -> None:
    with pytest.raises(FeatureError, match=r"BayerRG12 is not spectral.*Mono12Packed"):
        dialects.pixel_format("BayerRG12")


def test_the_code_of_a_format_says_its_bits_in_a_buffer_as_the_standard_has_it() -> None:
    for form in PIXEL_FORMATS.values():
        assert form.bytes(8) == form.code >> 16 & 0xFF
