"""A line has one supervisor, and a run that was cut short is finished before the next begins.

What a run has acquired and not yet committed lies in its rings. When it ends in order they are empty, and removed. When
its supervisor was killed, or a process gave up, they are not: the next `oreline run` of the line first ends that run's
stream where it stopped and delivers what is left, to the sinks and the journal of the run that it belongs to. Where
systemd is the supervisor, `python -m oreline.supervision.recovery LINE.toml` does that before the line's processes
start, and holds the line's lock while they run.
"""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from oreline.config import SORTED, SORTING, STREAMS, Config
from oreline.errors import ConfigError, OrelineError, StageFailed, StateGone, Stopped
from oreline.facts import first_facts
from oreline.guard import guarded
from oreline.incidents import open_log, refused, report
from oreline.locks import is_held, locked
from oreline.ownership import is_own, refuse_strangers
from oreline.places import claim, namesakes
from oreline.service import Service
from oreline.sink import LOG
from oreline.standing import Standing
from oreline.state_folder import CONFIGURATION, LINE
from oreline.supervision.patience import Patience
from oreline.supervision.supervisor import NOTIFY, STAY, Supervisor
from oreline.undelivered import is_undelivered

HOLD_S = 0.2


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
    service = Service(LINE, config.line.output)
    with _begun(config):
        service.tell("READY=1")
        noted = Standing(config.line.folder / CONFIGURATION)
        while not service.stopping:
            if noted.gone:
                raise StateGone(f"{config.line.folder} was removed while the line ran: start it again. {STAY}")
            service.progress(None)
            signal.sigtimedwait((), HOLD_S)


@contextmanager
def _begun(config: Config) -> Iterator[int]:
    """Finish the run before, note down this one, and hold the locks of the line's folders. Before that nothing is
    touched."""
    folder, output = config.line.folder, config.line.output
    claim(folder)
    output.mkdir(parents=True, exist_ok=True)
    refuse_strangers(output)
    with locked(folder) as lock, locked(output):
        open_log(LINE, output)
        _tell_of_others(config)
        if config.line.finish and is_own(folder / CONFIGURATION) and is_undelivered(folder):
            _finish(folder, lock)
        _forget(folder)
        config.anchored().save(folder / CONFIGURATION)
        yield lock


def _tell_of_others(config: Config) -> None:
    """Lines that a run of this name has left for an output folder that is not this one's come by starting that again;
    nobody would know."""
    for folder in namesakes(config.line.name):
        if folder != config.line.folder and not is_held(folder) and (output := _left_for(folder)):
            report(
                "",
                "left_elsewhere",
                f"a run that wrote to {output} was cut short, and its lines are still in {folder}: "
                "start the line with that output once more to have them delivered",
            )


def _left_for(folder: Path) -> Path | None:
    """The output folder of a run whose lines are still to be delivered; None where there is none, as of a replay, which
    is played again instead."""
    if not is_own(folder / CONFIGURATION):
        return None
    try:
        site = Config.load(folder / CONFIGURATION).line
    except ConfigError:
        return None
    return site.output if site.finish and is_undelivered(folder) else None


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
    except StateGone:
        raise
    except OrelineError as error:
        raise _kept(folder, error) from None
    log = first_facts(config.line.output, config.sinks(LOG))
    counts = ", ".join(f"{fate} {log[fate]}" for fate in ("labelled", "lost", "unaccounted") if fate in log)
    report("", "finished", f"it is finished{': ' if counts else ''}{counts}")


def _kept(folder: Path, error: OrelineError) -> StageFailed:
    failure = (Stopped if isinstance(error, Stopped) else StageFailed)(
        f"the run before is not finished: {error}\nNothing is lost: what it left is in {folder}, and the next start "
        "goes on with that. To start without it, move its files elsewhere; to deliver it later, move them back"
    )
    failure.exit_code = error.exit_code
    return failure


def _forget(folder: Path) -> None:
    """Remove what runs make there, and nothing else. The configuration first: without it there is no run to finish,
    whatever else is still there after a kill."""
    rings = (f"{stream}.{kind}" for stream in STREAMS for kind in ("ring", "new", "sock"))
    for name in (CONFIGURATION, NOTIFY, SORTING, SORTED, *rings):
        (folder / name).unlink(missing_ok=True)


if __name__ == "__main__":
    parser = ArgumentParser("python -m oreline.supervision.recovery", description=__doc__)
    parser.add_argument("line", metavar="LINE.toml")
    arguments = parser.parse_args()
    sys.exit(guarded(lambda: main(arguments.line), say=refused))
