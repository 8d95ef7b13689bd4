"""Findings: all that is wrong with a line's file, gathered before it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from oreline.errors import OrelineError
from oreline.guard import refusal


class Findings(list[OrelineError]):
    """All that is wrong, each once: what the reader of a table refuses, all who need that table would refuse again."""

    @contextmanager
    def noted(self, where: str = "") -> Iterator[None]:
        """Go on after what is refused in here, and keep it; `where` is put in front of it."""
        try:
            yield
        except OrelineError as error:
            self._note(error, where)
        except OSError as error:
            self._note(refusal(error), where)

    def _note(self, error: OrelineError, where: str) -> None:
        if str(error) not in map(str, self):
            self.append(_named(error, where))


def _named(error: OrelineError, where: str) -> OrelineError:
    error.args = (f"{where}: {error}" if where else str(error), *error.args[1:])
    return error
