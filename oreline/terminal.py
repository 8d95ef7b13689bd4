"""The terminal, as every command speaks to it: what a user reads is shown as it is, and a `[word]` is never markup."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

SENTENCE = 1000
"""Characters: more than the first sentence of any help has."""


def console_of(width: int | None = None) -> Console:
    """A console as wide as the terminal, which leaves long lines to it, or one of `width` columns, which wraps."""
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=width is None, width=width)


console = console_of()


class _Group(TyperGroup):
    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List every command with its whole first sentence: Typer would cut it at the end of a row."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl([(name, one.get_short_help_str(SENTENCE)) for name, one in commands.items() if one])


def commands(words: str | None = None) -> typer.Typer:
    """An empty group of commands with `words` as its help."""
    return typer.Typer(
        cls=_Group, help=words, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
    )
