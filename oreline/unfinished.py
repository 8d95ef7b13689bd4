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
from contextlib import closing, contextmanager
from pathlib import Path

from oreline.config import Config
from oreline.errors import OrelineError, RingError, StageFailed
from oreline.guard import guarded
from oreline.messages import EndOfStream
from oreline.report import facts_of
from oreline.ring import Ring, RingReader
from oreline.shell import Shell
from oreline.supervise import Supervisor
from oreline.wire import decode

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
        rings = sorted(folder.glob("*.ring"))
        if (folder / CONFIGURATION).exists() and _has_lines(folder / "raw.ring") and not all(map(_is_over, rings)):
            _finish(folder, lock)
        _forget(folder)
        config.save(folder / CONFIGURATION)
        (folder / FOLDER).symlink_to(Path.cwd())
        yield lock


def _finish(folder: Path, lock: int) -> None:
    """Deliver what the rings hold. Where that fails, say so: a line that cannot start again would be worse."""
    print("the run before was cut short: what it left is delivered first", file=sys.stderr)
    path, where = folder / CONFIGURATION, (folder / FOLDER).readlink()
    try:
        config = Config.load(path)
        run = Supervisor(config, path, lock, finishing=True, cwd=where)
        run.run()
    except OrelineError as error:
        print(f"{error}: what that run had not committed is lost", file=sys.stderr)
        return
    if run.stopping:
        raise StageFailed("stopped before the line was ready")
    log = facts_of(where / config.line.output, "log")
    counts = ", ".join(f"{what} {log[what]}" for what in ("labelled", "lost", "unaccounted") if what in log)
    print(f"it is finished{': ' if counts else ''}{counts}", file=sys.stderr)


def _has_lines(path: Path) -> bool:
    try:
        return RingReader(path).head > 0
    except RingError:
        return False


def _is_over(path: Path) -> bool:
    """Whether its stream was ended, and all of it delivered."""
    try:
        geometry = RingReader(path)
        with closing(Ring.open(path, geometry.slots, geometry.slot_bytes)) as ring:
            frames = ring.read(ring.head - 1) if ring.head else None
            return ring.tail == ring.head and frames is not None and isinstance(decode(frames), EndOfStream)
    except RingError:
        return False


def _forget(folder: Path) -> None:
    for left in (*folder.glob("*.ring"), *folder.glob("*.sock"), folder / CONFIGURATION, folder / FOLDER):
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
