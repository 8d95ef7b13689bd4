"""The file under a ring: one writer at a time, and its space taken in advance."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from oreline.errors import RingError
from oreline.locks import taken
from oreline.ownership import open_own
from oreline.ring import layout
from oreline.ring.layout import CHECK, GEOMETRY, HEADER_BYTES, MAGIC, TABLE

_ZEROS = bytes(1 << 20)
"""Written once over a new file: space that was only taken is made ready page by page, at the first line."""


def locked(path: Path) -> int:
    """Open a file for the only writer. Raises RingError where there is one, or the file is another user's."""
    try:
        file = open_own(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise RingError(f"the ring {path} is refused: {error.strerror}") from None
    if not taken(file):
        os.close(file)
        raise RingError(f"{path} is in use: another process writes this stream; stop it first")
    return file


def has_geometry(file: int, path: Path, slots: int, size: int) -> bool:
    """True of a ring of this geometry; one of another, or an empty file, may be made anew.

    Raises RingError where it is something else: lines that nobody has taken may be in it.
    """
    if os.fstat(file).st_size == 0:
        return False
    header = os.pread(file, GEOMETRY.size + CHECK.size, layout.GEOMETRY_AT).ljust(GEOMETRY.size + CHECK.size, b"\0")
    geometry = layout.unpacked(header, 0, GEOMETRY)
    if geometry is None or geometry[0] != MAGIC:
        os.close(file)
        raise RingError(f"{path} is not a ring of this version, or its header is damaged: move it away and start again")
    return geometry[1:] == (slots, size)


def grow(file: int, path: Path, total: int) -> bool:
    """Bring a file that was cut short back to its size. Returns whether it was."""
    cut = os.fstat(file).st_size < total
    if cut:
        _allocate(file, path, total)
    return cut


def made_anew(old: int, path: Path, slots: int, size: int) -> int:
    """A new file under the name: readers of the old one keep what they have mapped."""
    new_path = path.with_suffix(".new")
    file = locked(new_path)
    try:
        _format(file, path, slots, size)
        new_path.replace(path)
    except RingError:
        new_path.unlink()
        path.unlink()
        raise
    finally:
        os.close(old)
    return file


def _format(file: int, path: Path, slots: int, size: int) -> None:
    total = layout.file_bytes(slots, size)
    os.ftruncate(file, 0)
    _allocate(file, path, total)
    for at in range(0, total, len(_ZEROS)):
        os.pwrite(file, _ZEROS[: total - at], at)
    os.pwrite(file, layout.sealed(GEOMETRY.pack(MAGIC, slots, size)), layout.GEOMETRY_AT)
    table = np.zeros(slots, TABLE)
    table["index"] = np.arange(slots, dtype=np.uint64) + np.uint64(1)
    os.pwrite(file, table.tobytes(), HEADER_BYTES)


def _allocate(file: int, path: Path, total: int) -> None:
    """Take the space now: a sparse file on a full disk would be a SIGBUS at the first touch."""
    try:
        os.posix_fallocate(file, 0, total)
    except OSError as error:
        why = f"no {total / 1e6:.0f} MB for the ring {path} ({error.strerror})"
        raise RingError(f"{why}: free space or ask for fewer slots") from None
