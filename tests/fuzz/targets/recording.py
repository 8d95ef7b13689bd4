"""`oreline.recordings.recording.open_recording`: what a header promises, and what the files beside it hold."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from oreline.errors import RecordingError
from oreline.recordings.envi_header import EnviHeader
from oreline.recordings.recording import open_recording
from tests.fuzz.target import Frames, Target
from tests.fuzz.targets.envi import fields_of, headers
from tests.fuzz.twist import twist_lines

TO_FILE = {"bil": (0, 1, 2), "bip": (0, 2, 1), "bsq": (1, 0, 2)}


@dataclass(frozen=True)
class Take:
    """A recording, all of it read: the cube (lines, bands, samples), int64 stamps (lines, 2) where there are any."""

    header: EnviHeader
    cube: NDArray[Any]
    stamps: NDArray[np.int64] | None


@st.composite
def takes(draw: st.DrawFn) -> Take:
    header = replace(draw(headers(st.integers(1, 5))), offset=0, fields={})
    cube = draw(hnp.arrays(header.dtype, (header.lines, header.bands, header.samples)))
    stamps = draw(st.none() | hnp.arrays(np.int64, (header.lines, 2)))
    return Take(header, cube, stamps)


def _encode(take: Take) -> Frames:
    text = "ENVI\n" + "".join(f"{key} = {value}\n" for key, value in fields_of(take.header).items())
    data = take.cube.transpose(TO_FILE[take.header.interleave]).tobytes()
    return text.encode(), data, *([take.stamps.astype("<i8").tobytes()] if take.stamps is not None else [])


def _read(path: Path) -> Take:
    """A copy, since the files are about to change under the map."""
    found = open_recording(path)
    rate = found.line_rate_hz
    assert rate is None or 0 < rate < math.inf
    header = EnviHeader(
        found.samples, found.bands, found.lines, found.interleave, found.dtype, 0,
        found.wavelengths_nm, found.fwhm_nm, found.x_start, found.full_scale, {},
    )  # fmt: skip
    return Take(header, np.array(found.cube), found.read_stamps() if found.stamps else None)


_EMPTY = b"ENVI\nlines = 0\ninterleave = %s\ndata type = 5\nsamples = %d\nbands = %d\n"
_BASE = b"ENVI\nlines = 1\ninterleave = bil\ndata type = 1\nsamples = 1\nbands = 1\n"
HOSTILE: tuple[Frames, ...] = (
    *((_EMPTY % (kind, 2**31, bands), data) for kind in (b"bil", b"bip", b"bsq") for bands in (1, 2**31)
      for data in (b"", b"x" * 100)),
    *((_BASE + b"fps = %s\n" % rate, b"x") for rate in (b"nan", b"inf", b"-1", b"0", b"{9" + b"9" * 400 + b"}")),
    (_BASE, b"x", b""),
    (_BASE + b"header offset = 2147483648\n", b"x"),
)  # fmt: skip


def _twist(random: Random, frames: Frames) -> Frames:
    return twist_lines(random, frames[0]), *frames[1:]


def target(folder: Path) -> Target:
    files = [folder / name for name in ("a.hdr", "a.raw", "a.stamps")]

    def decode(frames: Frames) -> Take:
        files[2].unlink(missing_ok=True)
        for path, content in zip(files, (*frames, b"", b"")[: max(2, len(frames))], strict=False):
            path.write_bytes(content)
        return _read(files[0])

    return Target(takes(), _encode, decode, RecordingError, share=4, hostile=HOSTILE, twist=_twist)
