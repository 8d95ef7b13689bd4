"""Syncer: has what is recorded on the disk within about a second, so that a power cut takes no more, and no end of a
recording waits for gigabytes that the system still holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Event, Thread

from oreline.recordings.appended import AppendedFile

EVERY_S = 1.0


class Syncer:
    """A thread that waits for the disk, beside the one that writes. `failed`: what the disk has said last, None where
    nothing was wrong."""

    def __init__(self, files: Callable[[], Iterable[AppendedFile]]) -> None:
        """`files`: those that are open, in an order in which an earlier one is no worse without a later one."""
        self.failed: OSError | None = None
        self._files, self._over = files, Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(EVERY_S):
            for file in self._files():
                try:
                    file.sync()
                except ValueError:
                    return
                except OSError as error:
                    self.failed = error

    def close(self) -> None:
        """End it, when the disk has answered."""
        self._over.set()
        self._thread.join()

    def abandon(self) -> None:
        """End it some time."""
        self._over.set()
