"""A line from its configuration to its end, for every command that runs one."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from oreline.config import SETTINGS, Config
from oreline.errors import ConfigError
from oreline.facts import forget_facts, leave_facts
from oreline.files import try_to_write
from oreline.state_folder import CONFIGURATION, LINE, choose_state
from oreline.supervision.check import NO_SINK, by_hand, check, unheard
from oreline.supervision.recovery import supervise
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


def try_output(config: Config) -> None:
    """Try whether a run could write into its folders. Raises SystemRefused, StoreFailed or SecurityError."""
    config.line.check()
    try_to_write(config.line.output / CONFIGURATION)


def _render(config: Config, ticker: Ticker) -> None:
    """Render the scene before anything is started, where it can be seen to progress."""
    scenery = importlib.import_module("hwsim.render.scenery")
    settings = config.section("simulator", SETTINGS["simulator"]())

    def show(done: int, of: int) -> None:
        if ticker.is_due:
            ticker.show(f"rendering the scene: {done} of {of} lines")

    scenery.recording_of(settings, config.line.output, show)
