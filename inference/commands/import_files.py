"""`oreline calibrate import`: references that were recorded elsewhere become one of ours.

They are recordings whose names begin with DARKREF or WHITEREF, as LUMO writes them, or just with dark or white. What
their headers do not say, exposure above all, must be said by whoever imports them.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from inference.references.acceptance import check_reference, few_lines
from inference.references.certificates import Certificates
from inference.references.files import MANIFEST, load
from inference.references.findings import listed, to_history
from inference.references.measurement import Measurement, MeasurementBuilder
from inference.references.reference import Reference
from inference.references.store import Store
from inference.settings import Settings
from oreline.camera_settings import CameraSettings
from oreline.config import Config
from oreline.errors import RecordingError, ReferenceRefused
from oreline.files import try_folder
from oreline.messages import StreamInfo
from oreline.recordings.recording import Recording, entrances, open_recording

EXPOSURE_MS = ("tint", "tint1", "integration time")
"""Header fields of an exposure, in milliseconds, as LUMO has them."""


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Facts about the files from whoever imports them; None where their headers say it."""

    exposure_us: float | None = None
    gain: float = 1.0
    serial: str | None = None
    full_scale: int | None = None


def import_reference(
    paths: Iterable[Path], config: Config, options: ImportOptions, *, force: bool = False
) -> Reference:
    """Make a reference of files and choose it. Raises ReferenceRefused where something speaks against it (unless by
    `force`), RecordingError for files that are none."""
    settings = config.section("inference", Settings)
    store = Store(config.line.references_folder)
    try_folder(store.folder)
    new = _reference(list(paths), config, options)
    new = Certificates(settings.panel, settings.coefficients, settings.coefficients_unit).applied(new)
    old = store.load(store.chosen) if store.chosen else None
    findings = check_reference(new, old, settings.limits)
    doubts = to_history([*findings, *few_lines(new, settings.limits)])
    store.keep(new)
    if findings and settings.limits.refuse and not force:
        store.note("refused", new.id, doubts=doubts)
        raise ReferenceRefused(
            f"reference {new.id} was refused; give --force to take it all the same{listed(findings)}", findings[0].code
        )
    store.choose(new.id, "imported", doubts=doubts)
    return new


def _reference(paths: list[Path], config: Config, options: ImportOptions) -> Reference:
    if len(paths) == 1 and (paths[0] / MANIFEST).is_file():
        return _of_this_camera(load(paths[0]), config)
    darks, whites = _recordings(paths)
    if len(whites) != 1 or not darks:
        names = ", ".join(one.path.name for one in (*darks, *whites)) or "nothing"
        raise RecordingError(
            f"found {names}: give one WHITEREF_* and at least one DARKREF_*, ENVI or TIFF, or their folder"
        )
    info = _described(whites[0], config, options)
    white = _measured(whites[0], info)
    measured = [(one, _described(one, config, options)) for one in darks]
    measured.sort(key=lambda pair: abs(pair[1].exposure_us - info.exposure_us))
    first, *others = ((described, _measured(one, described)) for one, described in measured)
    reference = Reference.of(*first, info, white, white.captured)
    for _, dark in others:
        reference = reference.with_dark(dark, white.captured)
    return reference


def _of_this_camera(reference: Reference, config: Config) -> Reference:
    serial = config.part("acquisition", CameraSettings).serial
    if serial not in (None, reference.serial):
        raise ReferenceRefused(
            f"reference {reference.id} is of camera {reference.serial!r}, the line's file names {serial!r}: "
            "import one of this camera",
            "camera",
        )
    return reference


def _recordings(paths: list[Path]) -> tuple[list[Recording], list[Recording]]:
    """The darks and the whites among files and folders."""
    files: list[Path] = []
    for path in paths:
        folder = path / "capture" if (path / "capture").is_dir() else path
        files += entrances(folder) if folder.is_dir() else [path]
    recordings: dict[str, list[Recording]] = {"dark": [], "white": []}
    for path in files:
        for kind, several in recordings.items():
            if path.name.lower().startswith(kind):
                several.append(open_recording(path))
    return recordings["dark"], recordings["white"]


def _described(recording: Recording, config: Config, options: ImportOptions) -> StreamInfo:
    """The stream that a recording would have been. Raises ReferenceRefused for what nobody says."""
    acquisition = config.part("acquisition", CameraSettings)
    serial = options.serial or acquisition.serial or recording.metadata.get("serial number", "")
    exposure_us = options.exposure_us or _exposure_us(recording)
    full_scale = options.full_scale or recording.full_scale
    missing = [
        option for option, value in (("--exposure-us", exposure_us), ("--serial", serial), ("--full-scale", full_scale))
        if not value
    ]  # fmt: skip
    if missing:
        raise ReferenceRefused(f"{recording.path} does not say all: give {', '.join(missing)}", "unknown")
    wavelengths = recording.wavelengths_nm or acquisition.wavelengths(recording.bands)
    return StreamInfo(
        run=bytes(16), epoch=0, seq=0, camera=recording.metadata.get("sensor type", "")[:64], serial=str(serial),
        wavelengths_nm=tuple(wavelengths), samples=recording.samples, offset_x=recording.x_start,
        full_scale=int(full_scale or 0), exposure_us=float(exposure_us or 0), gain=options.gain,
        line_rate_hz=recording.line_rate_hz or 0.0, counts_per_line=1.0, pitch_mm=1.0,
    )  # fmt: skip


def _exposure_us(recording: Recording) -> float | None:
    for field in EXPOSURE_MS:
        with suppress(KeyError, ValueError):
            return 1000.0 * float(recording.metadata[field].strip("{} "))
    return None


def _measured(recording: Recording, info: StreamInfo) -> Measurement:
    """Its lines, robustly; captured when the file was last written."""
    if recording.bands != len(info.wavelengths_nm):
        raise ReferenceRefused(
            f"{recording.path} has {recording.bands} bands, the line's file says {len(info.wavelengths_nm)}", "camera"
        )
    builder = MeasurementBuilder(info)
    for index in range(recording.lines):
        builder.add(_counts(recording.line(index), recording.path))
    written = datetime.fromtimestamp(recording.path.stat().st_mtime, UTC)
    return builder.measured(written.isoformat(timespec="seconds"))


def _counts(line: Any, path: Path) -> Any:
    """uint16, of whatever type the file has whole counts in."""
    counts = np.ascontiguousarray(line, np.uint16)
    if not np.array_equal(counts, line):
        raise RecordingError(f"{path} holds {line.dtype} values that are no counts from 0 to 65535")
    return counts
