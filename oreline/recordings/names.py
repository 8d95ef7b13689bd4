"""Names: which files belong together, by what they are called. Case does not matter, and a name may have dots.

A header is `NAME.hdr`, its data `NAME` with any suffix or none; or, as GDAL has it, `NAME.raw.hdr` beside `NAME.raw`.
What begins with a dot is nobody's recording: a Mac puts `._NAME` beside each file of a disk that it does not own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from oreline.errors import RecordingError

CAPTURE = "capture"
"""The folder of LUMO and Specim IQ for what the camera saw."""
STAMPS, STAMP_BYTES = ".stamps", 16
"""Of the file of stamps, and of each line in it: int64, the time in ns and the encoder's count."""
HEADER, TIFF_SUFFIXES = ".hdr", (".tif", ".tiff")
DATA_SUFFIXES = (".raw", ".img", ".bil", ".bip", ".bsq", ".dat", ".cube", ".bin", ".hyspex", ".blosc2")
_REFERENCE = re.compile(
    r"(whitedark|dark|white)[ _-]?(?:ref(?:erence)?|current)(?:[ _.-]+(.+))?|(dark|white)", re.IGNORECASE
)
_OF_ANOTHER = re.compile(
    r"(dark|white)[ _.-]+(.+)|(.+?)[ _.-]+(dark|white)(?:[ _-]?(?:ref(?:erence)?|current))?", re.IGNORECASE
)


class Role(NamedTuple):
    """What a recording is a reference of: `kind` is dark, white, or white_dark, the white's own dark; `of` is the name
    of the scene in lower case, "" where it is that of all."""

    kind: str
    of: str


def entrances(folder: Path) -> list[Path]:
    """The files by which a recording can be opened, each recording once."""
    return sorted(path for path in _files(folder) if path.suffix.lower() in (HEADER, *TIFF_SUFFIXES))


def name_of(entrance: Path) -> str:
    """The name of a recording by its header or TIFF, without the suffixes of its files."""
    name = entrance.name[: -len(entrance.suffix)]
    suffix = Path(name).suffix
    return name[: -len(suffix)] if entrance.suffix.lower() == HEADER and suffix.lower() in DATA_SUFFIXES else name


def role_of(name: str, scenes: Collection[str] = ()) -> Role | None:
    """What a name says that a recording is; None of a scene. `scenes`: names in lower case of which `dark_NAME` and
    `NAME_white` are references; of others they are rock that is dark or white."""
    if found := _REFERENCE.fullmatch(name):
        kind = (found[1] or found[3]).lower().replace("whitedark", "white_dark")
        return Role(kind, (found[2] or "").lower())
    if found := _OF_ANOTHER.fullmatch(name):
        kind, of = (found[1] or found[4]).lower(), (found[2] or found[3]).lower()
        return Role(kind, of) if of in scenes else None
    return None


def find_header(data: Path) -> Path:
    """The header of a data file: `NAME.SUFFIX.hdr` or `NAME.hdr`. Raises RecordingError where there is none."""
    headers = [path for path in _files(data.parent) if path.suffix.lower() == HEADER]
    for stem in (data.name, data.stem):
        if found := _nearest(stem, ((path.name[: -len(path.suffix)], path) for path in headers)):
            return found[0]
    raise RecordingError(f"{data} has no ENVI header: expected {data.stem}.hdr or {data.name}.hdr beside it")


def find_data(header: Path, promised: int = 0) -> Path:
    """The data file of a header in the same folder. One whose suffix no data file usually has is taken where it has
    just the size, in bytes, that the header has `promised`. Raises RecordingError where there is none, or more than
    one."""
    stem = header.name[: -len(header.suffix)]
    others = [path for path in _files(header.parent) if path.suffix.lower() != HEADER]
    whole = _nearest(stem, ((path.name, path) for path in others))
    named = [path for path in _nearest(stem, ((path.stem, path) for path in others)) if path.suffix]
    usual = [*whole, *(path for path in named if path.suffix.lower() in DATA_SUFFIXES)]
    found = usual or [path for path in named if path.stat().st_size == promised]
    if len(found) == 1:
        return found[0]
    if not found:
        raise RecordingError(
            f"{header} has no data file: expected {stem}, {stem}.raw, or another suffix and {promised} bytes, beside it"
        )
    names = ", ".join(path.name for path in found)
    raise RecordingError(f"{header} could belong to {names}: open the data file itself, or move the others")


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).lower()


def _files(folder: Path) -> list[Path]:
    paths = (path for path in folder.iterdir() if not path.name.startswith("."))
    return sorted(path for path in paths if path.is_file() or path.is_symlink())


def _nearest(stem: str, named: Iterable[tuple[str, Path]]) -> list[Path]:
    """Those of that name, and else those whose name differs from it in case only, or in how accents are written."""
    alike = [(name, path) for name, path in named if _plain(name) == _plain(stem)]
    return [path for name, path in alike if name == stem] or [path for _, path in alike]
