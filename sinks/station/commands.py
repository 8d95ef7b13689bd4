"""Commands: everything that a face may have done, by whom, and what became of it.

A face knows who somebody is, and calls `do`. Here it is decided whether he may; each act is told to the audit, also
one that was refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from oreline.errors import OrelineError, nearest

Function = Callable[..., Any]
"""Called with an actor and the arguments, by name; may be asynchronous. What it returns is what came of it; `old` and
`new` in a mapping are what it has changed. Raises an OrelineError where it does nothing."""


class Role(IntEnum):
    """Role of somebody; each may what those before it may."""

    VIEWER = 0
    OPERATOR = 1
    ENGINEER = 2

    @property
    def words(self) -> str:
        return self.name.lower()


class Refused(OrelineError):
    """A command that is not done. `code`: "role", "unknown", "argument", or "state"."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody. `face`: by which he came: "web", "opcua", "cli". `address`: from where."""

    name: str
    role: Role
    face: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody did, or was refused: `refused` is why, empty where it was done."""

    actor: Actor
    verb: str
    arguments: Mapping[str, Any]
    refused: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Verb:
    role: Role
    function: Function
    takes: frozenset[str]
    needs: frozenset[str]


class Commands:
    """Commands by verb. `tell`: hears of each act, before `do` returns."""

    def __init__(self, tell: Callable[[Act], None] = lambda _act: None) -> None:
        self.tell = tell
        self._verbs: dict[str, _Verb] = {}

    def register(self, verb: str, role: Role, function: Function) -> None:
        """Have a function do a verb, for those of a role or more. Its parameters after the actor are the arguments."""
        _, *parameters = inspect.signature(function).parameters.values()
        needs = frozenset(one.name for one in parameters if one.default is one.empty)
        self._verbs[verb] = _Verb(role, function, frozenset(one.name for one in parameters), needs)

    def allowed(self, role: Role) -> list[str]:
        """The verbs that somebody of a role may use."""
        return sorted(verb for verb, entry in self._verbs.items() if role >= entry.role)

    async def do(self, actor: Actor, verb: str, /, **arguments: Any) -> Any:
        """Do it, and return what came of it. Raises Refused, or the OrelineError of who cannot do it."""
        try:
            result = self._entry(actor, verb, arguments).function(actor, **arguments)
            if isinstance(result, Awaitable):
                result = await result
        except OrelineError as error:
            self.tell(Act(actor, verb, arguments, refused=str(error)))
            raise
        self.tell(Act(actor, verb, arguments, result=result if isinstance(result, Mapping) else {}))
        return result

    def _entry(self, actor: Actor, verb: str, arguments: Mapping[str, Any]) -> _Verb:
        entry = self._verbs.get(verb)
        if entry is None:
            raise Refused("unknown", f"there is no command {verb!r}.{nearest(verb, self._verbs)}")
        if actor.role < entry.role:
            raise Refused("role", f"{actor.name} is {actor.role.words}: {verb} is for {entry.role.words}s")
        if wrong := sorted(arguments.keys() - entry.takes) or sorted(entry.needs - arguments.keys()):
            known = ", ".join(sorted(entry.takes)) or "nothing"
            raise Refused("argument", f"{verb} takes {known}: {wrong[0]!r} is missing, or wrong")
        return entry
