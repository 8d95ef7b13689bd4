"""Files that others may have made or put there: read whole or not at all, and never by way of a link."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

OTHERS, WRITERS = 0o077, 0o022


def read_plain(path: Path, most: int, *, private: bool = False) -> bytes:
    """The bytes of a regular file of at most `most` bytes. Raises OSError: a link, a device and a pipe are refused.

    `private`: PermissionError where anyone but its owner may read or write it.
    """
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise _linked(path) if error.errno == errno.ELOOP else error from None
    with os.fdopen(number, "rb") as file:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        if status.st_size > most:
            raise OSError(errno.EFBIG, f"it has more than {most} bytes", str(path))
        if private and status.st_mode & OTHERS:
            raise PermissionError(errno.EPERM, f"others can read it: chmod 600 {path}", str(path))
        return file.read(most)


def write_private(path: Path, content: bytes) -> None:
    """Make a file that only its owner may touch, from its first moment on. Raises FileExistsError."""
    make_private(path.parent)
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(number, "wb") as file:
        file.write(content)


def make_private(folder: Path) -> None:
    """Make a folder, and those above it that are missing, for its owner only."""
    for place in (*reversed(folder.parents), folder):
        if not place.exists():
            place.mkdir(0o700, exist_ok=True)


def is_within(path: Path, root: Path) -> bool:
    """Whether a path, all its links followed, lies in a folder."""
    return path.resolve().is_relative_to(root.resolve())


def _linked(path: Path) -> OSError:
    return OSError(errno.ELOOP, "it is a link: put the file itself there", str(path))
