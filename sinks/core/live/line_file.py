"""The file of the line that scanned a hole, as it lies beside its output."""

from __future__ import annotations

from oreline.config import Config
from oreline.sink import CORE
from sinks.core.hole_folder import HoleFolder
from sinks.core.live.settings import CoreSettings
from sinks.core.qc.limits import QcLimits
from sinks.settings import settings_of


def line_of(folder: HoleFolder) -> Config:
    """The file of a hole's line; one that says only where its output is, where there is none."""
    config = Config.of_last_run(folder.output)
    return config if config.tables else Config({"line": {"output": str(folder.output)}})


def limits_of(folder: HoleFolder) -> QcLimits:
    """Limits of a hole's line, or the usual ones."""
    return limits_in(line_of(folder))


def limits_in(config: Config) -> QcLimits:
    """Limits of a line's core sink, or the usual ones where it has none."""
    name = next(iter(config.sinks(CORE)), None)
    settings = settings_of(config, name)[2] if name else None
    return settings.qc if isinstance(settings, CoreSettings) else QcLimits()
