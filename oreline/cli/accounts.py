"""`oreline accounts`: who may do what at a line's station. A password comes from a prompt or from stdin, never from the
command line, where others can read it."""

from __future__ import annotations

import getpass
import importlib
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from oreline.errors import ConfigError
from oreline.terminal import commands, console

File = Annotated[Path, typer.Argument(metavar="FILE", help="File of accounts, as sinks.station.accounts names it.")]
Name = Annotated[str, typer.Argument(help="Name of the account.")]
MOST = 4096


class RoleName(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"


Role = Annotated[RoleName, typer.Option("--role", help="What they may do, each what those before may.")]

app = commands(
    "Accounts of an operator's station: viewers look, operators hold, calibrate, acknowledge and choose, engineers do "
    "all.\n\nA password is asked for, or is the first line of stdin where that is no terminal. It has 12 to 128 "
    "characters, at least 5 different ones, and not the account's name in it. A station that runs knows of a change at "
    "once."
)


@app.command()
def add(file: File, name: Name, role: Role) -> None:
    """Add an account.

    Example: oreline accounts add accounts.json ann --role operator
    """
    accounts, found = _of(file)
    if name in found.accounts:
        raise ConfigError(f"{file} has an account {name!r} already: `oreline accounts role` and `password` change it")
    found.put(accounts.Account(name, _role(role), _asked(name)))
    console.print(f"added {name}, {role}, to {file}")


@app.command()
def role(file: File, name: Name, role: Role) -> None:
    """Give an account another role.

    Example: oreline accounts role accounts.json ann --role engineer
    """
    accounts, found = _of(file)
    found.put(accounts.Account(name, _role(role), found.find(name).kept))
    console.print(f"{name} is {role} now")


@app.command()
def password(file: File, name: Name) -> None:
    """Give an account another password; whoever is logged in by the old one has to log in anew.

    Example: oreline accounts password accounts.json ann
    """
    accounts, found = _of(file)
    before = found.find(name)
    found.put(accounts.Account(name, before.role, _asked(name)))
    console.print(f"{name} has another password now")


@app.command()
def remove(file: File, name: Name) -> None:
    """Remove an account; whoever is logged in by it is no more.

    Example: oreline accounts remove accounts.json ann
    """
    _of(file)[1].remove(name)
    console.print(f"removed {name} from {file}")


@app.command("list")
def list_(file: File) -> None:
    """Show every account and its role.

    Example: oreline accounts list accounts.json
    """
    found = _of(file)[1].accounts
    for account in found.values():
        console.print(f"{account.name:32}  {account.role.words}")
    if not found:
        console.print(f"no accounts in {file}: add one with `oreline accounts add`")


def _of(file: Path) -> tuple[Any, Any]:
    accounts = importlib.import_module("sinks.station.accounts")
    return accounts, accounts.AccountFile(file)


def _role(role: RoleName) -> Any:
    return importlib.import_module("sinks.station.commands").Role[role.name]


def _asked(name: str) -> str:
    """What is to be kept of a new password. Raises ConfigError for one that is none."""
    passwords = importlib.import_module("sinks.station.accounts.passwords")
    given = getpass.getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline(MOST).rstrip("\r\n")
    passwords.refuse_weak(name, given)
    if sys.stdin.isatty() and getpass.getpass("and again: ") != given:
        raise ConfigError("the two passwords differ: nothing was changed")
    return str(passwords.hashed(given))
