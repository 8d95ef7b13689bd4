"""ENVI spectral libraries: one image whose samples are bands and whose lines are spectra, and a header beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from oreline.errors import RecordingError, SpectraRefused
from oreline.point_spectra.points import Raw
from oreline.point_spectra.source import LARGEST_BINARY, Source
from oreline.point_spectra.text_rows import number
from oreline.recordings.envi_fields import FieldReader
from oreline.recordings.envi_header import read_fields
from oreline.recordings.names import find_data
from oreline.recordings.wavelengths import Unit, UnknownUnit, is_unsaid, unit_of

_SUFFIXES = ("", ".sli", ".slb", ".esl", ".lib")
_SCALE = re.compile(r"reflect[^,}]*[*x\u00d7] ?(10{2,5})\b", re.IGNORECASE)
_OTHERS = ("radiance", "emissivity", "absorbance", "transmittance", "irradiance")


def suits(source: Source) -> bool:
    """Whether it is an ENVI header, a .sli, or binary data with a library's header beside it."""
    if _is_header(source) or source.path.suffix.lower() == ".sli":
        return True
    header = None if source.head_lines else _header_of(source)
    return header is not None and any("spectral library" in line.lower() for line in Source(header).head_lines)


def read(source: Source) -> Raw:
    """All spectra of a library. Raises SpectraRefused where it is an image, or its data are not what it promises."""
    try:
        return _read(source)
    except RecordingError as error:
        raise SpectraRefused(str(error)) from None


def _read(source: Source) -> Raw:
    header = source.path if _is_header(source) else _header_of(source)
    if header is None:
        expected = f"{source.path.name}.hdr or {source.path.stem}.hdr"
        raise source.refusal(f"it has no ENVI header: expected {expected} beside it")
    fields = read_fields(header)
    field = FieldReader(header, fields)
    if "spectral library" not in " ".join((field.text("file type") or "").lower().split()):
        raise field.refusal("it is an ENVI image, not a spectral library: `oreline replay` plays recordings")
    _refuse_other_quantities(field)
    bands, spectra = field.integer("samples", None, 2), field.integer("lines", None, 1)
    if field.integer("bands", 1, 1) != 1 or field.integer("file compression", 0, 0):
        raise field.refusal("a spectral library has one band, uncompressed: save it so")
    centres, unit = field.numbers("wavelength"), _unit(field)
    if len(centres) != bands:
        raise field.refusal(f"'wavelength' has {len(centres)} values for {bands} samples: nothing says where they lie")
    scale = _scale(field)
    values = _values(source, header, field, (spectra, bands))
    names, notes = _names(fields, spectra)
    return Raw(
        names=names,
        wavelengths=centres,
        values=values / scale,
        unit=unit,
        percent=False if scale != 1.0 else True if "%" in (field.text("z plot titles") or "") else None,
        fwhm_nm=_width(field, centres, unit),
        notes=[
            *field.notes,
            *notes,
            *([f"values are divided by {scale:g}, as the header says"] if scale != 1.0 else []),
        ],
    )


def _is_header(source: Source) -> bool:
    return bool(source.head_lines) and source.head_lines[0].strip() == "ENVI"


def _header_of(source: Source) -> Path | None:
    return source.beside(f"{source.path.name}.hdr") or source.beside(f"{source.path.stem}.hdr")


def _values(source: Source, header: Path, field: FieldReader, shape: tuple[int, int]) -> NDArray[np.float64]:
    """All spectra (spectra, bands), NaN where the header says that a value is none."""
    dtype, offset, count = field.dtype(), field.integer("header offset", 0, 0), shape[0] * shape[1]
    promised = offset + count * dtype.itemsize
    data = source.path if source.path != header else _data_of(source, promised)
    size = data.stat().st_size
    if size != promised:
        what = f"{data} has {size} bytes where {header.name} promises {promised}, {shape[0]} spectra x {shape[1]} bands"
        raise SpectraRefused(f"{what} of {dtype.name}: it is truncated, or belongs to another header")
    if size > LARGEST_BINARY:
        raise SpectraRefused(f"{data} has {size >> 20} MiB, more than {LARGEST_BINARY >> 20}: divide it")
    values = np.fromfile(data, dtype, count, offset=offset).astype(np.float64).reshape(shape)
    ignored = field.ignored()
    if ignored is not None:
        values[np.isclose(values, ignored, rtol=1e-6, atol=0.0)] = np.nan
    values[:, list(field.bad_bands(shape[1]))] = np.nan
    return values


def _data_of(header: Source, promised: int) -> Path:
    stem = header.path.name[: -len(header.path.suffix)]
    found = (header.beside(f"{stem}{suffix}") for suffix in _SUFFIXES)
    return next((path for path in found if path and path != header.path), None) or find_data(header.path, promised)


def _unit(field: FieldReader) -> Unit | None:
    word = (field.text("wavelength units") or "").strip("{} ")
    try:
        return None if is_unsaid(word) else unit_of(word)
    except UnknownUnit as error:
        raise field.refusal(f"'wavelength units': {error}") from None


def _width(field: FieldReader, centres: Sequence[float], unit: Unit | None) -> float | None:
    """The median width of the bands in nm."""
    widths = field.numbers("fwhm")
    if len(widths) != len(centres) or unit is None:
        return None
    found = float(np.median([unit.width(*pair) for pair in zip(widths, centres, strict=True)]))
    return found if 0 < found < np.inf else None


def _scale(field: FieldReader) -> float:
    """By what values are divided: of a field of its own, or as titles of the axis say it, "reflectance [*10000]"."""
    said = _SCALE.search(field.text("z plot titles") or "")
    text = (field.text("reflectance scale factor") or (said[1] if said else "1")).strip("{} ")
    scale = number(text)
    if scale is None or not 0 < scale < np.inf:
        raise field.refusal(f"'reflectance scale factor' must be a number above 0, not {text[:40]!r}")
    return scale


def _names(fields: Mapping[str, str], spectra: int) -> tuple[list[str], list[str]]:
    """Names of all spectra, and what is to be said of them."""
    names = [name.strip() for name in fields.get("spectra names", "").strip("{} ").split(",")]
    if len(names) == spectra:
        return names, []
    numbers = [f"spectrum {n + 1}" for n in range(spectra)]
    return numbers, [f"'spectra names' are {len(names)} for {spectra} spectra: they are numbered"]


def _refuse_other_quantities(field: FieldReader) -> None:
    said = " ".join(field.text(key) or "" for key in ("z plot titles", "y axis title", "description")).lower()
    found = next((other for other in _OTHERS if other in said and "reflectance" not in said), None)
    if found:
        raise field.refusal(f"it holds {found}, not reflectance")
