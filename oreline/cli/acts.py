"""Acts at a terminal, in the audit log of a line beside those at its station."""

from __future__ import annotations

import getpass
import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from oreline.config import Config
from oreline.errors import OrelineError

FACE = "cli"


def note(
    config: Config, verb: str, arguments: Mapping[str, Any], old: Any = None, new: Any = None, result: str = "done"
) -> None:
    """Write that whoever sits there did something. Raises StoreFailed and SystemRefused."""
    audit = importlib.import_module("sinks.station.audit")
    record = audit.Record(verb, getpass.getuser(), face=FACE, arguments=arguments, old=old, new=new, result=result)
    audit.AuditLog(config.line.output / audit.AUDIT, config.line.name).append(record)


@contextmanager
def noted(config: Config, verb: str, **arguments: Any) -> Iterator[None]:
    """Write what is done in here, or why it was refused; nothing of a line that has not run yet."""
    try:
        yield
    except OrelineError as error:
        if config.line.output.is_dir():
            note(config, verb, arguments, result=str(error))
        raise
    note(config, verb, arguments)
