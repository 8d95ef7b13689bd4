"""Counts of each process of a run: `NAME.json` in the output folder, left when it ends. A file of that name that no
process has left is somebody else's, and stays as it is; so do others that a run would write over."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from oreline.errors import ConfigError
from oreline.files import write_whole
from oreline.guard import refusal

PROCESS = "process"
"""In the file: whose it is."""


def leave_facts(output: Path, name: str, facts: dict[str, Any]) -> None:
    """Write what a process counted. Raises OSError, FileExistsError where the file is somebody else's."""
    path = _path(output, name)
    if path.exists() and not _is_ours(path):
        why = "there is a file of that name that no process has left; move it away"
        raise FileExistsError(errno.EEXIST, why, str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, f"{json.dumps({PROCESS: name, **facts}, indent=2, default=str)}\n".encode())


def facts_of(output: Path, name: str) -> dict[str, Any]:
    """Facts that a process has left; empty where it has left none."""
    path = _path(output, name)
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if _is_ours(path) else {}
    return facts


def first_facts(output: Path, names: Iterable[str]) -> dict[str, Any]:
    """Facts of the first of several processes that has left any; empty where none has."""
    return next(filter(None, (facts_of(output, name) for name in names)), {})


def forget_facts(output: Path, names: Iterable[str]) -> None:
    """Remove the facts that processes of these names have left."""
    for name in names:
        path = _path(output, name)
        if _is_ours(path):
            path.unlink()


def refuse_others(output: Path, names: Iterable[str]) -> None:
    """Raise ConfigError where a file has the name that a process of the line will give to its own."""
    for name in names:
        refuse_other(_path(output, name), _is_ours)


def refuse_other(path: Path, is_ours: Callable[[Path], bool]) -> None:
    """Raise ConfigError where there is a file that this run would write over and that none before has made, and
    SystemRefused where it is a folder."""
    if path.is_dir():
        raise refusal(IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)), path)
    if path.exists() and not is_ours(path):
        raise ConfigError(
            f"{path} is no report of an earlier run, and this one would write it: move it away, or choose another "
            "line.output"
        )


def _path(output: Path, name: str) -> Path:
    return output / f"{name}.json"


def _is_ours(path: Path) -> bool:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(facts, dict) and facts.get(PROCESS) == path.stem
