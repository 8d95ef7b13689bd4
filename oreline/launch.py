"""A line from its configuration to its end, for every command that runs one."""

from __future__ import annotations

import fcntl
import importlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from oreline.config import SETTINGS, SHARED, Config
from oreline.supervise import Supervisor
from oreline.unfinished import LOCK, supervise

ROOM_FOR_RINGS = 1 << 30


def launch(config: Config, console: Console, tick: Callable[[Supervisor], None] = lambda _: None) -> None:
    """Check the configuration, keep it beside the results, render what is to be rendered, and run the line to its end.
    What an earlier run reported is removed. Raises ConfigError, and StageFailed with the code of what refused."""
    config.check()
    choose_state(config)
    output = config.line.output
    for left in output.glob("*.json"):
        left.unlink()
    path = output / "line.json"
    config.save(path)
    if config.tables.get("simulator", {}).get("scene"):
        _render(config, console)
    supervise(config, path, tick)


def choose_state(config: Config) -> None:
    """Rings live in memory where there is room for them, otherwise in the folder for temporary files. A line that runs
    has chosen already, and may have taken that room since."""
    line = config.line
    if line.state is None:
        elsewhere = Path(tempfile.gettempdir()) / f"oreline-{line.name}"
        if _held(elsewhere) or not (_held(line.folder) or _has_room()):
            config.tables.setdefault("line", {})["state"] = str(elsewhere)


def runs(config: Config) -> bool:
    """Whether the line is running."""
    return _held(config.line.folder)


def _held(folder: Path) -> bool:
    """Whether someone has the lock of a line's folder."""
    path = folder / LOCK
    if not path.is_file():
        return False
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _has_room() -> bool:
    return SHARED.is_dir() and shutil.disk_usage(SHARED).free >= ROOM_FOR_RINGS


def _render(config: Config, console: Console) -> None:
    """Render the scene before anything is started, where it can be seen to progress."""
    scenery = importlib.import_module("hwsim.scenery")
    settings = config.section("simulator", SETTINGS["simulator"]())
    with console.status("rendering the scene") as status:
        scenery.recording_of(
            settings, config.line.output, lambda done, of: status.update(f"rendering the scene: {done} of {of} lines")
        )
