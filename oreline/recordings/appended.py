"""Files that only grow: what was written is with the kernel, so it survives the death of the process that wrote it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from oreline.standing import Standing
from oreline.wire import Buffer


class AppendedFile:
    """A file, open at its end. `size`: bytes that it is to begin with; what it holds beyond them is cut off."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self._file = path.open("r+b", buffering=0)
        self._file.truncate(size)
        self._file.seek(0, os.SEEK_END)
        self._standing = Standing(path)

    @property
    def size(self) -> int:
        """Bytes in it."""
        return self._file.tell()

    def write(self, content: Buffer) -> None:
        """Append bytes. Raises OSError with the file's name: some of them may be there then."""
        left = memoryview(content)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self.path)) from None

    def cut(self, size: int) -> None:
        """Keep its first bytes only."""
        self._file.truncate(size)
        self._file.seek(size)

    def sync(self) -> None:
        """Wait until what was written is on the disk. Raises OSError, ValueError where it is closed."""
        os.fdatasync(self._file.fileno())

    def refuse_gone(self) -> None:
        """Raise SystemRefused where it is not in its place any more."""
        self._standing.refuse_gone()

    def put_back(self) -> bool:
        """Where it was removed or moved, write it in its place again: it is still open, and so whole. Returns whether
        it was. Raises SystemRefused where another is there."""
        if not self._standing.gone:
            return False
        if self.path.exists():
            self.refuse_gone()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("xb") as copy:
            self._file.seek(0)
            shutil.copyfileobj(self._file, copy)
        self._file.close()
        self._file = self.path.open("r+b", buffering=0)
        self._file.seek(0, os.SEEK_END)
        self._standing = Standing(self.path)
        return True

    @property
    def closed(self) -> bool:
        return self._file.closed

    def close(self, *, durable: bool = True) -> None:
        """Let go of it and, unless `durable` is False, wait for the disk before. Can be called again."""
        if not self._file.closed:
            if durable:
                os.fsync(self._file.fileno())
            self._file.close()

    def abandon(self) -> None:
        """Let go of it as it is."""
        self._file.close()
