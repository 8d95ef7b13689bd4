"""The log of this process, and what else is said in it."""

from __future__ import annotations

import atexit
import faulthandler
import logging
import sys
import threading
import traceback
import warnings
from pathlib import Path
from types import TracebackType

from oreline.incidents.file import LogFile
from oreline.incidents.log import Log
from oreline.moment import Moment

FOLDER = "logs"
"""In the output folder."""

_log = Log()
atexit.register(lambda: _log.close())


def report(
    stage: str, kind: str, words: str = "", *, n: int = 1, run: bytes = b"", seq: int | None = None, aloud: bool = True
) -> None:
    """Say what happened: of a kind of `KINDS`, to a stage ("" is this process), `n` times, at line `seq` of `run` where
    one is known.

    `words`: for people; the meaning of the kind where there are none. `aloud`: on stderr, too; not where somebody else
    says it there. Waits for nothing, and raises nothing.
    """
    _log.report(stage, kind, words, n=n, run=run, seq=seq, aloud=aloud)


def refused(words: str, heard: bool = False) -> None:
    """Say that this process cannot go on; made for `oreline.guard.guarded`. `heard`: by a supervisor, who says it to
    the user."""
    report("", "refused", words, aloud=not heard)


def began() -> Moment:
    """When this process opened its log."""
    return _log.began


def open_log(process: str, output: Path) -> None:
    """Write what this process reports to its file in the output folder from now on, and so what would have gone to
    stderr by itself: an error that nobody caught, what a library warns of. Where the interpreter itself crashes, its
    traceback stands in that file, between the incidents."""
    global _log
    _log.close()
    _log = Log(process, LogFile(output / FOLDER / f"{process}.jsonl", faulthandler.enable))
    sys.excepthook = _crashed
    threading.excepthook = lambda hook: _crashed(hook.exc_type, hook.exc_value, hook.exc_traceback)
    logging.lastResort = _Library(logging.WARNING)
    warnings.showwarning = lambda message, kind, *_: report("", "library", f"{kind.__name__}: {message}")


def _crashed(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
    report("", "crashed", "".join(traceback.format_exception(kind, error, where)).rstrip())


class _Library(logging.Handler):
    """Hears of what no other handler wants."""

    def emit(self, record: logging.LogRecord) -> None:
        report("", "library", f"{record.name}: {self.format(record)}")
