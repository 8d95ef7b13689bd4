"""`inference.references.files.load`: five files of a folder, also with hashes made anew after a change."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from random import Random

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inference.references.files import MANIFEST, load, save
from inference.references.measurement import Measurement
from inference.references.reference import Reference
from oreline.errors import ReferenceRefused
from tests.fuzz import mutate
from tests.fuzz.target import Frames, Target
from tests.fuzz.twist import twist_json, twist_lines

KINDS = "dark", "white"
FILES = (MANIFEST, *(f"{kind}.{suffix}" for kind in KINDS for suffix in ("hdr", "img")))
POSITIVE = st.floats(1e-3, 1e6)
WORD = st.text(max_size=12)
LINES = 50


def measured(shape: tuple[int, int]) -> st.SearchStrategy[Measurement]:
    counts = hnp.arrays(np.float64, shape, elements=st.floats(0, 65_535))
    saturated = hnp.arrays(np.uint32, shape, elements=st.integers(0, LINES))
    return st.builds(Measurement, counts, counts, saturated, st.just(LINES), POSITIVE, POSITIVE)


@st.composite
def references(draw: st.DrawFn) -> Reference:
    bands, samples = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    return Reference(
        dark=draw(measured((bands, samples))),
        white=draw(measured((bands, samples))),
        wavelengths_nm=tuple(draw(st.lists(st.floats(400, 2500), min_size=bands, max_size=bands))),
        x_start=draw(st.integers(0, 2048)),
        full_scale=draw(st.integers(1, 65_535)),
        camera=draw(WORD),
        serial=draw(WORD),
        captured=draw(WORD),
    )


def _put(folder: Path, frames: Frames) -> None:
    for name, content in zip(FILES, (*frames, *[b""] * len(FILES)), strict=False):
        (folder / name).write_bytes(content)


def _load(folder: Path, frames: Frames) -> Reference:
    _put(folder, frames)
    return load(folder)


def _save(folder: Path, reference: Reference) -> Frames:
    shutil.rmtree(folder, ignore_errors=True)
    save(reference, folder)
    return tuple((folder / name).read_bytes() for name in FILES)


def _resealed(folder: Path, frames: Frames) -> Frames:
    """With the hashes and the id that the files have: what somebody does who wants it to be taken."""
    manifest = json.loads(frames[0])
    for i, kind in enumerate(KINDS):
        for what, content in zip(("header", "data"), frames[1 + 2 * i : 3 + 2 * i], strict=True):
            manifest["sha256"][kind][what] = hashlib.sha256(content).hexdigest()
    sealed = (json.dumps(manifest).encode(), *frames[1:])
    try:
        _load(folder, sealed)
    except ReferenceRefused as refusal:
        found = re.search("its content has ([0-9a-f]{16})", str(refusal))
        manifest["id"] = found[1] if found else manifest["id"]
    except Exception:
        return sealed  # what escaped here escapes once more where it is judged
    return (json.dumps(manifest).encode(), *frames[1:])


def _twist(folder: Path, random: Random, frames: Frames) -> Frames:
    at = random.randrange(len(FILES))
    changed = list(frames)
    if at == 0:
        changed[0] = twist_json(random, frames[0])
    elif at % 2:
        changed[at] = twist_lines(random, frames[at])
    else:
        (changed[at],) = mutate.damage(random, [(frames[at],)])[:1] or (b"",)
    try:
        return _resealed(folder, tuple(changed))
    except (TypeError, KeyError):
        return tuple(changed)


def target(folder: Path) -> Target:
    read, written, sealed = (folder / name for name in ("read", "written", "sealed"))
    for path in (read, sealed):
        path.mkdir()
    return Target(
        references(),
        lambda reference: _save(written, reference),
        lambda frames: _load(read, frames),
        ReferenceRefused,
        share=1,
        twist=lambda random, frames: _twist(sealed, random, frames),
    )
