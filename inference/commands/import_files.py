"""`oreline calibrate import`: references that were recorded elsewhere become one of ours.

They are recordings that are named as the makers of cameras name them, or whose names begin with dark or white. What
their headers do not say, exposure above all, must be said by whoever imports them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inference.references.acceptance import check_reference, few_lines
from inference.references.certificates import Certificates
from inference.references.files import MANIFEST, load
from inference.references.findings import listed, to_history
from inference.references.from_recordings import reference_of, stream_of
from inference.references.reference import Reference
from inference.references.store import Store
from inference.settings import Settings
from oreline.camera_settings import CameraSettings
from oreline.config import Config
from oreline.errors import RecordingError, ReferenceRefused
from oreline.files import try_folder
from oreline.messages import StreamInfo
from oreline.recordings.finding import open_listed, within, without_dark_lines
from oreline.recordings.fit import doubts_of, refuse_unfit, unsaid_binning
from oreline.recordings.full_scale import FullScale, full_scale_of
from oreline.recordings.names import entrances, name_of, role_of
from oreline.recordings.recording import Recording, open_recording
from oreline.recordings.wavelengths import known
from oreline.terminal import tell


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """Facts about the files from whoever imports them; None where their headers say it."""

    exposure_us: float | None = None
    gain: float | None = None
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
    for dark in darks:
        refuse_unfit(whites[0], dark, "dark", has_option=False)
    every = [*whites, *darks]
    found = full_scale_of(None, every)
    assumed = next((one.conditions.gain for one in every if one.conditions.gain), 1.0)
    for note in _notes(whites[0], darks, options, found, assumed):
        tell(note)
    full_scale = options.full_scale or found.count
    white, *described = ((one, _described(one, config, options, full_scale, assumed)) for one in every)
    described.sort(key=lambda one: abs(one[1].exposure_us - white[1].exposure_us))
    return reference_of(described, white)


def _notes(
    white: Recording, darks: list[Recording], options: ImportOptions, full_scale: FullScale, assumed_gain: float
) -> Iterator[str]:
    """What is taken for granted, each a sentence."""
    every = [white, *darks]
    yield from doubts_of(every)
    for dark in darks:
        yield from unsaid_binning(white, dark)
    silent = [one for one in every if one.conditions.gain is None]
    if options.gain is None and len(silent) < len(every):
        for one in silent:
            yield f"{one.path.name} does not say its gain: it is taken to be {assumed_gain:g} times, as of the other"
    if full_scale.note and not options.full_scale:
        yield full_scale.note


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
    """The darks and the whites among files and folders; the dark lines at the end of a white are a dark."""
    files = [file for path in paths for file in (entrances(within(path)) if path.is_dir() else [path])]
    darks, whites = list[Recording](), list[Recording]()
    names = {name_of(file).lower() for file in files}
    for file in files:
        if kind := _kind(file, names):
            recording = open_recording(file) if file in paths else open_listed(file)
            recording, lines = without_dark_lines(recording) if kind == "white" else (recording, None)
            (whites if kind == "white" else darks).append(recording)
            darks += [lines] if lines else []
    return darks, whites


def _kind(file: Path, names: Collection[str]) -> str:
    """The kind of a reference by its name, or by how that begins; "" of what is none."""
    if role := role_of(name_of(file), names):
        return role.kind
    return next((kind for kind in ("dark", "white") if file.name.lower().startswith(kind)), "")


def _described(
    recording: Recording, config: Config, options: ImportOptions, full_scale: int, assumed_gain: float
) -> StreamInfo:
    """The stream that a recording would have been. Raises ReferenceRefused for what nobody says."""
    acquisition = config.part("acquisition", CameraSettings)
    own, theirs = acquisition.serial, recording.conditions.serial
    if options.serial is None and own and theirs and own != theirs:
        raise ReferenceRefused(
            f"{recording.path} is of camera {theirs!r}, the line's file names {own!r}: import one of this camera, or "
            f"say that it is this one by --serial {own}", "camera",
        )  # fmt: skip
    serial = options.serial or own or theirs
    exposure = options.exposure_us or recording.conditions.exposure_us
    missing = [option for option, value in (("--exposure-us", exposure), ("--serial", serial)) if not value]
    if missing:
        raise ReferenceRefused(f"{recording.path} does not say all: give {', '.join(missing)}", "unknown")
    return stream_of(
        recording,
        serial=str(serial),
        full_scale=full_scale,
        wavelengths_nm=known(recording.wavelengths_nm) or tuple(acquisition.wavelengths(recording.bands)),
        exposure_us=float(exposure or 0),
        gain=options.gain or _gain(recording, assumed_gain),
        camera=recording.conditions.camera,
    )


def _gain(recording: Recording, assumed: float) -> float:
    """The header's, `assumed` where it has none. Raises ReferenceRefused where it has one that cannot be understood: a
    line would scale by it."""
    conditions = recording.conditions
    if conditions.unknown_gain:
        raise ReferenceRefused(f"{recording.path}: gain = {conditions.gain_text} has no unit, give --gain", "unknown")
    return conditions.gain or assumed
