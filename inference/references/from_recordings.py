"""From recordings to a reference: dark and white as files of whole lines, or of lines that were averaged before.

Whole counts, two lines or more, are measured as those of a camera are. One line, or values that are no counts, are the
mean of lines that nobody has any more: how much those varied is not known, nor how sure a reflectance is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from inference.calibration.dark_model import dark_at
from inference.references.acceptance import FEW, few_lines, saturated
from inference.references.files import load as load
from inference.references.limits import Limits
from inference.references.measurement import Measurement, MeasurementBuilder
from inference.references.reference import Reference
from inference.references.store import Store
from oreline.errors import RecordingError, ReferenceRefused
from oreline.files import try_folder
from oreline.messages import StreamInfo
from oreline.recordings.conditions import SAME_EXPOSURE
from oreline.recordings.exclusions import LARGEST, counted, missing, no_data_count
from oreline.recordings.finding import RecordingSet
from oreline.recordings.recording import Recording

MOST_SATURATED = 0.5
"""With more of it at full scale, a white measures nothing."""
Described = tuple[Recording, StreamInfo]


class Setting(Protocol):
    """How the scene was taken that the references are for; `exposure_us` None where nobody says it."""

    serial: str
    full_scale: int
    exposure_us: float | None
    gain: float
    wavelengths_nm: tuple[float, ...]


def keep(recordings: RecordingSet, setting: Setting, folder: Path) -> tuple[Path, list[str]]:
    """Make a reference of the dark and white of a scene, save it among those in `folder` and choose it. Returns where
    it is, and what is to be said of it. Raises ReferenceRefused, also where no dark has the exposure of the scene or of
    the white, and RecordingError."""
    assert recordings.dark is not None
    assert recordings.white is not None
    darks = [recordings.dark] if recordings.white_dark is None else [recordings.white_dark, recordings.dark]
    described, white = [(one, _as_set(one, setting)) for one in darks], _as_set(recordings.white, setting)
    reference = reference_of(described, (recordings.white, white))
    _refuse_other_darks(reference, setting, own=recordings.white_dark is not None)
    if blinded := saturated(reference, MOST_SATURATED):
        raise ReferenceRefused(f"{recordings.white.path}: {blinded[0].words}", "saturated")
    try_folder(folder)
    store = Store(folder)
    store.keep(reference)
    store.choose(reference.id, "imported")
    findings = [*few_lines(reference, Limits()), *saturated(reference, 0.0)]
    return store.folder / reference.id, [finding.words for finding in findings if finding.code != FEW]


def saved_for(path: Path, setting: Setting, folder: Path) -> tuple[Path, list[str]]:
    """A saved reference for the camera that is set so: itself, or a copy among those in `folder` for a camera whose
    serial number is spelt otherwise. Raises ReferenceRefused."""
    saved = load(path)
    if saved.serial == setting.serial:
        return path, []
    store = Store(folder)
    copy = replace(saved, serial=setting.serial, id="")
    store.keep(copy)
    store.choose(copy.id, "imported")
    return store.folder / copy.id, [f"reference {saved.id} is used as {copy.id}, of camera {copy.serial}"]


def _as_set(recording: Recording, setting: Setting) -> StreamInfo:
    return stream_of(
        recording,
        serial=setting.serial,
        full_scale=setting.full_scale,
        wavelengths_nm=setting.wavelengths_nm or tuple(float(band) for band in range(1, recording.bands + 1)),
        exposure_us=recording.conditions.exposure_us or math.nan,
        gain=recording.conditions.gain or setting.gain,
    )


def _refuse_other_darks(reference: Reference, setting: Setting, *, own: bool) -> None:
    """A dark serves what was exposed as it was; two of different exposures serve all. `own`: the white has its own."""
    dark, white = reference.dark, reference.white
    scene_us = math.nan if setting.exposure_us is None else setting.exposure_us
    exposed = [("scene", scene_us, setting.gain)] + ([] if own else [("white", white.exposure_us, white.gain)])
    for what, us, gain in exposed:
        if not _has_dark(reference, us, gain):
            raise ReferenceRefused(
                f"the {what} has exposure {us:g} us, gain {gain:g}, the dark {dark.exposure_us:g} us, {dark.gain:g}, "
                "so it is not its dark: name another by --dark; a white's own lies beside it as WHITEDARKREF_NAME",
                "dark_exposure",
            )


def _has_dark(reference: Reference, us: float, gain: float) -> bool:
    """Whether a dark of that exposure and gain is there or follows from those that are."""
    if math.isnan(us) or math.isnan(reference.dark.exposure_us):
        return math.isclose(gain, reference.dark.gain, rel_tol=SAME_EXPOSURE)
    try:
        dark_at(reference.all_darks, us * gain, math.nan)
    except ReferenceRefused:
        return False
    return True


def stream_of(
    recording: Recording,
    *,
    serial: str,
    full_scale: int,
    wavelengths_nm: tuple[float, ...],
    exposure_us: float,
    gain: float,
    camera: str = "",
) -> StreamInfo:
    """The stream that a recording would have been. `exposure_us`: NaN where nobody says it."""
    return StreamInfo(
        run=bytes(16), epoch=0, seq=0, camera=camera, serial=serial, wavelengths_nm=wavelengths_nm,
        samples=recording.samples, offset_x=recording.x_start, full_scale=full_scale, exposure_us=exposure_us,
        gain=gain, line_rate_hz=recording.line_rate_hz or 0.0, counts_per_line=1.0, pitch_mm=1.0,
    )  # fmt: skip


def reference_of(darks: Iterable[Described], white: Described) -> Reference:
    """A reference of the samples that all recordings have; the first of the darks is the white's own. Raises
    ReferenceRefused, RecordingError."""
    first, *others = darks
    every = [white, first, *others]
    start = max(info.offset_x for _, info in every)
    end = min(info.offset_x + info.samples for _, info in every)
    if start >= end:
        raise ReferenceRefused("dark and white were taken with different samples of the sensor", "setting")
    (info, light), (dark_info, dark), *rest = (_cut(one, start, end - start) for one in every)
    reference = Reference.of(dark_info, dark, info, light, light.captured)
    for _, other in rest:
        if math.isnan(reference.dark.exposure):
            reference = replace(
                reference, dark=replace(reference.dark, exposure_us=other.exposure_us, gain=other.gain), id=""
            )
        reference = reference.with_dark(other, light.captured)
    return reference


def _cut(described: Described, start: int, samples: int) -> tuple[StreamInfo, Measurement]:
    recording, info = described
    measured = measure(recording, info).columns(start - info.offset_x, samples)
    return replace(info, offset_x=start, samples=samples), measured


def measure(recording: Recording, info: StreamInfo) -> Measurement:
    """The mean of its lines, robustly where they are counts; captured when its header says, or else when the file was
    last written. Raises ReferenceRefused, RecordingError."""
    if recording.bands != len(info.wavelengths_nm):
        raise ReferenceRefused(
            f"{recording.path} has {recording.bands} bands, but {len(info.wavelengths_nm)} wavelengths are said",
            "camera",
        )
    written = datetime.fromtimestamp(recording.path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    captured = recording.conditions.captured or written
    no_data = no_data_count(recording)
    if not _is_whole(recording) or recording.lines < 2:
        return _averaged(recording, info, captured)
    builder = MeasurementBuilder(info, no_data)
    for piece in recording.pieces():
        for line in counted(piece, recording.ignored, no_data).astype(np.uint16):
            builder.add(line)
    return builder.measured(captured)


def _is_whole(recording: Recording) -> bool:
    """Whether its values are whole counts. Raises RecordingError for what is neither a count nor a mean of counts."""
    if np.can_cast(recording.dtype, np.uint16):
        return True
    whole = True
    for piece in recording.pieces():
        held = piece[~missing(piece, recording.ignored)]
        if not (np.isfinite(held).all() and held.min(initial=0) >= 0 and held.max(initial=0) <= LARGEST):
            raise RecordingError(
                f"{recording.path} holds values that are neither counts from 0 to {LARGEST} nor their mean"
            )
        whole = whole and bool((np.trunc(held) == held).all())
    return whole


def _averaged(recording: Recording, info: StreamInfo, captured: str) -> Measurement:
    total = np.zeros((recording.bands, recording.samples))
    saturated = np.zeros(total.shape, np.uint32)
    for piece in recording.pieces():
        values = np.where(missing(piece, recording.ignored), np.nan, piece.astype(np.float64))
        total += values.sum(axis=0)
        saturated += (values >= info.full_scale).sum(axis=0, dtype=np.uint32)
    return Measurement(
        total / recording.lines, np.full(total.shape, np.nan), saturated, recording.lines, info.exposure_us, info.gain,
        captured=captured,
    )  # fmt: skip
