"""`oreline calibrate use|revert`: what an operator chooses, and what the line says to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from inference.references.findings import listed, of_entry
from inference.references.store import Store
from oreline.camera_settings import CameraSettings
from oreline.config import Config
from oreline.errors import ConfigError, ReferenceRefused, StageFailed
from oreline.state_folder import choose_state, runs

ANSWER_S = 60.0
LOOK_S = 0.05


def choose(config: Config, identity: str | None, what: str, *, force: bool = False) -> str:
    """Choose a reference, None for the one before, and say where it comes into force, and until when. Raises
    ReferenceRefused where it is damaged, was refused (unless by `force`), or does not fit the line."""
    if config.tables.get("inference", {}).get("reference") is not None:
        raise ConfigError("this line's file names inference.reference: take that key out to choose among its own")
    store = Store(config.line.references_folder)
    identity = identity or store.before()
    store.load(identity)
    if not force:
        _refuse_refused(store, identity)
    choose_state(config)
    if identity == store.chosen and runs(config):
        return f"reference {identity} is the chosen one already{until_next_start(config)}"
    seen = len(store.history())
    store.choose(identity, what)
    if not runs(config):
        return f"reference {identity} is chosen, for when the line starts{until_next_start(config)}"
    entry = answer(lambda: store.history()[seen + 1 :], ("in_force",), config)
    return words(entry) + until_next_start(config)


def until_next_start(config: Config) -> str:
    """Warning of what a choice will give way to, where a line takes references of its own whenever it starts."""
    steps = config.part("acquisition", CameraSettings).steps
    own = dict.fromkeys(step.kind for step in steps if step.kind != "scene")
    if not own:
        return ""
    return (
        f"\nbut each start of this line takes its own {' and '.join(own)} first, and what comes of that is in force "
        "then: take those steps out of [[acquisition.steps]] for what you have chosen to hold"
    )


def answer(
    news: Callable[[], list[dict[str, Any]]], wanted: Iterable[str], config: Config, patience_s: float = ANSWER_S
) -> dict[str, Any]:
    """The first of the history's `news` of a wanted kind, waited for. Raises ReferenceRefused where the line refuses,
    and StageFailed where it has ended, or says nothing in time."""
    deadline = time.monotonic() + patience_s
    while True:
        lives = runs(config) and time.monotonic() < deadline
        for entry in news():
            if entry["what"] == "refused":
                raise _refusal(entry)
            if entry["what"] in wanted:
                return entry
        if not lives:
            raise StageFailed("the line has ended, or sees no lines: nothing was said about the reference")
        time.sleep(LOOK_S)


def _refuse_refused(store: Store, identity: str) -> None:
    """Not by accident what was refused when it was captured, unless it was chosen since."""
    verdicts = [entry for entry in store.history() if entry["id"] == identity and entry["what"] != "in_force"]
    if verdicts and verdicts[-1]["what"] == "refused":
        raise _refusal(verdicts[-1], "give --force to take it all the same")


def _refusal(entry: dict[str, Any], what_else: str = "the reference in force stays") -> ReferenceRefused:
    findings = of_entry(entry)
    name = f"reference {entry['id']}" if entry["id"] else "the capture"
    return ReferenceRefused(
        f"{name} was refused; {what_else}{listed(findings)}", findings[0].code if findings else "unfit"
    )


def words(entry: dict[str, Any]) -> str:
    """An entry of the history, for who waited for it."""
    identity = entry["id"]
    if entry["what"] == "waiting":
        other = "white" if entry["kind"] == "dark" else "dark"
        return f"the {entry['kind']} is kept until there is a {other}: oreline calibrate {other}"
    if entry["what"] == "in_force":
        return f"reference {identity} is in force from line {entry['line']} of run {entry['run'][:12]} on"
    findings = listed(of_entry(entry))
    return f"reference {identity} was captured and is chosen" + (f", in spite of:{findings}" if findings else "")
