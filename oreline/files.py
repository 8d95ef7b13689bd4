"""Files that others may have made or put there: read whole or not at all, and never by way of a link. Files that are
made: written, or added to, whole or not at all, and tried before the work that they are for."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from oreline.errors import ConfigError
from oreline.guard import refusal

OTHERS, WRITERS = 0o077, 0o022
_PAGE = bytes(4096)


def read_plain(path: Path, most: int, *, private: bool = False) -> bytes:
    """The bytes of a regular file of at most `most` bytes. Raises OSError: a link, a device and a pipe are refused.

    `private`: PermissionError where anyone but its owner may read or write it.
    """
    number = open_plain(path, os.O_RDONLY)
    with os.fdopen(number, "rb") as file:
        status = os.fstat(number)
        if status.st_size > most:
            raise OSError(errno.EFBIG, f"it has more than {most} bytes", str(path))
        if private and status.st_mode & OTHERS:
            raise PermissionError(errno.EPERM, f"others can read it: chmod 600 {path}", str(path))
        return file.read(most)


def open_plain(path: Path, flags: int, mode: int = 0) -> int:
    """Open a regular file; where `flags` say so it is made, of that mode. Raises OSError as `read_plain` does."""
    try:
        number = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode)
    except OSError as error:
        raise _linked(path) if error.errno == errno.ELOOP else error from None
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return number


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, in place of one that is there; what it held stays where that fails. Raises OSError with its name.

    A device or pipe is written to. The draft beside it is always a new file: others may have put a link there.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            _replace(path.resolve(), content)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path, f".{os.getpid()}.new") as draft, draft.open("xb") as file:
        file.write(content)


@contextmanager
def replacing(path: Path, suffix: str = ".new") -> Iterator[Path]:
    """A draft beside a file, for the caller to make: it takes the file's place when the block ends, and goes where that
    fails. `suffix`: of its name, where several processes may write the file."""
    draft = path.with_name(path.name + suffix)
    draft.unlink(missing_ok=True)
    try:
        yield draft
        draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink()


def append_whole(file: FileIO, content: bytes) -> None:
    """Append to an unbuffered file; what it held is all that it holds where that fails. Raises OSError."""
    size = file.seek(0, os.SEEK_END)
    try:
        while content:
            content = content[file.write(content) :]
    except OSError:
        file.truncate(size)
        raise


def try_to_write(*paths: Path, reading: Iterable[Path] = ()) -> None:
    """Try whether files, and the folders above them, can be made or replaced; nothing is. For before the work whose
    results they are to hold, and which reads the files `reading`. Raises SystemRefused, or StoreFailed, for the first
    that cannot, and ConfigError for one that would replace what is read or another result."""
    _refuse_taken(paths, reading)
    for path in paths:
        try:
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if path.is_file():
                os.close(os.open(path, os.O_WRONLY))
            if path.is_file() or not path.exists():
                _try_page(path.resolve().parent)
        except OSError as error:
            raise refusal(error, path) from None


def _refuse_taken(paths: Iterable[Path], reading: Iterable[Path]) -> None:
    read, results = {path.resolve() for path in reading}, set[Path]()
    for path in paths:
        place = path.resolve()
        if place in read:
            raise ConfigError(f"{path} is read, and a result would replace it: give the result another name")
        if place in results and (path.is_file() or not path.exists()):
            raise ConfigError(f"{path} is the name of two results: give each its own")
        results.add(place)


def try_folder(folder: Path) -> None:
    """The same for files in a folder, whose names are not known yet."""
    try:
        _try_page(folder)
    except OSError as error:
        raise refusal(error, folder) from None


def _try_page(folder: Path) -> None:
    while not folder.exists():
        folder = folder.parent
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        file.write(_PAGE)


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
    """True of a path that lies in a folder, all its links followed."""
    return path.resolve().is_relative_to(root.resolve())


def _linked(path: Path) -> OSError:
    return OSError(errno.ELOOP, "it is a link: put the file itself there", str(path))
