"""Accounts of a station: who somebody is, by his password, and what he may now."""

from __future__ import annotations

import math
import pwd
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from oreline.errors import OrelineError
from oreline.incidents import report
from sinks.station.accounts.file import Account, AccountFile
from sinks.station.accounts.lockout import Lockout
from sinks.station.accounts.passwords import fits, hashed
from sinks.station.audit import AuditLog, Record
from sinks.station.commands import Refused, Role

FREE, FREE_AT_ADDRESS = 5, 20
MOST_WAITING = 8
"""Logins that wait for the one that is looked at."""
MOST_NAME = 64


@dataclass(slots=True)
class _Turns:
    """One at a time, and a few who wait."""

    lock: threading.Lock
    places: threading.BoundedSemaphore

    @contextmanager
    def turn(self) -> Iterator[None]:
        if not self.places.acquire(blocking=False):
            raise Refused("busy", "too many log in at once: try again in a moment")
        try:
            with self.lock:
                yield
        finally:
            self.places.release()


class Accounts:
    """Accounts by a file, whose changes count at once. Any thread may call. Who fails too often, under one name or from
    one address, has to wait; this is forgotten with the process. Each login goes into the audit log, and so does each
    change of the file.

    `now_ns`: CLOCK_MONOTONIC.
    """

    def __init__(self, file: AccountFile, audit: AuditLog, now_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._file, self._audit, self._now_ns = file, audit, now_ns
        self._names, self._addresses = Lockout(FREE), Lockout(FREE_AT_ADDRESS)
        self._turns = _Turns(threading.Lock(), threading.BoundedSemaphore(MOST_WAITING))
        self._nobody = hashed(secrets.token_urlsafe())
        self._known = file.accounts
        self._changing = threading.Lock()
        self._note(Record("accounts", "oreline", new=_roles(self._known)))

    def role(self, name: str) -> Role | None:
        """The role that somebody has now; None for one who has no account any more."""
        account = self.account(name)
        return None if account is None else account.role

    def account(self, name: str) -> Account | None:
        """Somebody's account now; nobody has one where the file cannot be read."""
        try:
            accounts = self._file.accounts
        except OrelineError as error:
            report("station", "face_failed", f"nobody is let in: {error}")
            return None
        if accounts is not self._known:
            self._notice(accounts)
        return accounts.get(name)

    def login(self, name: str, password: str, address: str = "", face: str = "web") -> Role:
        """The role of somebody. It takes some 75 ms, also for a name that is none, so not on the loop. Raises Refused
        where name or password is wrong, was wrong too often, or too many are waiting."""
        name = name[:MOST_NAME]
        with self._turns.turn():
            now_ns = self._now_ns()
            self._refuse_locked(name, address, now_ns)
            account = self.account(name)
            right = fits(account.kept if account else self._nobody, password) and account is not None
            if not right or account is None:
                self._names.failed(name, now_ns)
                self._addresses.failed(address, now_ns)
                self._note(Record("login", name, "", face, address, result="wrong name or password"))
                raise Refused("login", "name or password is wrong")
            self._names.succeeded(name)
        self._note(Record("login", name, account.role.words, face, address))
        return account.role

    def _refuse_locked(self, name: str, address: str, now_ns: int) -> None:
        wait_ns = max(self._names.wait_ns(name, now_ns), self._addresses.wait_ns(address, now_ns))
        if wait_ns:
            seconds = math.ceil(wait_ns * 1e-9)
            raise Refused("locked", f"too many attempts that were wrong: wait {seconds} s")

    def _notice(self, accounts: Mapping[str, Account]) -> None:
        """The file was changed, by a command of its owner."""
        with self._changing:
            before, self._known = self._known, accounts
            for name in sorted({*before, *accounts}):
                old, new = before.get(name), accounts.get(name)
                if old != new:
                    arguments = {"name": name} | (
                        {"password": "another"} if old and new and old.kept != new.kept else {}
                    )
                    self._note(Record("account", self._owner(), "", "file", "", arguments, _role(old), _role(new)))

    def _owner(self) -> str:
        try:
            return pwd.getpwuid(self._file.path.stat().st_uid).pw_name
        except (OSError, KeyError):
            return "its owner"

    def _note(self, record: Record) -> None:
        try:
            self._audit.append(record)
        except OrelineError as error:
            report("station", "no_audit", str(error))


def _role(account: Account | None) -> str | None:
    return None if account is None else account.role.words


def _roles(accounts: Mapping[str, Account]) -> dict[str, str]:
    return {name: account.role.words for name, account in sorted(accounts.items())}
