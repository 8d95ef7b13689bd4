"""Sessions: who has logged in, and for how long."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import HTTPConnection
from starlette.responses import Response

from sinks.station.accounts import Account
from sinks.station.commands import Refused, Role
from sinks.station.web import sessions
from sinks.station.web.sessions import COOKIE, IDLE_S, LONGEST_S, Sessions


class People:
    """Accounts of two people."""

    def __init__(self) -> None:
        self.kept = "old"
        self.roles = {"ana": Role.OPERATOR, "bo": Role.VIEWER}

    def login(self, name: str, password: str, address: str) -> Role:  # noqa: ARG002
        if password != "right":
            raise Refused("login", "wrong name or password")
        return self.roles[name]

    def account(self, name: str) -> Account | None:
        return Account(name, self.roles[name], self.kept) if name in self.roles else None


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    clock = [100.0]
    monkeypatch.setattr(sessions.time, "monotonic", lambda: clock[0])
    return clock


def asked(cookie: str = "") -> HTTPConnection:
    scope: dict[str, Any] = {"type": "http", "client": ("10.0.0.9", 5000), "headers": [(b"cookie", cookie.encode())]}
    return HTTPConnection(scope)


def logged_in(one: Sessions, name: str = "ana") -> str:
    response = Response()
    one.begin(name, response)
    return response.headers["set-cookie"]


def test_without_accounts_everybody_has_one_role() -> None:
    who = Sessions(None, Role.OPERATOR, secure=False).who(asked())
    assert who is not None
    assert (who.name, who.role, who.face, who.address) == ("local", Role.OPERATOR, "web", "10.0.0.9")


def test_with_accounts_a_session_says_who_asks(seconds: list[float]) -> None:
    one = Sessions(People(), Role.ENGINEER, secure=True)
    assert one.who(asked()) is None
    cookie = logged_in(one)
    assert {"HttpOnly", "Secure", "SameSite=strict"} <= set(cookie.split("; "))
    who = one.who(asked(cookie.split(";")[0]))
    assert who is not None
    assert (who.name, who.role) == ("ana", Role.OPERATOR)
    assert one.who(asked(f"{COOKIE}=guessed")) is None


@pytest.mark.parametrize(
    ("steps", "looks"), [([IDLE_S + 1], False), ([LONGEST_S / 4] * 5, False), ([IDLE_S / 2] * 3, True)]
)
def test_a_session_ends(seconds: list[float], steps: list[float], looks: bool) -> None:
    one = Sessions(People(), Role.VIEWER, secure=True)
    cookie = logged_in(one).split(";")[0]
    found = []
    for step in steps:
        seconds[0] += step
        found.append(one.who(asked(cookie), looks=looks))
    assert found[-1] is None


def test_who_is_no_longer_an_account_is_nobody(seconds: list[float]) -> None:
    people = People()
    one = Sessions(people, Role.VIEWER, secure=True)
    cookie = logged_in(one).split(";")[0]
    del people.roles["ana"]
    assert one.who(asked(cookie)) is None


def test_who_is_given_another_password_is_nobody_and_another_role_counts_at_once(seconds: list[float]) -> None:
    people = People()
    one = Sessions(people, Role.VIEWER, secure=True)
    cookie = logged_in(one).split(";")[0]
    people.roles["ana"] = Role.VIEWER
    who = one.who(asked(cookie))
    assert who is not None
    assert who.role is Role.VIEWER
    people.kept = "new"
    assert one.who(asked(cookie)) is None


def test_who_logs_out_is_nobody(seconds: list[float]) -> None:
    one = Sessions(People(), Role.VIEWER, secure=True)
    cookie = logged_in(one).split(";")[0]
    one.end(asked(cookie), Response())
    assert one.who(asked(cookie)) is None
