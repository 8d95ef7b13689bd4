"""Write an ENVI file one line at a time, so that being killed costs nothing that was flushed.

The header's `lines` is rewritten on every flush and is therefore never more than the data file surely holds;
`EnviWriter.resume` cuts off what came after the last line that its owner remembers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from oreline.errors import RecordingError
from oreline.messages import BACKGROUND, INVALID, UNKNOWN, ClassInfo
from oreline.recordings.appended import AppendedFile
from oreline.recordings.envi_fields import DATA_TYPES
from oreline.recordings.envi_header import braces, header_of, read_header, write_header
from oreline.recordings.names import find_data

SPECIAL_CLASSES = {
    INVALID: ClassInfo("invalid", (255, 255, 255)),
    BACKGROUND: ClassInfo("background", (24, 24, 28)),
    UNKNOWN: ClassInfo("unknown", (136, 136, 136)),
}


def layout_fields(samples: int, bands: int, lines: int, dtype: DTypeLike, interleave: str = "bil") -> dict[str, str]:
    """The header fields that say where each value of a little-endian file lies. Raises RecordingError."""
    native = np.dtype(dtype).newbyteorder("=")
    codes = {np.dtype(name): code for code, name in DATA_TYPES.items()}
    if native not in codes:
        raise RecordingError(f"ENVI has no data type for {native}: use uint8, uint16, int32 or float32")
    return {
        "samples": str(samples),
        "lines": str(lines),
        "bands": str(bands),
        "header offset": "0",
        "file type": "ENVI Standard",
        "data type": str(codes[native]),
        "interleave": interleave,
        "byte order": "0",
    }


def band_fields(wavelengths_nm: Iterable[float], fwhm_nm: Iterable[float] = ()) -> dict[str, str]:
    """The header fields of the bands' centres and, where given, their widths."""
    fields = {"wavelength units": "Nanometers", "wavelength": braces(float(nm) for nm in wavelengths_nm)}
    widths = [float(nm) for nm in fwhm_nm]
    return fields | ({"fwhm": braces(widths)} if widths else {})


def class_fields(classes: tuple[ClassInfo, ...]) -> dict[str, str]:
    """The header fields of a label map: the classes, and behind them what is no class, see `file_codes`."""
    if len(classes) > min(SPECIAL_CLASSES):
        raise RecordingError(f"a label map has room for {min(SPECIAL_CLASSES)} classes, not {len(classes)}")
    table = [*classes, *(SPECIAL_CLASSES[label] for label in sorted(SPECIAL_CLASSES))]
    for info in table:
        if set(info.name) & set(",{}\n"):
            raise RecordingError(f"class name {info.name!r}: leave out commas, braces and line breaks")
    return {
        "file type": "ENVI Classification",
        "classes": str(len(table)),
        "class names": braces(info.name for info in table),
        "class lookup": braces(part for info in table for part in info.colour),
    }


def file_codes(classes: int) -> NDArray[np.uint8]:
    """The value in an ENVI file of each label, uint8 (256,): a class is its own; INVALID, BACKGROUND and UNKNOWN follow
    the last class, so that every value of the file has a name and a colour in its header."""
    codes = np.arange(256, dtype=np.uint8)
    for place, label in enumerate(sorted(SPECIAL_CLASSES)):
        codes[label] = classes + place
    return codes


class EnviWriter:
    """Appends lines to an ENVI file. Use `create` or `resume`; usable as a context manager.

    What was written is with the kernel (it survives the death of this process), and on the disk after `close`. The
    header counts the lines as of the last `flush`.
    """

    def __init__(self, header: Path, data: Path, fields: dict[str, str], lines: int) -> None:
        parsed = header_of(header, fields)
        self.header, self.data, self.lines = header, data, lines
        self._fields, self._bip = fields, parsed.interleave == "bip"
        self._shape, self._dtype = (parsed.bands, parsed.samples), parsed.dtype
        self._start = parsed.offset
        self._codes = file_codes(int(fields["classes"]) - len(SPECIAL_CLASSES)) if "classes" in fields else None
        self._write_header()
        self._file = AppendedFile(data, self._start + lines * self._line_bytes)

    @classmethod
    def create(
        cls,
        header: Path,
        *,
        samples: int,
        bands: int,
        dtype: DTypeLike,
        wavelengths_nm: Iterable[float] | None = None,
        interleave: str = "bil",
        classes: tuple[ClassInfo, ...] | None = None,
        band_names: Sequence[str] = (),
        extra: Mapping[str, str] | None = None,
        suffix: str = ".img",
    ) -> Self:
        """Start a new file, in place of any of that name.

        The data file stands beside `header` with `suffix`: `.img` for results, `.raw` for recordings. `interleave`
        is "bil" or "bip", since "bsq" cannot be appended to. With `classes` it is a label map (see `file_codes`).
        `extra`: more header fields, as text. Raises RecordingError.
        """
        if interleave not in ("bil", "bip"):
            raise RecordingError(f"lines can be appended as 'bil' or 'bip', not as {interleave!r}")
        fields = layout_fields(samples, bands, 0, dtype, interleave)
        if classes is not None:
            fields |= class_fields(classes)
        if wavelengths_nm is not None:
            fields |= band_fields(wavelengths_nm)
        if band_names:
            fields |= {"band names": braces(band_names)}
        data = header.with_suffix(suffix)
        data.parent.mkdir(parents=True, exist_ok=True)
        data.write_bytes(b"")
        return cls(header, data, fields | dict(extra or {}), 0)

    @classmethod
    def resume(cls, header: Path, lines: int) -> Self:
        """Continue after the first `lines` lines; what the file holds beyond them is cut off.

        Raises RecordingError where the file holds fewer, or is one that this class does not write.
        """
        parsed = read_header(header)
        if parsed.interleave == "bsq":
            raise RecordingError(f"{header.name} is BSQ, to which no line can be appended")
        data = find_data(header, parsed.nbytes)
        line_bytes = parsed.bands * parsed.samples * parsed.dtype.itemsize
        held = (data.stat().st_size - parsed.offset) // line_bytes
        if not 0 <= lines <= held:
            raise RecordingError(f"{data.name} holds {held} lines, so it cannot continue after {lines}")
        return cls(header, data, dict(parsed.fields), lines)

    def write(self, line: NDArray[Any]) -> None:
        """Append one line (bands, samples), converted to the file's type without a check of its range."""
        if line.shape != self._shape:
            raise RecordingError(f"{self.data.name} takes lines of shape {self._shape}, not {line.shape}")
        if self._codes is not None:
            line = self._codes[line.astype(np.uint8, copy=False)]
        line = np.ascontiguousarray(line.T if self._bip else line, self._dtype)
        self._file.write(line.reshape(-1).view(np.uint8).data)
        self.lines += 1

    def flush(self) -> None:
        """Say in the header how many lines there are."""
        self._write_header()

    def refuse_gone(self) -> None:
        """Raise SystemRefused where the data file is not in its place any more."""
        self._file.refuse_gone()

    def put_back(self) -> bool:
        """Write the data file in its place again where it was removed, see `AppendedFile.put_back`."""
        return self._file.put_back()

    def close(self, *, durable: bool = True) -> None:
        """Flush, and unless `durable` is False wait for the disk. Can be called again."""
        if not self._file.closed:
            self.flush()
            self._file.close(durable=durable)

    def abandon(self) -> None:
        """Let go of the file as it is: what lies behind the last `flush` is nobody's."""
        self._file.abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _line_bytes(self) -> int:
        return math.prod(self._shape) * self._dtype.itemsize

    def _write_header(self) -> None:
        self._fields["lines"] = str(self.lines)
        write_header(self.header, self._fields)
