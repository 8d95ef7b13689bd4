"""Reference on disk: a folder of files that other tools open.

`dark` and `white`, and `dark_2` and so on, are ENVI float64 BIL files of three lines, the mean, the standard deviation
and how often a count was at full scale; `coefficients` is one of one line. `reference.json` says how they were taken
and holds the sha256 of each file. The reference's id is a hash of all of that, and every label names it.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inference.references.measurement import Measurement
from inference.references.reference import Reference
from oreline.errors import RecordingError, ReferenceRefused
from oreline.guard import UMASK
from oreline.recordings.envi_writer import EnviWriter
from oreline.recordings.recording import open_recording
from oreline.recordings.wavelengths import unseen

MANIFEST = "reference.json"
VERSION = 2
LINES = "{mean, standard deviation, count of saturated lines}"
RADIANCE = "{radiance of a count and microsecond, in the unit that reference.json says}"
_LARGEST_MANIFEST = 1 << 18

Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Size = Annotated[int, Field(ge=1, le=65_535)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Hashes(_Strict):
    header: str
    data: str


class Conditions(_Strict):
    """Conditions under which lines of one kind were taken. What may be null is so where it is not known."""

    captured: str
    lines: Annotated[int, Field(ge=1, lt=2**32)]
    rejected: Annotated[int, Field(ge=0)]
    exposure_us: Positive | None
    gain: Positive
    temperature_c: Finite | None
    flicker: Finite | None
    motion: Finite | None


class Panel(_Strict):
    """The white panel: certified reflectance, one a band."""

    name: str
    sha256: str
    reflectance: tuple[Positive, ...]


class Manifest(_Strict):
    """`reference.json`."""

    version: Literal[2]
    id: str
    captured: str
    camera: str
    serial: str
    full_scale: Size
    x_start: Annotated[int, Field(ge=0, le=65_535)]
    samples: Size
    measurements: dict[str, Conditions]
    sha256: dict[str, Hashes]
    coefficients_unit: str
    panel: Panel | None
    wavelengths_nm: Annotated[tuple[Positive, ...], Field(min_length=1)]


def save(reference: Reference, folder: Path) -> None:
    """Write to a folder, in place of a reference that is there: it is whole, or it is the old one.

    Nothing waits for the disk, since lines may wait meanwhile: what a power cut leaves of it is refused by its hashes.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        hashes = {}
        for name, m in reference.measurements():
            hashes[name] = _write(draft / name, reference, (m.mean, m.std, m.saturated), LINES)
        if reference.coefficients is not None:
            hashes["coefficients"] = _write(draft / "coefficients", reference, (reference.coefficients,), RADIANCE)
        facts = reference.facts()
        facts["measurements"] = {name: facts.pop(name) for name, _ in reference.measurements()}
        content = {"version": VERSION, "id": reference.id, "sha256": hashes, **facts}
        manifest = Manifest.model_validate_json(json.dumps(content))
        (draft / MANIFEST).write_text(_readable(manifest), encoding="utf-8")
        draft.chmod(0o777 & ~UMASK)
        _put(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load(folder: Path) -> Reference:
    """Read a folder that `save` wrote, every hash checked. Raises ReferenceRefused naming the file at fault."""
    manifest = read_manifest(folder / MANIFEST)
    if (odd := unseen(manifest.wavelengths_nm)) is not None:
        raise _damaged(folder / MANIFEST, f"wavelengths_nm: no camera sees {odd:g} nm")
    measurements = {name: _measurement(folder / name, how, manifest) for name, how in manifest.measurements.items()}
    if not {"dark", "white"} <= measurements.keys():
        raise _damaged(folder / MANIFEST, "it lacks dark or white")
    coefficients = _read(folder / "coefficients", manifest, 1)[0] if "coefficients" in manifest.sha256 else None
    reference = Reference(
        measurements.pop("dark"), measurements.pop("white"), manifest.wavelengths_nm, manifest.x_start,
        manifest.full_scale, manifest.camera, manifest.serial, manifest.captured, darks=tuple(measurements.values()),
        coefficients=coefficients, coefficients_unit=manifest.coefficients_unit, **_panel(manifest.panel),
    )  # fmt: skip
    if reference.id != manifest.id:
        raise _damaged(folder / MANIFEST, f"it says id {manifest.id}, its content has {reference.id}")
    return reference


def sha256_of(path: Path) -> str:
    """The hash of a file, in hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, reference: Reference, lines: tuple[NDArray[Any], ...], description: str) -> dict[str, str]:
    """Write an ENVI file and answer its hashes."""
    extra = {"description": description, "x start": str(reference.x_start)}
    with EnviWriter.create(
        path.with_suffix(".hdr"), samples=reference.samples, bands=len(reference.wavelengths_nm), dtype=np.float64,
        wavelengths_nm=reference.wavelengths_nm, extra=extra,
    ) as file:  # fmt: skip
        for line in lines:
            file.write(line)
        file.close(durable=False)
    return {"header": sha256_of(file.header), "data": sha256_of(file.data)}


def _panel(panel: Panel | None) -> dict[str, Any]:
    if panel is None:
        return {}
    return {"panel": np.array(panel.reflectance), "panel_name": panel.name, "panel_sha256": panel.sha256}


def _readable(manifest: Manifest) -> str:
    """JSON with each list of numbers on a line of its own."""
    return (
        re.sub(r"\[[^][{}]*\]", lambda numbers: " ".join(numbers[0].split()), manifest.model_dump_json(indent=1)) + "\n"
    )


def _put(draft: Path, folder: Path) -> None:
    """Move a finished folder to its name. An older one of that name is moved away first, and removed last."""
    if not folder.exists():
        draft.rename(folder)
        return
    old = draft.with_name(draft.name + "-old")
    folder.rename(old)
    draft.rename(folder)
    shutil.rmtree(old)


def read_manifest(path: Path) -> Manifest:
    """`reference.json`. Raises ReferenceRefused."""
    if not path.is_file():
        raise ReferenceRefused(f"no reference at {path.parent}, it has no {MANIFEST}: capture dark and white")
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise _damaged(path, "it is too large")
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"] == ("version",):
            raise ReferenceRefused(
                f"{path} is of another version of Oreline than this: capture dark and white again", "damaged"
            ) from None
        raise _damaged(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _measurement(path: Path, conditions: Conditions, manifest: Manifest) -> Measurement:
    mean, std, saturated = cube = _read(path, manifest, 3)
    if np.isinf(cube).any() or (cube < 0).any() or not (saturated <= conditions.lines).all():
        why = "it holds what no capture measures: a count below zero, or none at all"
        raise _damaged(path.with_suffix(".img"), why)
    return Measurement.from_facts(conditions.model_dump(), mean, std, saturated.astype(np.uint32))


def _read(path: Path, manifest: Manifest, lines: int) -> NDArray[np.float64]:
    """The lines of a file, (lines, bands, samples), its hashes checked."""
    header, data = path.with_suffix(".hdr"), path.with_suffix(".img")
    if path.name not in manifest.sha256:
        raise _damaged(header.with_name(MANIFEST), f"it has no sha256 of {path.name}")
    hashes = manifest.sha256[path.name]
    for file, sha256 in ((header, hashes.header), (data, hashes.data)):
        if not file.is_file():
            raise _damaged(file, "it is missing")
        if sha256_of(file) != sha256:
            raise _damaged(file, f"its sha256 is not the one in {MANIFEST}")
    try:
        recording = open_recording(header)
        cube = recording.cube
    except RecordingError as error:
        raise _damaged(header, str(error)) from None
    expected = lines, len(manifest.wavelengths_nm), manifest.samples
    if cube.shape != expected or recording.dtype != np.float64:
        raise _damaged(header, f"it is {recording.dtype} {cube.shape}, not float64 {expected}")
    return np.array(cube, np.float64)


def _damaged(path: Path, why: str) -> ReferenceRefused:
    return ReferenceRefused(f"the reference file {path} is damaged ({why}): capture dark and white again", "damaged")
