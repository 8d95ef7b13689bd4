"""Sessions: who looks at the page, by a cookie that no script can read and no other site is sent."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import HTTPConnection
from starlette.responses import Response

from sinks.station.commands import Actor, Refused, Role

COOKIE = "oreline"
IDLE_S, LONGEST_S = 8 * 3600.0, 16 * 3600.0
"""A session ends so long after its last request, and so long after its first."""
MOST = 256


class Account(Protocol):
    """Account of somebody. `kept`: of the password; another where that is another."""

    @property
    def role(self) -> Role: ...

    @property
    def kept(self) -> str: ...


class Accounts(Protocol):
    """Accounts of people."""

    def login(self, name: str, password: str, address: str) -> Role:
        """The role of somebody. Raises Refused for a wrong name or password, or where it was wrong too often."""

    def account(self, name: str) -> Account | None:
        """Somebody's account now; None for one who is gone."""


@dataclass(slots=True)
class _Session:
    name: str
    kept: str
    began_s: float
    seen_s: float


class Sessions:
    """Sessions of a page. Without accounts everybody has the same role. They end with the station's process."""

    def __init__(self, accounts: Accounts | None, without_account: Role, *, secure: bool) -> None:
        self._accounts, self._without, self._secure = accounts, without_account, secure
        self._sessions: dict[bytes, _Session] = {}

    @property
    def needs_login(self) -> bool:
        return self._accounts is not None

    def who(self, connection: HTTPConnection, *, looks: bool = False) -> Actor | None:
        """Who asks; None where he has to log in. `looks`: he asks for nothing, so that his session goes on ageing."""
        address = connection.client.host if connection.client else ""
        if self._accounts is None:
            return Actor("local", self._without, "web", address)
        key, now = _key(connection.cookies.get(COOKIE, "")), time.monotonic()
        session = self._sessions.get(key)
        account = self._accounts.account(session.name) if session is not None else None
        if session is None or account is None or account.kept != session.kept or _is_over(session, now):
            self._sessions.pop(key, None)
            return None
        session.seen_s = session.seen_s if looks else now
        return Actor(session.name, account.role, "web", address)

    def check(self, name: str, password: str, address: str) -> None:
        """See that somebody is who he says. It takes a while, so not on the loop. Raises Refused."""
        if self._accounts is None:
            raise Refused("login", "this station has no accounts: nobody needs to log in")
        self._accounts.login(name, password, address)

    def begin(self, name: str, response: Response) -> None:
        """Let the browser of somebody who has logged in come back as himself."""
        account = self._accounts.account(name) if self._accounts is not None else None
        if account is None:
            raise Refused("login", "this account was removed")
        now, token = time.monotonic(), secrets.token_urlsafe(32)
        self._sessions = {key: one for key, one in self._sessions.items() if not _is_over(one, now)}
        if len(self._sessions) >= MOST:
            del self._sessions[min(self._sessions, key=lambda key: self._sessions[key].seen_s)]
        self._sessions[_key(token)] = _Session(name, account.kept, now, now)
        response.set_cookie(
            COOKIE, token, max_age=int(LONGEST_S), httponly=True, samesite="strict", secure=self._secure
        )

    def end(self, connection: HTTPConnection, response: Response) -> None:
        self._sessions.pop(_key(connection.cookies.get(COOKIE, "")), None)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=self._secure)


def _key(token: str) -> bytes:
    """What is kept of a token: who reads memory gets no session by it."""
    return hashlib.sha256(token.encode()).digest()


def _is_over(session: _Session, now: float) -> bool:
    return now - session.seen_s > IDLE_S or now - session.began_s > LONGEST_S
