"""Reading the files of an output folder, while they are written and turned over.

Each file is kept open, so that it is read to its end under whatever name, and another of the same inode is not taken
for it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from oreline.incidents.incident import Incident, parsed
from oreline.incidents.process import FOLDER, began

_READ_BYTES = 1 << 20


class Follower:
    """Of an output folder. Files are read from their beginning: who has incidents already tells them by their names."""

    def __init__(self, output: Path) -> None:
        self._folder = output / FOLDER
        self._files: dict[tuple[int, int], _File] = {}

    def read(self) -> list[Incident]:
        """Incidents that have come since the last time; those that cannot be read are passed over."""
        for path in sorted(self._folder.glob("*.jsonl*")):
            with suppress(OSError):
                self._find(path)
        gone = [key for key, file in self._files.items() if file.is_gone]
        incidents = [incident for file in self._files.values() for incident in file.read()]
        for key in gone:
            self._files.pop(key).close()
        return incidents

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _find(self, path: Path) -> None:
        """The file may be turned over before it is opened: what was opened tells which it is."""
        if _identity(path.lstat()) not in self._files:
            number = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            if (key := _identity(os.fstat(number))) in self._files:
                os.close(number)
            else:
                self._files[key] = _File(number)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


class _File:
    def __init__(self, number: int) -> None:
        self._number, self._rest = number, b""

    @property
    def is_gone(self) -> bool:
        return os.fstat(self._number).st_nlink == 0

    def read(self) -> Iterator[Incident]:
        """The incidents of whole lines; one that is not whole waits for its end."""
        while chunk := self._read():
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            yield from filter(None, map(parsed, filter(None, lines)))

    def _read(self) -> bytes:
        try:
            return os.read(self._number, _READ_BYTES)
        except OSError:
            return b""

    def close(self) -> None:
        os.close(self._number)


def history(output: Path) -> list[Incident]:
    """Incidents that the processes of a line have told since this one opened its log, in order."""
    follower, since = Follower(output), began()
    incidents = follower.read()
    follower.close()
    return in_order(
        incident for incident in incidents if incident.boot == since.boot.hex() and incident.t_ns >= since.t_ns
    )


def in_order(incidents: Iterable[Incident]) -> list[Incident]:
    """As they happened. The wall's clock, which may jump, tells no more than which boot came first."""
    incidents = list(incidents)
    began: dict[str, datetime] = {}
    for incident in incidents:
        at = datetime.fromisoformat(incident.time)
        began[incident.boot] = min(at, began.get(incident.boot, at))
    return sorted(incidents, key=lambda incident: (began[incident.boot], incident.boot, incident.t_ns))
