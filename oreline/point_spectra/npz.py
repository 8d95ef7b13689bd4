"""NumPy archives as docs/reference/spectra.md has them: `spectra`, `wavelength_nm`, and columns of text."""

from __future__ import annotations

import io
import math
import struct
import warnings
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from oreline.errors import SpectraRefused
from oreline.point_spectra.points import Raw
from oreline.point_spectra.source import LARGEST_BINARY, Source

ZIP = b"PK\x03\x04"
_NAMES = ("name", "sample_id")
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, ValueError, TypeError, KeyError, NotImplementedError, RuntimeError,
    OSError, EOFError, OverflowError, MemoryError,
)  # fmt: skip
"""What zipfile and NumPy raise at archives that are none."""


def suits(source: Source) -> bool:
    return source.head.startswith(ZIP) and b".npy" in source.head[:512]


def read(source: Source) -> Raw:
    """All spectra of an archive. Raises SpectraRefused where a column is missing, or an array is not as its header
    says."""
    columns = _columns(source)
    spectra, nm = columns.pop("spectra", None), columns.pop("wavelength_nm", None)
    if (
        spectra is None
        or nm is None
        or spectra.ndim != 2
        or nm.ndim != 1
        or not {spectra.dtype.kind, nm.dtype.kind} <= {*"fiu"}
    ):
        raise source.refusal(
            "it has no numbers 'spectra' (n, m) with 'wavelength_nm' (m,): see docs/reference/spectra.md"
        )
    kept = {name: column for name, column in columns.items() if column.shape == spectra.shape[:1]}
    label = next((kept[name] for name in _NAMES if name in kept), None)
    names = [f"row {n + 1}" for n in range(len(spectra))] if label is None else [str(one) for one in label]
    return Raw(names, nm.astype(np.float64), spectra, percent=None, columns=kept)


def _columns(source: Source) -> dict[str, NDArray[Any]]:
    """All arrays of an archive, without those of objects and records."""
    try:
        with zipfile.ZipFile(io.BytesIO(source.content())) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            if sum(archive.getinfo(name).file_size for name in names) > LARGEST_BINARY:
                raise source.refusal(f"its arrays have more than {LARGEST_BINARY >> 20} MiB: divide it")
            arrays = {name.removesuffix(".npy"): _array(archive, name) for name in names}
    except SpectraRefused:
        raise
    except _DAMAGE as error:
        raise source.refusal(f"it is a damaged archive: {' '.join(str(error).split())[:80]}") from None
    return {name: array for name, array in arrays.items() if array is not None}


def _array(archive: zipfile.ZipFile, name: str) -> NDArray[Any] | None:
    """An array whose header promises just what the file holds; None where it is of objects or records. Raises one of
    _DAMAGE."""
    with archive.open(name) as file:
        read_header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[npy.read_magic(file)]
        shape, is_fortran, dtype = read_header(file)
        if dtype.hasobject or dtype.kind not in "fiubUS" or not dtype.itemsize:
            return None
        content = file.read()
    if math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"{name} has {len(content)} bytes where its header promises {shape}")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if is_fortran else "C")
