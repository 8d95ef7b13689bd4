"""Tables of what a line's file chooses by name. A part of Oreline's own is one line of a table; another package adds
one by an entry point, in its pyproject.toml:

    [project.entry-points."oreline.sinks"]
    kafka = "acme_oreline.kafka:Kafka"

https://packaging.python.org/en/latest/specifications/entry-points
"""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from oreline.errors import ConfigError, OrelineError, nearest


class Registry:
    """Parts of one sort by name: `own` as "module:attribute", and what installed packages add to `group`. Nothing of
    them is imported before it is asked for, and one that is broken is in nobody's way but of whoever asks for it.

    `sort`: what a refusal calls one. `protocol`: whose methods and class variables each must have, but for those that
    are `optional`. `error`: what is raised.
    """

    def __init__(
        self,
        group: str,
        sort: str,
        own: Mapping[str, str],
        protocol: type | None = None,
        error: type[OrelineError] = ConfigError,
        *,
        optional: Collection[str] = (),
    ) -> None:
        self.group, self.own = group, own
        self._sort, self._error = sort, error
        self._members = _members(protocol, optional) if protocol else []

    def __iter__(self) -> Iterator[str]:
        """Names, Oreline's own first."""
        return iter(dict.fromkeys([*self.own, *sorted(entry.name for entry in self._others)]))

    def check(self, name: str) -> EntryPoint:
        """Where a part is, without importing it. Raises `error` where no package has it, or more than one."""
        own = [EntryPoint(name, self.own[name], self.group)] if name in self.own else []
        others = [entry for entry in self._others if entry.name == name]
        if len(others) + len(own) > 1:
            owners = [*("Oreline" for _ in own), *map(_package, others)]
            raise self._error(
                f"{self._sort} {name!r} is in more than one package, {' and '.join(owners)}: uninstall "
                + ("the other" if own and len(others) == 1 else "all but one")
            )
        for entry in (*own, *others):
            return entry
        raise self._error(f"there is no {self._sort} {name!r}: use one of {', '.join(self)}.{nearest(name, self)}")

    def find(self, name: str) -> Any:
        """The part itself, imported only now. Raises `error`, also where another package's cannot be imported or is
        none."""
        entry = self.check(name)
        if name in self.own:
            return entry.load()
        where = f"{self._sort} {name!r} of {_package(entry)}"
        try:
            part = entry.load()
        except Exception as error:
            raise self._error(
                f"{where} cannot be loaded from {entry.value!r}, {type(error).__name__}: {error}. Install that package "
                "again, in a version for this Oreline, or uninstall it"
            ) from error
        if lacking := [member for member in self._members if not hasattr(part, member)]:
            raise self._error(
                f"{where}, {entry.value!r}, is none: it has no {', '.join(lacking)}. Install a version of that package "
                "for this Oreline, or uninstall it"
            )
        return part

    @cached_property
    def _others(self) -> list[EntryPoint]:
        return list(entry_points(group=self.group))


def _members(protocol: type, optional: Collection[str]) -> list[str]:
    """Names that a class must have to be one of a protocol; of what is annotated, the class variables."""
    names: list[str] = []
    for part in (one for one in reversed(protocol.__mro__) if one.__module__ == protocol.__module__):
        names += [name for name, kind in inspect.get_annotations(part).items() if "ClassVar" in str(kind)]
        names += [name for name, value in vars(part).items() if callable(value) or isinstance(value, classmethod)]
    return [name for name in dict.fromkeys(names) if not name.startswith("_") and name not in optional]


def _package(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
