"""Binary files of ASD's FieldSpec and TerraSpec (Indico file format, versions 6 to 8).

They hold counts of the target and, behind them, counts of the white reference; reflectance is their ratio.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from oreline.point_spectra.points import Raw
from oreline.point_spectra.source import Source
from oreline.point_spectra.text_rows import ratio

VERSIONS = (b"as6", b"as7", b"as8")
HEADER = 484
LARGEST = 16 << 20
_OLDER = (b"ASD", b"as2", b"as3", b"as4", b"as5", b"as9")
_TYPE, _FIRST_AND_STEP, _NUMBERS, _CHANNELS = 186, 191, 199, 204
_DTYPES = {0: "<f4", 1: "<i4", 2: "<f8"}
_REFLECTANCE = (0, 1)
_TYPES = {
    2: "radiance", 3: "numbers without a unit", 4: "irradiance", 5: "a quality index", 6: "transmittance",
    7: "of an unknown kind", 8: "absorbance",
}  # fmt: skip
_BEFORE_TEXT = 2 + 8 + 8
"""The flag of the reference, and the times of reference and spectrum."""


def suits(source: Source) -> bool:
    return source.head[:3] in (*VERSIONS, *_OLDER) and b"\0" in source.head[:HEADER]


def read(source: Source) -> Raw:
    """The spectrum of a file. Raises SpectraRefused where it is no reflectance, or has no white reference."""
    if source.head[:3] not in VERSIONS:
        raise source.refusal(
            f"it is of ASD's file version {source.head[:3].decode()!r}: 'as6', 'as7' and 'as8' are read"
        )
    content = source.content(LARGEST)
    if len(content) < HEADER:
        raise source.refusal(f"it is truncated: {len(content)} bytes are less than an ASD header")
    kind, form = content[_TYPE], content[_NUMBERS]
    if kind not in _REFLECTANCE:
        what = _TYPES.get(kind, f"of the unknown type {kind}")
        raise source.refusal(f"it is {what}, not reflectance: save it from the instrument as reflectance")
    if form not in _DTYPES:
        raise source.refusal(f"its numbers are of the unknown format {form}")
    first, step = struct.unpack_from("<2f", content, _FIRST_AND_STEP)
    (channels,) = struct.unpack_from("<H", content, _CHANNELS)
    if not (first > 0 and step > 0 and channels > 1):
        raise source.refusal(
            f"its header has {channels} channels from {first:g} nm in steps of {step:g} nm: it is damaged"
        )
    dtype = np.dtype(_DTYPES[form])
    target, end = _numbers(source, content, HEADER, dtype, channels, "spectrum")
    reference = _reference(source, content, end, dtype, channels)
    return Raw(
        names=[source.path.stem],
        wavelengths=first + step * np.arange(channels, dtype=np.float64),
        values=ratio(target, reference),
        notes=["reflectance is the target's counts over the white reference's, both of this file"],
    )


def _reference(source: Source, content: bytes, at: int, dtype: np.dtype, channels: int) -> NDArray[np.float64]:
    if len(content) < at + _BEFORE_TEXT + 2:
        raise source.refusal("it ends behind its spectrum, before the white reference: it is truncated")
    (flag,) = struct.unpack_from("<H", content, at)
    if not flag:
        raise source.refusal(
            "it holds counts without a white reference, so there is no reflectance: take one, and save anew"
        )
    (letters,) = struct.unpack_from("<H", content, at + _BEFORE_TEXT)
    reference, _ = _numbers(source, content, at + _BEFORE_TEXT + 2 + letters, dtype, channels, "white reference")
    return reference


def _numbers(
    source: Source, content: bytes, at: int, dtype: np.dtype, channels: int, what: str
) -> tuple[NDArray[np.float64], int]:
    """Numbers from a place on, and the place behind them."""
    end = at + channels * dtype.itemsize
    if len(content) < end:
        held = max(0, len(content) - at) // dtype.itemsize
        raise source.refusal(f"its header promises {channels} channels, and its {what} has {held}: it is truncated")
    return np.frombuffer(content, dtype, channels, at).astype(np.float64), end
