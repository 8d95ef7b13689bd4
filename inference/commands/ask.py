"""A step that a running line is asked for: a file in its folder, which acquisition takes once it sees its scene."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from oreline.config import ASKED, Config
from oreline.errors import StageFailed
from oreline.locks import is_locked
from oreline.state_folder import runs

LOOK_S = 0.05


def asked_for(config: Config, step: dict[str, Any], console: Console) -> datetime:
    """Ask for a step, and wait for as long as the line starts or takes its own references. Returns when the step was
    taken up. Raises StageFailed where the line ends before, or somebody else waits for a step."""
    path = config.line.folder / ASKED
    draft = path.with_suffix(f".{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps([step]))
        file.flush()
        _put(draft, path)
        try:
            _wait(lambda: os.fstat(file.fileno()).st_nlink == 0, config, step["kind"], console)
        finally:
            _withdraw(path, file.fileno())
        return datetime.fromtimestamp(os.fstat(file.fileno()).st_ctime, UTC)


def _put(draft: Path, path: Path) -> None:
    """Give the draft the name by which it is looked for, unless what has that is waited for. Raises StageFailed."""
    if not is_locked(path):
        path.unlink(missing_ok=True)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise StageFailed("this line is asked for a step already: try again when that is taken") from None
    finally:
        draft.unlink()


def _wait(is_taken: Callable[[], bool], config: Config, kind: str, console: Console) -> None:
    waits_aloud = False
    while not is_taken():
        if not runs(config):
            raise StageFailed(f"the line has ended before it saw its scene: no {kind} was taken")
        time.sleep(LOOK_S)
        if not waits_aloud and not is_taken():
            console.print(f"the line does not see its scene yet: the {kind} is taken when it does")
            waits_aloud = True


def _withdraw(path: Path, file: int) -> None:
    """Take the step back where nobody has taken it."""
    with suppress(FileNotFoundError):
        if os.path.samestat(path.stat(), os.fstat(file)):
            path.unlink()
