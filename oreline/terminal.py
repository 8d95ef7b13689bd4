"""The terminal, as every command speaks to it: what a user reads is shown as it is, and a `[word]` is never markup."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from oreline.guard import refusal
from oreline.screen import Screen, say

SENTENCE = 1000
"""Characters: more than the first sentence of any help has."""


EVERY_S = 1.0
PLAIN_EVERY_S = 5.0


class _Console(Console):
    def print(self, *objects: Any, **styles: Any) -> None:
        """Raises SystemRefused where nobody reads it any more, and StoreFailed where there is no room for it."""
        try:
            super().print(*objects, **styles)
        except OSError as error:
            raise refusal(error, "standard output") from None

    def on_broken_pipe(self) -> None:
        """Let the error through, which Rich would make an exit without a word."""
        raise


def console_of(width: int | None = None) -> Console:
    """A console as wide as the terminal, which leaves long lines to it, or one of `width` columns, which wraps."""
    return _Console(highlight=False, markup=False, emoji=False, soft_wrap=width is None, width=width)


console = console_of()


def tell(words: str) -> None:
    """Print what goes before the work, or beside it: it is done though nobody can be shown this."""
    say(words, console.file)


class Ticker:
    """Words of which the new take the place of the old on one line of the terminal. Where the output is a file, they
    are lines, and come more rarely. Nobody waits for them."""

    def __init__(self, console: Console) -> None:
        self._screen, self.width = Screen(console.file), console.width - 1
        self._every_s, self._end = (EVERY_S, "\r") if console.is_terminal else (PLAIN_EVERY_S, "\n")
        self._shown = time.monotonic()

    @property
    def is_due(self) -> bool:
        """True where it is time for other words."""
        return time.monotonic() - self._shown >= self._every_s

    def show(self, words: str) -> None:
        """Those that are too long are cut."""
        self._shown = time.monotonic()
        self._screen.show(words[: self.width].ljust(self.width) + self._end)


@contextmanager
def printing() -> Iterator[None]:
    """Output that is printed in it has been taken at its end. Where something fails or is stopped, Python does not try
    the rest again: that would fail, or wait, after the last words."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except BaseException:
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


class _Group(TyperGroup):
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List every command with its whole first sentence: Typer would cut it at the end of a row."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(SENTENCE)) for name, one in commands.items() if one])


def commands(words: str | None = None) -> typer.Typer:
    """An empty group of commands with `words` as its help."""
    return typer.Typer(
        cls=_Group,
        help=words,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
