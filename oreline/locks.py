"""Locks that end with the process that holds them, however it ends; and a line's own: a file in each of its folders,
held while its supervisor or one of its processes lives."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from oreline.errors import OrelineError, StageFailed, SystemRefused
from oreline.guard import refusal
from oreline.ownership import open_own

LOCK = "line.lock"
HANDOVER_S = 3.0
"""The processes of a supervisor that was killed die with it, but not in the same moment."""


def taken(file: int, how: int = fcntl.LOCK_EX) -> bool:
    """Take the lock of an open file. Returns whether we have it now; somebody else has it where not."""
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(folder: Path) -> bool:
    """True where someone has the lock of a folder."""
    return is_locked(folder / LOCK)


def is_locked(path: Path) -> bool:
    """True where a file of the user's is there, and someone has its lock."""
    try:
        file = open_own(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not taken(file, fcntl.LOCK_SH)
    finally:
        os.close(file)


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold the lock of a folder, an open file. Raises StageFailed where it is not free within a moment."""
    file = _soon(
        folder / LOCK, StageFailed(f"this line runs already ({folder}): stop it, or give this one another output")
    )
    try:
        yield file
    finally:
        os.close(file)


@contextmanager
def in_turn(folder: Path) -> Iterator[None]:
    """Hold a folder against others who do the same; they wait for each other. It is made where it is not there, and
    goes again where nothing came into it. Raises SystemRefused, StoreFailed."""
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise refusal(error, folder) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        os.close(file)


def alone(sink: str, output: Path) -> None:
    """Be the only process of a sink that writes to a folder, until this one ends: a second would take the place of the
    first in its stream, and stop it. Raises SystemRefused where there is one and does not end within a moment."""
    output.mkdir(parents=True, exist_ok=True)
    _soon(
        output / f"{sink}.sink.lock",
        SystemRefused(f"{sink} is at work already ({output}): stop it, or give this one another name"),
    )


def _soon(path: Path, otherwise: OrelineError) -> int:
    """The lock of a file, open. Raises `otherwise` where it is not free within a moment."""
    file = open_own(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    deadline = time.monotonic() + HANDOVER_S
    while not taken(file):
        if time.monotonic() > deadline:
            os.close(file)
            raise otherwise
        time.sleep(0.02)
    return file
