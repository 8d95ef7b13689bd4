"""Folders and files that are the user's own: what steers a run is believed only where nobody else can write to it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from oreline.errors import SecurityError
from oreline.files import WRITERS, make_private, open_plain

ANYONE = 0o002


def own(folder: Path, elsewhere: str) -> None:
    """Make a folder for its user only, or find that it is his: no link, nobody else may write to it, and the folder
    above is not a stranger's, who could put another in its place. Raises SecurityError, which says where `elsewhere`
    to go."""
    try:
        make_private(folder)
        above, itself = folder.parent.stat(), _status(folder)
    except OSError as error:
        why = "it is a link" if folder.is_symlink() else error.strerror
        raise SecurityError(f"{folder} is refused: {why}; {elsewhere}") from None
    if itself.st_uid != os.geteuid():
        raise SecurityError(f"{folder} belongs to user {itself.st_uid}: have it removed, or {elsewhere}")
    if itself.st_mode & WRITERS:
        raise SecurityError(f"others can write to {folder}: look what is there, then chmod 700 {folder}")
    if above.st_uid not in (0, os.geteuid()) or (above.st_mode & ANYONE and not above.st_mode & stat.S_ISVTX):
        raise SecurityError(f"others can replace {folder}, since {folder.parent} is open to them: {elsewhere}")


def refuse_strangers(folder: Path) -> None:
    """Raise SecurityError where a folder is somebody else's, who can have what is written there go elsewhere."""
    owner = folder.stat().st_uid
    if owner not in (0, os.geteuid()):
        raise SecurityError(f"{folder} belongs to user {owner}: choose a folder of your own")


def open_own(path: Path, flags: int, mode: int = 0o600) -> int:
    """Open a regular file that is the user's and that nobody else may write to; where `flags` say so it is made, of
    that mode. Raises OSError."""
    number = open_plain(path, flags, mode)
    status = os.fstat(number)
    if status.st_uid != os.geteuid() or status.st_mode & WRITERS:
        os.close(number)
        raise PermissionError(errno.EPERM, f"it belongs to user {status.st_uid}, or others can write to it", str(path))
    return number


def is_own(path: Path) -> bool:
    """True where a file is there that `open_own` opens."""
    try:
        os.close(open_own(path, os.O_RDONLY))
    except OSError:
        return False
    return True


def _status(folder: Path) -> os.stat_result:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return os.fstat(number)
    finally:
        os.close(number)
