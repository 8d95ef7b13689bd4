"""The file of a process: a line an incident, turned over at a size, so that no fault fills a disk.

What the disk does not take is kept and tried again. Nothing raises: a log that cannot be written must stop no line.
"""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from oreline.standing import identity

MOST_BYTES = 512 << 10
KEPT = 3
"""Older files: NAME.jsonl.1 is the newest of them."""
MOST_PENDING = 1000
"""Lines that wait for a disk; then the oldest is given up."""


class LogFile:
    """Appends. `failure`: why the disk takes nothing just now; empty where it does."""

    def __init__(self, path: Path, opened: Callable[[int], None] = lambda _number: None) -> None:
        """`opened` is told the file's number, which stays what it is: at once, or when the disk takes a file."""
        self.path, self.failure, self._opened = path, "", opened
        self.pending: deque[bytes] = deque(maxlen=MOST_PENDING)
        self._number, self._size, self._torn = -1, 0, False
        self._identity: tuple[int, int] | None = None
        with suppress(OSError):
            self._open()

    def append(self, lines: Iterable[bytes]) -> None:
        """Write what waited and these."""
        self.pending.extend(lines)
        try:
            while self.pending:
                self._write(self.pending[0])
                self.pending.popleft()
            self.failure = ""
        except OSError as error:
            self.failure = error.strerror or str(error)

    def _write(self, line: bytes) -> None:
        if self._number < 0 or identity(self.path) != self._identity:
            self._open()
        elif self._size + len(line) > MOST_BYTES:
            self._turn()
        line = b"\n" + line if self._torn else line
        written = os.write(self._number, line)
        self._size += written
        self._torn = written < len(line)
        if self._torn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        number = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
        if self._number < 0:
            self._number = number
            self._opened(number)
        else:
            os.dup2(number, self._number, inheritable=False)
            os.close(number)
        self._identity, self._size = identity(self.path), os.fstat(self._number).st_size
        self._torn = self._size > 0 and os.pread(self._number, 1, self._size - 1) != b"\n"

    def _turn(self) -> None:
        for age in range(KEPT, 0, -1):
            younger = _older(self.path, age - 1)
            if younger.exists():
                younger.replace(_older(self.path, age))
        self._open()


def _older(path: Path, age: int) -> Path:
    return path.with_name(f"{path.name}.{age}") if age else path
