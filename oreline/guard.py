"""A failure of a command or a process is one sentence and an exit code, never a traceback.

A refusal of the operating system is a SystemRefused, except a full disk, which is a StoreFailed: there may be room
again in a moment.
"""

from __future__ import annotations

import errno
import faulthandler
import os
import signal
import sys
import sysconfig
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from oreline import screen
from oreline.errors import STOPPED, OrelineError, Stopped, StoreFailed, SystemRefused
from oreline.extras import lacking
from oreline.notify import tell_refusal
from oreline.stops import ignore

UMASK = 0o027
FULL = (errno.ENOSPC, errno.EDQUOT)
_RIGHTS = "look at its owner and mode (ls -ld), or name another place"
_ADVICE = {
    **dict.fromkeys(FULL, "free space there, or name a place on another disk"),
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EROFS: "name a place on a disk that can be written",
    errno.EISDIR: "name a file, this is a folder",
    errno.ENOTDIR: "a part of that path is a file: name another place",
    errno.EEXIST: "it is there already, and is no folder: name another place",
    errno.ENOENT: "look whether that path is right",
    errno.ENAMETOOLONG: "choose a shorter path",
    errno.EADDRINUSE: "another program has it: stop that, or choose another",
    errno.EADDRNOTAVAIL: "this host has no such address",
    errno.EMFILE: "allow more open files (ulimit -n)",
    errno.EIO: "look at the disk (dmesg)",
    errno.EPIPE: "who reads it has gone",
}


def refusal(error: OSError, place: object = None) -> OrelineError:
    """A refusal of the operating system as one that says what to do. `place`: a path or port, where the error
    itself names none, or one that nobody knows."""
    if isinstance(error, OrelineError):
        return error
    path = error.filename if error.filename2 is None else error.filename2
    if place is None and isinstance(path, str | bytes):
        place = os.fsdecode(path)
    words = error.strerror or str(error) or type(error).__name__
    advice = _ADVICE.get(error.errno or 0, "look at it, and at the system's log")
    kind = StoreFailed if error.errno in FULL else SystemRefused
    return kind(f"{place or 'the operating system refused'}: {words}; {advice}")


def _on_stderr(words: str, heard: bool = False) -> None:  # noqa: ARG001
    """Ctrl-C ends it where nobody reads."""
    with suppress(KeyboardInterrupt):
        screen.say(words, sys.stderr, None)


def _begin_in_utf8() -> None:
    """Names of files are UTF-8 in what we read and write: where the locale has another encoding, the process begins
    again in Python's UTF-8 mode, and so do those that it starts."""
    if sys.getfilesystemencoding() != "utf-8":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606


def guarded(main: Callable[[], object], name: str = "", say: Callable[[str, bool], None] = _on_stderr) -> int:
    """The exit code of a main function. A refusal is said, by `name`, or by its kind where there is none; a stop
    that was asked for is no refusal, and goes to stderr alone. `say` is told whether a supervisor has heard it, too."""
    _begin_in_utf8()
    keep_from_strangers()
    _leave_traces()
    try:
        _hear_interrupts()
        main()
    except (KeyboardInterrupt, Stopped) as stop:
        ignore()
        screen.say(f"{name or 'process'}: {str(stop) or 'stopped'}", sys.stderr)
        return STOPPED
    except OrelineError as error:
        return _said(error, name, say)
    except OSError as error:
        return _said(refusal(error), name, say)
    except ModuleNotFoundError as error:
        if (refused := lacking(error)) is None:
            raise
        return _said(refused, name, say)
    return 0


def keep_from_strangers() -> None:
    """From now on this process makes files of mode 0640 and folders of 0750, whatever umask it was started with, and
    Python that it starts loads no module from the working folder, also where PYTHONPATH names it or one below: our own
    come from where they came from here."""
    os.umask(UMASK)
    os.environ["PYTHONSAFEPATH"] = "1"
    ours = str(Path(__file__).parents[1])
    known = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if Path(path).is_absolute()]
    if ours not in (sysconfig.get_path("purelib"), *known):
        known.insert(0, ours)
    os.environ["PYTHONPATH"] = os.pathsep.join(known)


def _leave_traces() -> None:
    """Where the interpreter itself crashes, its traceback stands on stderr, until the process has a log file."""
    if not faulthandler.is_enabled():
        with suppress(OSError, RuntimeError, ValueError):
            faulthandler.enable()


def _hear_interrupts() -> None:
    """Where Ctrl-C would end this process without a word; it stays ignored where it was, as in a shell's background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _said(error: OrelineError, name: str, say: Callable[[str, bool], None]) -> int:
    heard = tell_refusal(error)
    say(f"{name or type(error).__name__}: {error}", heard)
    return error.exit_code
