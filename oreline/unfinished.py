"""A line has one supervisor, and a run that was cut short is finished before the next begins.

What a run has acquired and not yet committed lies in its rings. When it ends in order they are empty, and removed. When
its supervisor was killed, or a process gave up, they are not: the next `oreline run` of the line first ends that run's
stream where it stopped and delivers what is left, to the sinks and the journal of the run that it belongs to. Where
systemd is the supervisor, `python -m oreline.unfinished LINE.toml` does that before the line's processes start, and
holds the line's lock while they run.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from oreline.config import STREAMS, Config
from oreline.errors import OrelineError, StageFailed, Stopped
from oreline.facts import facts_of
from oreline.guard import guarded
from oreline.incidents import open_log, refused, report
from oreline.ownership import is_own, open_own, refuse_strangers
from oreline.patience import Patience
from oreline.places import claim
from oreline.shell import Shell
from oreline.supervise import NOTIFY, Supervisor
from oreline.undelivered import is_undelivered

HANDOVER_S = 3.0
"""The processes of a supervisor that was killed die with it, but not in the same moment."""
LINE = "line"
"""What a line's supervisor is called."""
LOCK = "line.lock"
HOLD_S = 0.2
CONFIGURATION = "line.json"
"""Of the run at work, for its processes and for whoever finishes it: all that can be paths are absolute."""


def supervise(
    config: Config,
    tick: Callable[[Supervisor], None] = lambda _: None,
    prepare: Callable[[], None] = lambda: None,
) -> None:
    """Run a line to its end, after the one before it was finished. Raises StageFailed, and SecurityError where its
    folders are somebody else's.

    `tick` is called twice a second. `prepare` is called before the line starts, when nobody else can start it.
    """
    folder = config.line.folder
    with _begun(config) as lock:
        try:
            prepare()
            Supervisor(config, folder / CONFIGURATION, lock, tick).run()
        except BaseException:
            if not is_undelivered(folder):
                _forget(folder)
            raise
        _forget(folder)


def main(path: str) -> None:
    """Make a line ready for processes that systemd starts, and keep it. Raises ConfigError, StageFailed."""
    config = Config.load(Path(path))
    config.check()
    shell = Shell(LINE, config.line.output)
    with _begun(config):
        shell.tell("READY=1")
        while not shell.stopping:
            shell.progress(None)
            signal.sigtimedwait((), HOLD_S)


@contextmanager
def _begun(config: Config) -> Iterator[int]:
    """Finish the run before, note down this one, and hold the locks of the line's folders. Before that nothing is
    touched."""
    folder, output = config.line.folder, config.line.output
    claim(folder)
    output.mkdir(parents=True, exist_ok=True)
    refuse_strangers(output)
    with _locked(folder / LOCK) as lock, _locked(output / LOCK):
        open_log(LINE, output)
        if config.line.finish and is_own(folder / CONFIGURATION) and is_undelivered(folder):
            _finish(folder, lock)
        _forget(folder)
        config.anchored().save(folder / CONFIGURATION)
        yield lock


def _finish(folder: Path, lock: int) -> None:
    """Deliver what the rings hold. Where that fails or is stopped, they keep it: raises StageFailed, with the code of
    what went wrong."""
    report("", "cut_short")
    path = folder / CONFIGURATION
    try:
        config = Config.load(path)
        run = Supervisor(config, path, lock, Patience(config.line.hold_s), finishing=True)
        run.run()
        if run.stopping:
            raise Stopped("stopped, as asked")
    except OrelineError as error:
        raise _kept(folder, error) from None
    log = facts_of(config.line.output, "log")
    counts = ", ".join(f"{what} {log[what]}" for what in ("labelled", "lost", "unaccounted") if what in log)
    report("", "finished", f"it is finished{': ' if counts else ''}{counts}")


def _kept(folder: Path, error: OrelineError) -> StageFailed:
    failure = (Stopped if isinstance(error, Stopped) else StageFailed)(
        f"the run before is not finished: {error}\nNothing is lost: what it left is in {folder}, and the next start "
        "goes on with that. To start without it, move its files elsewhere; to deliver it later, move them back"
    )
    failure.exit_code = error.exit_code
    return failure


def _forget(folder: Path) -> None:
    """What runs make there, and nothing else. The configuration first: without it there is no run to finish, whatever
    else is still there after a kill."""
    made = [CONFIGURATION, NOTIFY, *(f"{stream}.{kind}" for stream in STREAMS for kind in ("ring", "new", "sock"))]
    for name in made:
        (folder / name).unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Hold the line's lock, which its processes hold, too. Raises StageFailed where it is not free within a moment."""
    file = open_own(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        deadline = time.monotonic() + HANDOVER_S
        while not _taken(file):
            if time.monotonic() > deadline:
                raise StageFailed(f"this line runs already ({path.parent}): stop it, or give this one another output")
            time.sleep(0.02)
        yield file
    finally:
        os.close(file)


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    parser = ArgumentParser("python -m oreline.unfinished", description=__doc__)
    parser.add_argument("line", metavar="LINE.toml")
    given = parser.parse_args()
    sys.exit(guarded(lambda: main(given.line), say=refused))
