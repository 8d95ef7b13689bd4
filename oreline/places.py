"""Where a user's lines keep what lasts as long as a run: rings, sockets, locks, a copy of the configuration.

A folder a line, in a folder that is the user's alone. Its name is the line's with a hash of its output folder, so lines
of one name, of two users or of two checkouts, do not meet.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from oreline.files import OTHERS
from oreline.ownership import own

SHARED = Path("/dev/shm")  # noqa: S108
ROOM_FOR_RINGS = 1 << 30
DIGITS = 8
OURS = f"oreline-{os.geteuid()}"


def name_of(name: str, output: Path) -> str:
    """Of the folder of a line that writes to an output folder."""
    return f"{name}-{hashlib.sha256(os.fsencode(output.resolve())).hexdigest()[:DIGITS]}"


def users() -> list[Path]:
    """The user's folders for lines: in memory, that with the most room first; and the last on disk."""
    return [*sorted(_in_memory(), key=_room, reverse=True), Path(tempfile.gettempdir()) / OURS]


def usual() -> Path:
    """The one that every process of a line finds by itself."""
    return SHARED / OURS if SHARED.is_dir() else users()[-1]


def roomy() -> Path:
    """The one for rings that are new: in memory where there is room for them."""
    folders = users()
    return folders[0] if _room(folders[0]) >= ROOM_FOR_RINGS else folders[-1]


def namesakes(name: str) -> list[Path]:
    """Folders of the user's lines of this name, whatever their output."""
    return [folder for root in users() for folder in root.glob(f"{name}-{'[0-9a-f]' * DIGITS}")]


def claim(folder: Path, elsewhere: str = "name a folder of your own in line.state or XDG_RUNTIME_DIR") -> None:
    """Make a folder for this user alone, or find that it is one. Raises SecurityError, which says where `elsewhere` to
    go."""
    for place in (folder.parent, folder) if folder.parent in users() else (folder,):
        own(place, elsewhere)


def _in_memory() -> Iterator[Path]:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and _is_private(Path(runtime)):
        yield Path(runtime) / "oreline"
    if SHARED.is_dir():
        yield SHARED / OURS


def _is_private(folder: Path) -> bool:
    try:
        status = folder.stat()
    except OSError:
        return False
    return status.st_uid == os.geteuid() and not status.st_mode & OTHERS


def _room(folder: Path) -> int:
    return shutil.disk_usage(folder.parent).free
