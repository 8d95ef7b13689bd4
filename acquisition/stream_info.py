"""Description of a stream, from what the camera says and what is configured."""

from __future__ import annotations

from acquisition.numbering import Numbering
from acquisition.settings import Settings
from acquisition.source import CameraInfo
from oreline import moment
from oreline.errors import ConfigError
from oreline.messages import Kind, StreamInfo


def described(
    camera: CameraInfo, settings: Settings, numbering: Numbering, temperature_c: float, kind: Kind
) -> StreamInfo:
    """Of the next lines, which see `kind`. Raises ConfigError where the configured wavelengths are not the camera's."""
    return StreamInfo(
        run=numbering.run,
        epoch=numbering.epoch,
        seq=numbering.next,
        camera=camera.model,
        serial=camera.serial,
        wavelengths_nm=wavelengths_of(settings, camera.bands),
        samples=camera.samples,
        offset_x=camera.offset_x,
        full_scale=camera.full_scale,
        exposure_us=camera.exposure_us,
        gain=camera.gain,
        line_rate_hz=camera.line_rate_hz,
        counts_per_line=settings.counts_per_line,
        pitch_mm=settings.pitch_mm or 0.0,
        temperature_c=temperature_c,
        kind=kind,
        clock=moment.now(),
    )


def wavelengths_of(settings: Settings, bands: int) -> tuple[float, ...]:
    """Band centres in nm of a camera with so many bands. Raises ConfigError where others are configured."""
    wavelengths = settings.wavelengths(bands)
    if len(wavelengths) != bands:
        raise ConfigError(
            f"the camera delivers {bands} bands, but {len(wavelengths)} wavelengths are configured: "
            "set acquisition.preset or acquisition.wavelengths_nm for this camera"
        )
    return wavelengths
