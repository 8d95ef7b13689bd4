"""Refusals of acquisition, before and after it has found its camera, as far as a line's file tells."""

from __future__ import annotations

from acquisition import SOURCES, dialects
from acquisition.dialects import written
from acquisition.producer import find_producer
from acquisition.settings import Settings
from acquisition.stream_info import wavelengths_of
from oreline.camera_settings import Step
from oreline.config import Config
from oreline.errors import CameraNotFound, FeatureError, RecordingError
from oreline.expected import Expected
from oreline.findings import Findings
from oreline.keys import server_keys

SEEN = {("Shutter", "Closed"): "dark", ("TargetSelector", "White"): "white"}
"""The features by which a simulated camera is told to see something else than the scene."""
REGION = ("Height", "OffsetY", "BinningVertical", "DecimationVertical")
"""Features that change how many bands there are."""


def check(config: Config, expected: Expected, findings: Findings) -> None:
    """The table of acquisition, unless it runs on another host."""
    if "acquisition" not in config.tables and "simulator" not in config.tables:
        return
    settings = config.section("acquisition", Settings)
    for own in (_camera, _bands, _steps):
        with findings.noted("[acquisition]"):
            own(settings, expected)
    if settings.listen:
        with findings.noted("[acquisition]"):
            server_keys(settings.listen, config.line.keys, "acquisition")
    expected.counts_per_line = settings.counts_per_line
    expected.kinds = frozenset(step.kind for step in settings.steps)


def _camera(settings: Settings, expected: Expected) -> None:
    SOURCES.check(settings.source)
    find_producer(settings.producer)
    if settings.producer == "simcam" and expected.serial and settings.serial not in (None, expected.serial):
        raise CameraNotFound(
            f"serial = {settings.serial!r}, but the simulated camera has {expected.serial!r}: give both the same"
        )


def _bands(settings: Settings, expected: Expected) -> None:
    """The wavelengths, where the number of bands is known or they do not depend on it."""
    features = [*settings.features, *(feature for step in settings.steps for feature in step.features)]
    if any(name in REGION for name, _ in features):
        expected.bands = None
    expected.bands = settings.bands or expected.bands
    if expected.bands is not None:
        expected.wavelengths_nm = wavelengths_of(settings, expected.bands)
    elif settings.wavelengths_nm or settings.preset:
        expected.wavelengths_nm = settings.wavelengths(0)


def _steps(settings: Settings, expected: Expected) -> None:
    """Views that the camera does not have; rates that do not go with the exposure."""
    so_far = dict(settings.features)
    for step in settings.steps:
        _views(step, expected)
        so_far |= dict(step.features)
        rate = dialects.line_rate_hz(written(so_far)) or expected.line_rate_hz
        exposure = dialects.set_exposure_us(written(so_far)) or expected.exposure_us
        if rate and exposure and rate * exposure > 1e6:
            raise FeatureError(
                f"{rate:g} lines a second leave {1e6 / rate:g} us for a line, but it is exposed {exposure:g} us: lower "
                "AcquisitionFrameRate (of a recording, simulator.frame_rate) or ExposureTime"
            )
    triggered = so_far.get("TriggerMode") == "On"
    named = dialects.line_rate_hz(written(so_far))
    if triggered or named:
        expected.line_rate_hz = None if triggered else named


def _views(step: Step, expected: Expected) -> None:
    for name, value in step.features:
        view = SEEN.get((name, str(value)))
        if view and expected.views is not None and view not in expected.views:
            raise RecordingError(
                f"a step sets {name} = {value}, but the recording has no {view} reference beside it: add "
                f"{view.upper()}REF_NAME, or leave the step out"
            )
