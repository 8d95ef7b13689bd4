"""Commands: everything that a face may have done, by whom, and what became of it.

A face knows who somebody is, and calls `do`. Here it is decided whether he may; each act is told to the audit, also
one that was refused.
"""

from __future__ import annotations

import asyncio
import inspect
import math
import reprlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
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
    """A command that is not done. `code`: "role", "unknown", "argument", "state", or "audit"."""

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
    takes: Mapping[str, str]
    """Annotations of the arguments, by name."""
    needs: frozenset[str]


async def _nothing(_: object) -> None:
    return


class Commands:
    """Commands by verb. `refuse`: asked before one is done, raises an OrelineError where none may be. `tell`: hears of
    each act, before `do` returns."""

    def __init__(
        self,
        tell: Callable[[Act], Awaitable[None]] = _nothing,
        refuse: Callable[[str], Awaitable[None]] = _nothing,
    ) -> None:
        self._tell, self._refuse = tell, refuse
        self._verbs: dict[str, _Verb] = {}
        self._doing: set[asyncio.Task[Any]] = set()

    def register(self, verb: str, role: Role, function: Function) -> None:
        """Have a function do a verb, for those of a role or more. Its parameters after the actor are the arguments."""
        _, *parameters = inspect.signature(function).parameters.values()
        needs = frozenset(one.name for one in parameters if one.default is one.empty)
        takes = {one.name: str(one.annotation) for one in parameters}
        if strange := sorted(set(takes.values()) - _KINDS.keys()):
            raise TypeError(f"{verb}: nobody can say of a value whether it is {strange[0]}")
        self._verbs[verb] = _Verb(role, function, takes, needs)

    def allowed(self, role: Role) -> list[str]:
        """The verbs that somebody of a role may use."""
        return sorted(verb for verb, entry in self._verbs.items() if role >= entry.role)

    async def do(self, actor: Actor, verb: str, /, **arguments: Any) -> Any:
        """Do it, and return what came of it; it is done to its end, and told, also where nobody waits for it any more.
        Raises Refused, or the OrelineError of who cannot do it."""
        task = asyncio.ensure_future(self._do(actor, verb, arguments))
        self._doing.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._doing.discard(task)
        if not task.cancelled():
            task.exception()

    async def _do(self, actor: Actor, verb: str, arguments: Mapping[str, Any]) -> Any:
        try:
            entry = self._entry(actor, verb, arguments)
            await self._refuse(verb)
            result = entry.function(actor, **arguments)
            if isinstance(result, Awaitable):
                result = await result
        except Exception as error:
            await self._tell(Act(actor, verb, arguments, refused=str(error) or type(error).__name__))
            raise
        await self._tell(Act(actor, verb, arguments, result=result if isinstance(result, Mapping) else {}))
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
        for name, value in arguments.items():
            words, suits = _KINDS[entry.takes[name]]
            if not suits(value):
                raise Refused("argument", f"{verb} takes {words} as {name!r}, not {reprlib.repr(value)}")
        return entry


_WHOLE = 1 << 63
"""What a whole number is less than."""


def _is_whole(value: Any) -> bool:
    return type(value) is int and -_WHOLE < value < _WHOLE


def _are_whole(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(map(_is_whole, value))


_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("text", lambda value: isinstance(value, str)),
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "int": ("a whole number", _is_whole),
    "int | None": ("a whole number", lambda value: value is None or _is_whole(value)),
    "float": ("a number", lambda value: _is_whole(value) or (isinstance(value, float) and math.isfinite(value))),
    "Sequence[int]": ("whole numbers", _are_whole),
    "Mapping[str, Any]": ("a table", lambda value: isinstance(value, Mapping)),
}
"""By annotation of an argument: what it takes, in words, and whether a value is that."""
