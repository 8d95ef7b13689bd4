"""Words for people, which hold nobody up: a thread waits for the terminal, the pipe or the file."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import IO

END_S = 1.0
"""For so long are words waited for that nothing hangs on."""


class Screen:
    """Shows words in order. While nobody takes them, `most` are kept and the others dropped; those that cannot be shown
    are not shown."""

    def __init__(self, stream: IO[str] | None, most: int = 1) -> None:
        """`stream`: standard output or error; None where that is closed."""
        self._write, self._most = _writer(stream), most
        self._words: deque[str] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def show(self, words: str) -> None:
        """Waits for nothing, and raises nothing."""
        with self._changed:
            if len(self._words) < self._most:
                self._words.append(words)
                self._changed.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="screen", daemon=True)
                self._thread.start()

    def wait(self, timeout_s: float | None = END_S) -> None:
        """Until all is shown; None waits for ever."""
        with self._changed:
            self._changed.wait_for(lambda: not self._words, timeout_s)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._words)
            with suppress(OSError, ValueError):
                self._write(self._words[0])
            with self._changed:
                self._words.popleft()
                self._changed.notify_all()


def say(words: str, stream: IO[str] | None, timeout_s: float | None = END_S) -> None:
    """Show a line, and wait for it."""
    screen = Screen(stream)
    screen.show(f"{words}\n")
    screen.wait(timeout_s)


def _writer(stream: IO[str] | None) -> Callable[[str], object]:
    """Past the stream where there is a file below it: a thread that stands still with a stream's lock ends Python in a
    fatal error."""
    if stream is None:
        return len
    try:
        number = stream.fileno()
    except (OSError, ValueError):
        return stream.write
    return lambda words: os.write(number, words.encode(errors="replace"))
