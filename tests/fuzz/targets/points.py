"""`oreline.point_spectra.read_points`, every format, with the files beside it; and what a camera would see of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from oreline.errors import SpectraRefused
from oreline.point_spectra import Said, gaps, read_points, resampled
from oreline.recordings.wavelengths import NANOMETRES
from tests.fuzz import mutate
from tests.fuzz.target import Frames, Target
from tests.fuzz.twist import TEXTS, WORDS
from tests.oreline.point_spectra import writers as w

Values = NDArray[np.float32]
FIRST = 350.0
CAMERA = np.linspace(355.0, 361.0, 5)
FWHM = 3.0
CELLS = (*WORDS, *TEXTS[:1], "-1.23e34", "-9999", "0,5", "1,234.5", ";", "\t", ",", '"', "Record=1:", "[class 0]", "0")
SAID = "said"
"""Kind of the archive in which whatever was read is written again: of nanometres and fractions, by the user's word."""


@dataclass(frozen=True)
class Take:
    """Spectra (n, bands) of a file of some kind, on wavelengths in nm (bands,)."""

    kind: str
    nm: NDArray[np.float64]
    values: Values


def _table(folder: Path, nm: NDArray[np.float64], values: Values) -> Path:
    path = folder / "a.csv"
    rows = [f"{one:g},{','.join(f'{v:.4f}' for v in values[:, n])}" for n, one in enumerate(nm)]
    path.write_text("\n".join(["nm," + ",".join(f"rock {n}" for n in range(len(values))), *rows, ""]))
    return path


def _rows(folder: Path, nm: NDArray[np.float64], values: Values) -> Path:
    path = folder / "a.csv"
    rows = [f"rock {n};{';'.join(f'{v:.4f}' for v in row)}".replace(".", ",") for n, row in enumerate(values)]
    path.write_text("\n".join(["name;" + ";".join(f"{one:g}" for one in nm), *rows, ""]), encoding="utf-16")
    return path


WRITERS: dict[str, Callable[[Path, NDArray[np.float64], Values], Path]] = {
    "asd": lambda f, nm, r: w.write_asd(f / "a.asd", 1000.0 * r[0], np.full(nm.size, 1000.0)),
    "npz": lambda f, nm, r: w.write_npz(f / "a.npz", nm, r, sample_id=np.array(["rock"] * len(r))),
    SAID: lambda f, nm, r: w.write_npz(f / "a.npz", nm, r),
    "tsg": lambda f, nm, r: w.write_tsg(f, r, nm[0], nm[-1]),
    "sli": lambda f, nm, r: w.write_sli(f, nm, r),
    "sed": lambda f, nm, r: w.write_sed(f / "a.sed", nm, r[0]),
    "sig": lambda f, nm, r: w.write_sig(f / "a.sig", nm, r[0]),
    "splib07": lambda f, nm, r: w.write_splib07(f, nm, r[0]),
    "ecostress": lambda f, nm, r: w.write_ecostress(f / "a.txt", nm, r[0]),
    "relab": lambda f, nm, r: w.write_relab(f / "a.asc", nm, r[0]),
    "table": _table,
    "rows": _rows,
}
KINDS = [kind for kind in WRITERS if kind != SAID]
MANY = ("npz", "tsg", "sli", "table", "rows")
BESIDE = {"tsg": ("hole_tsg.tsg", "hole_tsg.bip"), "sli": ("lib.sli", "lib.sli.hdr"),
          "splib07": ("ChapterM/splib07a_Kaolinite_CM9.txt", "splib07a_Wavelengths_ASD.txt")}  # fmt: skip
"""Kinds of two files, the one that is opened first."""


@st.composite
def takes(draw: st.DrawFn) -> Take:
    kind, bands = draw(st.sampled_from(KINDS)), draw(st.integers(12, 40))
    count = draw(st.integers(1, 3)) if kind in MANY else 1
    percent = draw(st.lists(st.integers(5, 95), min_size=bands, max_size=bands))
    values = (np.array([percent] * count) / 100.0).astype(np.float32)
    return Take(kind, FIRST + np.arange(bands, dtype=np.float64), values)


def _encode(folder: Path, take: Take) -> Frames:
    path = WRITERS[take.kind](folder, take.nm, take.values)
    files = [folder / name for name in BESIDE.get(take.kind, ())] or [path]
    return take.kind.encode(), *(file.read_bytes() for file in files)


def _decode(folder: Path, frames: Frames) -> Take:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "ChapterM").mkdir(parents=True)
    kind = frames[0].decode("latin-1") if frames else ""
    names = BESIDE.get(kind, ("a.dat",))
    for name, content in zip(names, frames[1:], strict=False):
        (folder / name).write_bytes(content)
    points = read_points(folder / names[0], Said(False, NANOMETRES) if kind == SAID else None)
    nm, reflectance = points.wavelengths_nm, points.reflectance
    assert nm.dtype == np.float64
    assert reflectance.shape == (len(points.names), nm.size)
    assert (np.diff(nm) > 0).all()
    assert not np.isinf(reflectance).any()
    assert np.nanmin(reflectance) > -100
    seen, _ = resampled(points, CAMERA, FWHM)
    gaps(CAMERA, np.isnan(seen[0]))
    assert not np.isinf(seen).any()
    return Take(SAID, nm, reflectance)


def _twist(random: Random, frames: Frames) -> Frames:
    """A cell, a line or a number of a text exchanged, lost or doubled; bytes of what is binary."""
    at = random.randrange(1, len(frames))
    try:
        lines = frames[at].decode("utf-16" if frames[0] == b"rows" else "utf-8").split("\n")
    except UnicodeDecodeError:
        return frames[:at] + mutate.damage(random, [(frames[at],)])[:1] + frames[at + 1 :]
    line = random.randrange(len(lines))
    chance = random.random()
    if chance < 0.6:
        cells = lines[line].split(random.choice((",", ";", "\t", " ", ":", "=")))
        cells[random.randrange(len(cells))] = random.choice(CELLS)
        lines[line] = random.choice((",", ";", "\t", " ")).join(cells)
    elif chance < 0.75:
        lines.insert(line, random.choice(lines))
    elif chance < 0.9:
        del lines[line]
    else:
        lines = lines[:line]
    return *frames[:at], "\n".join(lines).encode("utf-8", "replace"), *frames[at + 1 :]


_HEAD = b"name,400,500,600,700,800,900\n"
_LIBRARY = b"ENVI\nfile type = ENVI Spectral Library\ndata type = 4\n"
HOSTILE: tuple[Frames, ...] = (
    (),
    (b"table", b""),
    (b"table", _HEAD),
    (b"table", _HEAD + b"a" + b",1e309" * 6),
    (b"table", _HEAD + b'"a' + b"\n" * 99),
    (b"table", _HEAD + b"a" + b",9" * 100_000),
    (b"table", b"1,2\n" * 50_000),
    (b"table", b",".join(b"%d" % n for n in range(200, 90_000)) + b"\n1"),
    (b"table", b'"' + b"9" * 200_000 + b'",1\n2,3\n'),
    (b"asd", b"as7" + bytes(186)),
    (b"asd", b"as7" + b"\xff" * 483),
    (b"npz", b"PK\x03\x04" + b".npy" * 99),
    (b"relab", b"9" * 5000 + b"\n400 1\n500 1\n"),
    (b"tsg", b"[description]\n[coordinates]\nlastsample = 16777216\nlastband = 9\n[structure]\ndatatype=float", b""),
    (b"sli", b"\0", _LIBRARY + b"samples = 2147483648\nlines = 2147483648\nwavelength={1}"),
    (b"splib07", b"splib07a Record=1: a ASD\n1\n2\n", b"splib07a Record=1: wavelengths\n1\n1\n"),
)  # fmt: skip


def target(folder: Path) -> Target:
    written, read = folder / "written", folder / "read"
    written.mkdir()
    return Target(
        takes(),
        lambda take: _encode(written, take),
        lambda frames: _decode(read, frames),
        SpectraRefused,
        share=2,
        hostile=HOSTILE,
        twist=_twist,
        plain=lambda take: (take.nm.tobytes(), take.values.shape, take.values.tobytes()),
    )
