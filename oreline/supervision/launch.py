"""A line from its configuration to its end, for every command that runs one."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from oreline.config import SETTINGS, Config
from oreline.errors import ConfigError
from oreline.facts import PROCESS, facts_of, forget_facts, leave_facts
from oreline.files import try_to_write
from oreline.locks import is_held
from oreline.ownership import is_own
from oreline.places import name_of, roomy, users
from oreline.supervision.check import NO_SINK, by_hand, check, unheard
from oreline.supervision.recovery import CONFIGURATION, LINE, supervise
from oreline.supervision.supervisor import Supervisor, workers_of
from oreline.terminal import Ticker, tell


def launch(config: Config, ticker: Ticker, tick: Callable[[Supervisor], None] = lambda _: None) -> None:
    """Check the configuration, take the line's lock, keep a copy beside the results, render what is to be rendered, and
    run the line to its end. Raises ConfigError, and StageFailed with the code of what refused."""
    check(config)
    if commands := by_hand(config):
        raise ConfigError(f"{config.source} has no camera here: start its processes one by one, {'; '.join(commands)}")
    if unheard(config):
        tell(f"{config.source}: {NO_SINK}")
    choose_state(config)
    output = config.line.output
    try_to_write(output / CONFIGURATION)

    def prepare() -> None:
        forget_facts(output, (worker.name for worker in workers_of(config, output)))
        leave_facts(output, LINE, config.tables)
        if config.tables.get("simulator", {}).get("scene"):
            _render(config, ticker)

    supervise(config, tick, prepare)


def choose_state(config: Config) -> None:
    """Say where the line has its rings: where it runs, or where an earlier run has left its own, be it one of another
    session; otherwise where there is room for them now."""
    line = config.line
    if line.state is None:
        places = [*(root / name_of(line.name, line.output) for root in users()), *_noted(line.output)]
        left = (place for place in places if is_own(place / CONFIGURATION))
        chosen = next((place for place in places if is_held(place)), None) or next(left, roomy() / places[0].name)
        config.tables.setdefault("line", {})["state"] = str(chosen)


def _noted(output: Path) -> list[Path]:
    """Where the run before had its rings: from another session, and under another name, they would not be found."""
    left = facts_of(output, LINE) if is_own(output / CONFIGURATION) else {}
    try:
        state = Config({name: table for name, table in left.items() if name != PROCESS}).line.state
    except ConfigError:
        return []
    return [state] if state else []


def runs(config: Config) -> bool:
    """Whether the line is running."""
    return is_held(config.line.folder)


def _render(config: Config, ticker: Ticker) -> None:
    """Render the scene before anything is started, where it can be seen to progress."""
    scenery = importlib.import_module("hwsim.render.scenery")
    settings = config.section("simulator", SETTINGS["simulator"]())

    def show(done: int, of: int) -> None:
        if ticker.is_due:
            ticker.show(f"rendering the scene: {done} of {of} lines")

    scenery.recording_of(settings, config.line.output, show)
