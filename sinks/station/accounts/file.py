"""File of accounts: names, roles and what is kept of passwords. It is its owner's alone, and written whole."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oreline.errors import ConfigError, SecurityError, nearest
from oreline.files import OTHERS, replacing, write_private
from oreline.guard import refusal
from oreline.locks import in_turn
from oreline.ownership import open_own
from sinks.station.commands import Role

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
ROLES = {role.words: role for role in Role}
VERSION = 1
MOST_BYTES = 1 << 20


def refuse_none(path: Path) -> None:
    """Raise an OrelineError where a file has no account that could be believed."""
    if not AccountFile(path).accounts:
        raise ConfigError(f"{path} has no accounts: add one by `oreline accounts add {path} NAME --role engineer`")


@dataclass(frozen=True, slots=True)
class Account:
    """Account of somebody. `kept`: of the password."""

    name: str
    role: Role
    kept: str


class AccountFile:
    """File of accounts. What it holds is read anew whenever it was written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, ...] = ()
        self._accounts: Mapping[str, Account] = {}

    @property
    def accounts(self) -> Mapping[str, Account]:
        """All accounts, by name. Raises SecurityError where others can read or write the file, ConfigError where it is
        damaged, SystemRefused where it cannot be read; it has no accounts where it is not there."""
        try:
            seen = _stamp(self.path.lstat())
        except FileNotFoundError:
            return {}
        if seen != self._seen:
            self._accounts = self._read()
            self._seen = seen
        return self._accounts

    def put(self, account: Account) -> Account | None:
        """Add an account, or change it. Returns what it was. Raises ConfigError for a name that is none."""
        if not NAME.fullmatch(account.name):
            raise ConfigError(
                f"{account.name!r} is no name of an account: give up to 32 letters, digits, '.', '_', '-'"
            )
        with self._changing() as accounts:
            before = accounts.get(account.name)
            accounts[account.name] = account
        return before

    def remove(self, name: str) -> Account:
        """Remove an account. Raises ConfigError where there is none of that name."""
        with self._changing() as accounts:
            if name not in accounts:
                raise ConfigError(f"{self.path} has no account {name!r}.{nearest(name, accounts)}")
            return accounts.pop(name)

    def find(self, name: str) -> Account:
        """One account. Raises ConfigError where there is none of that name."""
        if (found := self.accounts.get(name)) is None:
            raise ConfigError(f"{self.path} has no account {name!r}.{nearest(name, self.accounts)}")
        return found

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Account]]:
        """The accounts, to be changed, and written when that is done; two who change them do so one after the other."""
        with in_turn(self.path.parent):
            accounts = dict(self.accounts)
            yield accounts
            self._write(accounts)

    def _read(self) -> Mapping[str, Account]:
        try:
            number = open_own(self.path, os.O_RDONLY)
        except PermissionError as error:
            raise SecurityError(f"{self.path} is refused: {error.strerror}; it must be yours, of mode 0600") from None
        except OSError as error:
            raise refusal(error, self.path) from None
        with os.fdopen(number, "rb") as file:
            if stat.S_IMODE(os.fstat(number).st_mode) & OTHERS:
                raise SecurityError(f"others can read {self.path}: chmod 600 {self.path}")
            content = file.read(MOST_BYTES)
        try:
            return dict(_parsed(content))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConfigError(f"{self.path} is no file of accounts, or damaged: {error}; put a copy in place") from None

    def _write(self, accounts: Mapping[str, Account]) -> None:
        rows = {one.name: {"role": one.role.words, "argon2id": one.kept} for _, one in sorted(accounts.items())}
        content = json.dumps({"version": VERSION, "accounts": rows}, indent=1).encode()
        try:
            with replacing(self.path, f".{os.getpid()}.new") as draft:
                write_private(draft, content)
        except OSError as error:
            raise refusal(error, self.path) from None


def _parsed(content: bytes) -> Iterator[tuple[str, Account]]:
    said: dict[str, Any] = json.loads(content)
    if said["version"] != VERSION:
        raise ValueError(f"version {said['version']}, not {VERSION}")
    for name, row in said["accounts"].items():
        if not NAME.fullmatch(name) or not str(row["argon2id"]).startswith("$argon2id$"):
            raise ValueError(f"the account {name!r}")
        yield name, Account(name, ROLES[row["role"]], row["argon2id"])


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size, status.st_mode, status.st_uid
