"""`oreline.recordings.envi_header.read_header`: text that anyone may have written."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

from oreline.errors import RecordingError
from oreline.recordings.envi_fields import DATA_TYPES, INTERLEAVES
from oreline.recordings.envi_header import EnviHeader, braces, read_header, write_header
from tests.fuzz.target import Frames, Target
from tests.fuzz.twist import twist_lines

CODES = {name: code for code, name in DATA_TYPES.items()}
COUNT = st.integers(1, 100_000)
NANOMETRES = st.just(0.0) | st.floats(30, 1e5).map(lambda nm: round(nm, 6))
KEY = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1).map("our {}".format)
VALUE = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")).map(str.strip)
EXTRA = st.dictionaries(KEY, VALUE.filter(lambda value: not value.startswith("{") or value.endswith("}")), max_size=3)


def fields_of(header: EnviHeader) -> dict[str, str]:
    """The text of each number of a header."""
    said = {
        "samples": header.samples,
        "lines": header.lines,
        "bands": header.bands,
        "header offset": header.offset,
        "data type": CODES[header.dtype.str[1:]],
        "interleave": header.interleave,
        "byte order": int(header.dtype.str[0] == ">"),
        "x start": header.x_start,
        "full scale": header.full_scale or 0,
        "wavelength units": "Nanometers",
    }
    lists = {"wavelength": header.wavelengths_nm, "fwhm": header.fwhm_nm}
    return {key: str(value) for key, value in said.items()} | {k: braces(v) for k, v in lists.items() if v}


@st.composite
def headers(draw: st.DrawFn, counts: st.SearchStrategy[int] = COUNT) -> EnviHeader:
    bands = draw(st.integers(1, 6))
    lists = st.just(()) | st.tuples(*[NANOMETRES] * bands)
    dtype = np.dtype(draw(st.sampled_from("<>")) + draw(st.sampled_from(list(CODES))))
    header = EnviHeader(
        samples=draw(counts),
        bands=bands,
        lines=draw(counts),
        interleave=draw(st.sampled_from(INTERLEAVES)),
        dtype=dtype if dtype.itemsize > 1 else np.dtype("u1"),
        offset=draw(st.integers(0, 300)),
        wavelengths_nm=draw(lists),
        fwhm_nm=draw(lists),
        x_start=draw(st.integers(0, 4096)),
        full_scale=draw(st.none() | st.integers(1, 65_535)),
        fields={},
    )
    header.fields.update({**fields_of(header), **draw(EXTRA)})  # type: ignore[attr-defined]
    return header


_START = b"ENVI\nsamples = 2\nlines = 1\nbands = 2\ninterleave = bil\ndata type = 12\n"
HOSTILE: tuple[Frames, ...] = tuple(
    (text,)
    for text in (
        b"",
        b"ENVI",
        _START + b"wavelength = {1e308, 1e308}\nwavelength units = Micrometers\n",
        _START + b"description = {\n" + b"a\n" * 400_000,
        _START + b"description = {\n" + b"a\n" * 400_000 + b"}\n",
        _START + b"wavelength = {" + b"1," * 400_000 + b"1}\n",
        _START + b"samples = " + b"9" * 500_000,
        _START * 5_000,
        _START + b"description = caf\xe9 \x85samples = 9\n",
        _START + "description = a\u2028samples = 9\n".encode(),
        _START + b"a = {{ }\n" * 50_000,
        _START + b"a = {\n}\n" * 50_000,
        _START + b"a =\n" * 50_000,
        _START + b"wavelength = {" + b"1;" * 400_000 + b"}\n",
        _START + b"wavelength = {1, 2 ; " + b"{" * 400_000,
        b"ENVI\nsamples = 2\nlines = 1\nbands = 1\nband names = {1" + b" " * 400_000 + b"}\n",
        b"\xff\xfe" + (_START.decode() + "wavelength units = \u03bcm\nwavelength = {1, 2}\n").encode("utf-16-le"),
    )
)


def _twist(random: Random, frames: Frames) -> Frames:
    return (twist_lines(random, frames[0]),)


def target(folder: Path) -> Target:
    path, copy = folder / "a.hdr", folder / "copy.hdr"

    def encode(header: EnviHeader) -> Frames:
        write_header(copy, header.fields)
        return (copy.read_bytes(),)

    def decode(frames: Frames) -> Any:
        path.write_bytes(frames[0] if frames else b"")
        return read_header(path)

    return Target(headers(), encode, decode, RecordingError, share=8, hostile=HOSTILE, twist=_twist)
