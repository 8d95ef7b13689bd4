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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from oreline.config import Config
from oreline.errors import OrelineError, StageFailed
from oreline.guard import guarded
from oreline.patience import Patience
from oreline.report import facts_of
from oreline.shell import Shell
from oreline.supervise import Supervisor
from oreline.undelivered import is_undelivered

HANDOVER_S = 3.0
"""The processes of a supervisor that was killed die with it, but not in the same moment."""
LOCK = "line.lock"
HOLD_S = 0.2
CONFIGURATION, FOLDER = "line.json", "cwd"
"""Of the run at work: its configuration, and a link to the folder that its relative paths start from."""


def supervise(config: Config, path: Path, tick: Callable[[Supervisor], None] = lambda _: None) -> None:
    """Run a line to its end, after the one before it was finished. Raises StageFailed.

    `path`: the saved configuration, for the processes to read. `tick` is called twice a second.
    """
    with _begun(config) as lock:
        Supervisor(config, path, lock, tick).run()
        _forget(config.line.folder)


def main(path: str) -> None:
    """Make a line ready for processes that systemd starts, and keep it. Raises ConfigError, StageFailed."""
    config = Config.load(Path(path))
    config.check()
    shell = Shell("line", config.line.output)
    with _begun(config):
        shell.tell("READY=1")
        while not shell.stopping:
            shell.progress(None)
            signal.sigtimedwait((), HOLD_S)


@contextmanager
def _begun(config: Config) -> Iterator[int]:
    """Finish the run before, note down this one, and hold the line's lock."""
    folder = config.line.folder
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / LOCK) as lock:
        if config.line.finish and (folder / CONFIGURATION).exists() and is_undelivered(folder):
            _finish(folder, lock)
        _forget(folder)
        config.save(folder / CONFIGURATION)
        (folder / FOLDER).symlink_to(Path.cwd())
        yield lock


def _finish(folder: Path, lock: int) -> None:
    """Deliver what the rings hold. Where that fails or is stopped, they keep it: raises StageFailed, with the code of
    what went wrong."""
    print("the run before was cut short: what it left is delivered first", file=sys.stderr)
    path, where = folder / CONFIGURATION, (folder / FOLDER).readlink()
    try:
        config = Config.load(path)
        run = Supervisor(config, path, lock, Patience(config.line.hold_s), finishing=True, cwd=where)
        run.run()
        if run.stopping:
            raise StageFailed("stopped, as asked")
    except OrelineError as error:
        raise _kept(folder, error) from None
    log = facts_of(where / config.line.output, "log")
    counts = ", ".join(f"{what} {log[what]}" for what in ("labelled", "lost", "unaccounted") if what in log)
    print(f"it is finished{': ' if counts else ''}{counts}", file=sys.stderr)


def _kept(folder: Path, error: OrelineError) -> StageFailed:
    failure = StageFailed(
        f"the run before is not finished: {error}\nNothing is lost: what it left is in {folder}, and the next start "
        "goes on with that. To start without it, move its files elsewhere; to deliver it later, move them back"
    )
    failure.exit_code = error.exit_code
    return failure


def _forget(folder: Path) -> None:
    """The configuration first: without it there is no run to finish, whatever else is still there after a kill."""
    for left in (folder / CONFIGURATION, folder / FOLDER, *folder.glob("*.ring"), *folder.glob("*.sock")):
        left.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Hold the line's lock, which its processes hold, too. Raises StageFailed where it is not free within a moment."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + HANDOVER_S
        while not _taken(file):
            if time.monotonic() > deadline:
                raise StageFailed(f"this line runs already ({path.parent}): stop it, or name this one otherwise")
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
    sys.exit(guarded(lambda: main(sys.argv[1])))
