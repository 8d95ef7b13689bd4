"""The signals that ask to stop: Ctrl-C, what a system sends, and a terminal that is closed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Handler = Callable[[int, FrameType | None], None]


def heed(stop: Handler, signals: Iterable[signal.Signals] = STOPS) -> Callable[[], None]:
    """Have `stop` called at each of them. Returns what puts things back.

    SIGHUP stays ignored where it was, as under nohup. A terminal that is closed may send it several times: it is never
    a second signal.
    """

    def heard(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        stop(number, frame)

    before = {n: signal.getsignal(n) for n in signals}
    heeded = [n for n in before if n != signal.SIGHUP or before[n] is not signal.SIG_IGN]
    for number in heeded:
        signal.signal(number, heard)

    def put_back() -> None:
        for number in heeded:
            signal.signal(number, before[number])

    return put_back


def ignore() -> None:
    """From now on they are not heard: this process ends."""
    for number in STOPS:
        signal.signal(number, signal.SIG_IGN)
