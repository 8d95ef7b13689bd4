"""A line's state folder: where its rings and sockets are, and whether it runs."""

from __future__ import annotations

from pathlib import Path

from oreline.config import Config
from oreline.errors import ConfigError
from oreline.facts import PROCESS, facts_of
from oreline.locks import is_held
from oreline.ownership import is_own
from oreline.places import name_of, roomy, users

LINE = "line"
"""Name of a line's supervisor."""
CONFIGURATION = "line.json"
"""Of the run at work, for its processes and for whoever finishes it: all that can be paths are absolute."""


def choose_state(config: Config) -> None:
    """Say where the line has its rings: where it runs, or where an earlier run has left its own, be it one of another
    session; otherwise where there is room for them now."""
    site = config.line
    if site.state is None:
        places = [*(root / name_of(site.name, site.output) for root in users()), *_noted(site.output)]
        earlier = (place for place in places if is_own(place / CONFIGURATION))
        chosen = next((place for place in places if is_held(place)), None) or next(earlier, roomy() / places[0].name)
        config.tables.setdefault("line", {})["state"] = str(chosen)


def _noted(output: Path) -> list[Path]:
    """Where the run before had its rings: from another session, and under another name, they would not be found."""
    facts = facts_of(output, LINE) if is_own(output / CONFIGURATION) else {}
    try:
        state = Config({name: table for name, table in facts.items() if name != PROCESS}).line.state
    except ConfigError:
        return []
    return [state] if state else []


def runs(config: Config) -> bool:
    """True while the line is running."""
    return is_held(config.line.folder)
