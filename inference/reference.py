"""Dark and white: measured once, kept as files that other tools open, cut to the region that a stream reads.

A reference on disk is a folder. `dark` and `white` are ENVI float64 BIL files of three lines, the mean, the standard
deviation and how often a count was at full scale; `reference.json` says how they were taken and holds the sha256 of
each file. The reference's id is a hash of all of that, and every label names it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inference.measured import Measured, ReferenceBuilder
from oreline.envi_writer import EnviWriter
from oreline.errors import RecordingError, ReferenceRefused
from oreline.messages import StreamInfo
from oreline.recording import open_recording

MANIFEST = "reference.json"
KINDS = ("dark", "white")
WAVELENGTH_TOLERANCE_NM = 0.01
_LARGEST_MANIFEST = 1 << 18

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Conditions(_Strict):
    """How lines of one kind were taken, and the files that keep them."""

    lines: Annotated[int, Field(ge=2, lt=2**32)]
    exposure_us: Positive
    gain: Positive
    header_sha256: str = ""
    data_sha256: str = ""


class Manifest(_Strict):
    """`reference.json`."""

    version: Literal[1] = 1
    id: str
    captured: str
    camera: str
    serial: str
    wavelengths_nm: Annotated[tuple[Positive, ...], Field(min_length=1)]
    x_start: Annotated[int, Field(ge=0, le=65_535)]
    samples: Annotated[int, Field(ge=1, le=65_535)]
    full_scale: Annotated[int, Field(ge=1, le=65_535)]
    dark: Conditions
    white: Conditions


@dataclass(frozen=True, eq=False)
class Reference:
    """A dark and a white of one camera setting.

    `captured`: when, a label in words. `x_start`: first of its samples on the sensor. `id`: 16 hex digits, a hash of
    everything else; a region keeps the id of what it was cut from.
    `darks`: more of them, at other exposures or temperatures. `panel`: certified reflectance of the white panel,
    float64 (bands,), ones where it is not known; `panel_name` and `panel_sha256` of its file. `coefficients`: radiance
    of a count that came in a microsecond, float64 (bands, samples), in `coefficients_unit`; None where there are none.
    """

    dark: Measured
    white: Measured
    wavelengths_nm: tuple[float, ...]
    x_start: int
    full_scale: int
    camera: str
    serial: str
    captured: str
    id: str = ""
    darks: tuple[Measured, ...] = ()
    panel: NDArray[np.float64] = field(default_factory=lambda: np.ones(0))
    panel_name: str = ""
    panel_sha256: str = ""
    coefficients: NDArray[np.float64] | None = None
    coefficients_unit: str = ""

    def __post_init__(self) -> None:
        if not self.panel.size:
            object.__setattr__(self, "panel", np.ones(len(self.wavelengths_nm)))
        if not self.id:
            object.__setattr__(self, "id", self._digest())

    @classmethod
    def combine(cls, dark: ReferenceBuilder, white: ReferenceBuilder, *, captured: str) -> Self:
        """A reference of two captures. Raises ReferenceRefused where they are not of one setting of one camera, or
        where the white is no brighter than the dark."""
        for name in ("camera", "serial", "wavelengths_nm", "samples", "offset_x", "full_scale"):
            if getattr(dark.info, name) != getattr(white.info, name):
                raise ReferenceRefused(f"dark and white differ in {name}: capture both with one setting")
        seen_dark, seen_white = dark.measured(), white.measured()
        if np.median(seen_white.mean - seen_dark.mean) <= 0:
            raise ReferenceRefused("the white is no brighter than the dark: check shutter, lamp and panel")
        info = white.info
        return cls(
            seen_dark, seen_white, info.wavelengths_nm, info.offset_x, info.full_scale,
            info.camera, info.serial, captured,
        )  # fmt: skip

    @property
    def samples(self) -> int:
        return int(self.white.mean.shape[1])

    @staticmethod
    def exposure_of(measured: Measured) -> float:
        """Exposure times gain: what counts of light are proportional to."""
        return measured.exposure_us * measured.gain

    def exposure_ratio(self, info: StreamInfo) -> float:
        """(t_w g_w)/(t_s g_s), which scales reflectance where white and sample were exposed differently.
        Raises ReferenceRefused where the stream has none."""
        light = info.exposure_us * info.gain
        if not light > 0:
            raise ReferenceRefused(
                f"the stream has exposure {info.exposure_us:g} us and gain {info.gain:g}: set both above zero"
            )
        return self.white.exposure_us * self.white.gain / light

    def region(self, info: StreamInfo) -> Reference:
        """The columns that a stream reads. Raises ReferenceRefused, saying why, where they are not all here."""
        self._check_camera(info)
        start, end = info.offset_x, info.offset_x + info.samples
        if start < self.x_start or end > self.x_start + self.samples:
            raise ReferenceRefused(
                f"the stream reads sensor columns {start}..{end - 1}, the reference {self.id} covers "
                f"{self.x_start}..{self.x_start + self.samples - 1}: capture a reference that covers the region"
            )
        first = start - self.x_start
        dark, white = (m.columns(first, info.samples) for m in (self.dark, self.white))
        cut = np.s_[:, first : first + info.samples]
        return replace(
            self, dark=dark, white=white, x_start=start,
            darks=tuple(more.columns(first, info.samples) for more in self.darks),
            coefficients=None if self.coefficients is None else self.coefficients[cut],
        )  # fmt: skip

    def save(self, folder: Path) -> None:
        """Write to a folder, in place of a reference that is there: it is whole, or it is the old one.

        Nothing waits for the disk, since lines wait meanwhile: what a power cut leaves of it is refused by its hashes.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            kept = {kind: self._write(draft, kind) for kind in KINDS}
            manifest = self._manifest(self.id, **kept).model_dump_json(indent=1)
            (draft / MANIFEST).write_text(manifest, encoding="utf-8")
            draft.chmod(0o755)
            _put(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a folder that `save` wrote, every hash checked. Raises ReferenceRefused naming the file at fault."""
        said = _read_manifest(folder / MANIFEST)
        dark, white = (_read(folder, kind, getattr(said, kind), said) for kind in KINDS)
        reference = cls(
            dark, white, said.wavelengths_nm, said.x_start, said.full_scale, said.camera, said.serial, said.captured
        )
        if reference.id != said.id:
            raise _damaged(folder / MANIFEST, f"it says id {said.id}, its content has {reference.id}")
        return reference

    def _check_camera(self, info: StreamInfo) -> None:
        theirs, ours = np.asarray(info.wavelengths_nm), np.asarray(self.wavelengths_nm)
        said = f"capture one with this camera's settings (reference {self.id})"
        if info.serial != self.serial:
            raise ReferenceRefused(f"the reference is of camera {self.serial!r}, the stream of {info.serial!r}: {said}")
        if theirs.size != ours.size:
            raise ReferenceRefused(f"the reference has {ours.size} bands, the stream {theirs.size}: {said}")
        off = np.abs(theirs - ours)
        if not off.max() <= WAVELENGTH_TOLERANCE_NM:
            band = int(off.argmax())
            raise ReferenceRefused(
                f"band {band} of the reference is at {ours[band]:g} nm, of the stream at {theirs[band]:g} nm: {said}"
            )
        if info.full_scale != self.full_scale:
            raise ReferenceRefused(
                f"the reference has full scale {self.full_scale}, the stream {info.full_scale}: {said}"
            )

    def _manifest(self, identity: str, dark: tuple[str, str] = ("", ""), white: tuple[str, str] = ("", "")) -> Manifest:
        def conditions(m: Measured, sha256: tuple[str, str]) -> Conditions:
            return Conditions(lines=m.lines, exposure_us=m.exposure_us, gain=m.gain,
                              header_sha256=sha256[0], data_sha256=sha256[1])  # fmt: skip

        return Manifest(
            id=identity, captured=self.captured, camera=self.camera, serial=self.serial,
            wavelengths_nm=self.wavelengths_nm, x_start=self.x_start, samples=self.samples,
            full_scale=self.full_scale, dark=conditions(self.dark, dark), white=conditions(self.white, white),
        )  # fmt: skip

    def _digest(self) -> str:
        content = hashlib.sha256(self._manifest("").model_dump_json().encode())
        for m in (self.dark, self.white):
            for array in (m.mean, m.spread, m.saturated):
                content.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
        return content.hexdigest()[:16]

    def _write(self, folder: Path, kind: str) -> tuple[str, str]:
        """Write a kind's files and answer their sha256, header first."""
        m: Measured = getattr(self, kind)
        extra = {"description": "{mean, standard deviation, count of saturated lines}", "x start": str(self.x_start)}
        with EnviWriter.create(
            folder / f"{kind}.hdr", samples=self.samples, bands=len(self.wavelengths_nm), dtype=np.float64,
            wavelengths_nm=self.wavelengths_nm, extra=extra,
        ) as file:  # fmt: skip
            for line in (m.mean, m.spread, m.saturated):
                file.write(line)
            file.close(durable=False)
        return _sha256(file.header), _sha256(file.data)


def _put(draft: Path, folder: Path) -> None:
    """Move a finished folder to its name. An older one of that name is moved away first, and removed last."""
    if not folder.exists():
        draft.rename(folder)
        return
    old = draft.with_name(draft.name + "-old")
    folder.rename(old)
    draft.rename(folder)
    shutil.rmtree(old)


def _read_manifest(path: Path) -> Manifest:
    if not path.is_file():
        raise ReferenceRefused(f"no reference at {path.parent}, it has no {MANIFEST}: capture dark and white")
    if path.stat().st_size > _LARGEST_MANIFEST:
        raise _damaged(path, "it is too large")
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        raise _damaged(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


def _read(folder: Path, kind: str, said: Conditions, manifest: Manifest) -> Measured:
    header, data = folder / f"{kind}.hdr", folder / f"{kind}.img"
    for path, sha256 in ((header, said.header_sha256), (data, said.data_sha256)):
        if not path.is_file():
            raise _damaged(path, "it is missing")
        if _sha256(path) != sha256:
            raise _damaged(path, f"its sha256 is not the one in {MANIFEST}")
    try:
        recording = open_recording(header)
    except RecordingError as error:
        raise _damaged(header, str(error)) from None
    cube = recording.cube
    expected = 3, len(manifest.wavelengths_nm), manifest.samples
    if cube.shape != expected or recording.dtype != np.float64:
        raise _damaged(header, f"it is {cube.dtype} {cube.shape}, not float64 {expected}")
    mean, spread, saturated = np.array(cube, np.float64)
    if not (np.isfinite(cube).all() and (cube >= 0).all() and (saturated <= said.lines).all()):
        raise _damaged(data, "it holds what no capture measures: a count below zero, or none at all")
    return Measured(mean, spread, saturated.astype(np.uint32), said.lines, said.exposure_us, said.gain)


def _damaged(path: Path, why: str) -> ReferenceRefused:
    return ReferenceRefused(f"the reference file {path} is damaged ({why}): capture dark and white again")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
