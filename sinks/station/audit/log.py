"""The audit log: a file in the output folder that is only ever appended to."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from oreline import moment
from oreline.errors import OrelineError
from oreline.files import append_whole
from oreline.guard import refusal
from oreline.incidents import report
from oreline.moment import Moment
from oreline.ownership import open_own
from sinks.station.audit.chain import BEGUN, MOST_BYTES, REPAIRED, Record, entry_of, line_of, link_of

AUDIT = "audit.jsonl"
"""In the output folder."""
ROOM = 4 * MOST_BYTES
_SELF = "oreline"


class AuditLog:
    """Log of one line's acts; several processes may append to it. `site`: the line's name, for the first entry."""

    def __init__(self, path: Path, site: str, now: Callable[[], Moment] = moment.now) -> None:
        self.path, self._site, self._now = path, site, now

    def append(self, record: Record) -> str:
        """Write an act, and return its hash, the head of the chain now; it is on the disk by then. Raises StoreFailed
        and SystemRefused."""
        try:
            with self._open() as file:
                torn = _cut(file)
                number, before = _end(file)
                todo = [] if number else [Record(BEGUN, _SELF, new={"site": self._site, "host": socket.gethostname()})]
                if torn:
                    words = torn[:1000].decode(errors="replace")
                    todo.append(Record(REPAIRED, _SELF, old=words, arguments={"bytes": len(torn)}))
                for one in (*todo, record):
                    line = line_of(number, self._now(), one, before)
                    append_whole(file, line)
                    number, before = number + 1, link_of(line[:-1])
                os.fsync(file.fileno())
        except OSError as error:
            raise self._refused(error) from None
        if torn:
            report("station", "audit_repaired", f"{self.path}: {len(torn)} bytes of a line that was not whole are gone")
        return before

    def refuse_full(self) -> None:
        """Try whether an act could be written. Raises StoreFailed and SystemRefused."""
        try:
            with self._open() as file:
                room = os.fstatvfs(file.fileno())
                if room.f_bavail * room.f_frsize < ROOM:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise self._refused(error) from None

    def _refused(self, error: OSError) -> OrelineError:
        return refusal(error, self.path)

    @contextmanager
    def _open(self) -> Iterator[io.FileIO]:
        """The file, for nobody else meanwhile."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        number = open_own(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        with io.FileIO(number, "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file


def _cut(file: io.FileIO) -> bytes:
    """Take away what stands behind the last whole line, which a crash has left. Returns the last of it."""
    gone = b""
    while torn := _tail(file).rpartition(b"\n")[2]:
        file.truncate(file.seek(0, os.SEEK_END) - len(torn))
        gone = gone or torn
    return gone


def _tail(file: io.FileIO) -> bytes:
    """At least the last line, where none is longer than a line may be."""
    size = file.seek(0, os.SEEK_END)
    return os.pread(file.fileno(), 2 * MOST_BYTES, max(0, size - 2 * MOST_BYTES))


def _end(file: io.FileIO) -> tuple[int, str]:
    """Number of the next entry, and what it is to hold of the last."""
    if not (tail := _tail(file)):
        return 0, ""
    last = tail[:-1].rpartition(b"\n")[2]
    entry = entry_of(last)
    return (entry.number + 1 if entry else _lines(file)), link_of(last)


def _lines(file: io.FileIO) -> int:
    file.seek(0)
    return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
