"""A station with accounts: nobody sees it, or does anything, who has not logged in."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sinks.station import Station
from sinks.station.accounts import Account, AccountFile
from sinks.station.accounts.passwords import hashed
from sinks.station.commands import Role
from sinks.station.web import app
from sinks.station.web.app import EXPIRED
from tests.sinks.station.web import belt
from tests.sinks.station.web.test_guards import ask, socket

PASSWORD = "granite on tuesdays"


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> AccountFile:
    file = AccountFile(tmp_path_factory.mktemp("accounts") / "accounts.json")
    for name, role in (("vera", Role.VIEWER), ("oscar", Role.OPERATOR)):
        file.put(Account(name, role, hashed(PASSWORD)))
    return file


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, accounts: AccountFile) -> Iterator[Station]:
    with belt.station(tmp_path_factory.mktemp("station"), accounts=accounts.path) as station:
        yield station


@pytest.fixture(scope="module")
def address(guarded: Station) -> str:
    return guarded.hub.addresses["web"]


def log_in(address: str, name: str, password: str = PASSWORD) -> tuple[int, str, str]:
    """Status, words, and the cookie."""
    status, body, headers = ask(
        address, "/login", json.dumps({"name": name, "password": password}).encode(),
        Origin=address, Content_Type="application/json",
    )  # fmt: skip
    return status, json.loads(body).get("words", ""), headers.get("set-cookie", "").split(";")[0]


def order(address: str, verb: str, cookie: str = "") -> tuple[int, str]:
    status, body, _ = ask(address, f"/do/{verb}", b"{}", Origin=address, Content_Type="application/json", Cookie=cookie)
    return status, json.loads(body)["words"]


def until_closed(page: ClientConnection) -> int | None:
    """The code with which a socket was closed, after what it was sent before."""
    try:
        while True:
            page.recv(timeout=20)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def test_who_has_not_logged_in_sees_the_login_alone(address: str) -> None:
    assert 'type="password"' in ask(address, "/")[1]
    for path in ("/trends.json", "/recipes.json", "/cut-offs.json"):
        assert ask(address, path)[0] == 401
    assert order(address, "dark") == (401, "log in again: your session has ended")
    with connect(socket(address), origin=address) as page:  # type: ignore[arg-type]
        assert until_closed(page) == EXPIRED


@pytest.mark.parametrize(("name", "password"), [("vera", "guessed"), ("nobody", PASSWORD)])
def test_a_wrong_login_is_refused_with_the_same_words(address: str, name: str, password: str) -> None:
    assert log_in(address, name, password)[:2] == (401, "name or password is wrong")


def test_a_role_says_what_one_may(address: str) -> None:
    _, _, cookie = log_in(address, "vera")
    assert 'id="map"' in ask(address, "/", Cookie=cookie)[1]
    assert order(address, "dark", cookie) == (403, "vera is viewer: dark is for operators")


def test_a_session_ends_with_its_account(address: str, accounts: AccountFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "LOOK_S", 0.05)
    accounts.put(Account("gone", Role.OPERATOR, hashed(PASSWORD)))
    _, _, cookie = log_in(address, "gone")
    with connect(socket(address), origin=address, additional_headers={"Cookie": cookie}) as page:  # type: ignore[arg-type]
        page.send("5")
        assert "operator" in str(page.recv(timeout=20))
        accounts.remove("gone")
        assert until_closed(page) == EXPIRED
    assert order(address, "dark", cookie)[0] == 401


def test_who_logs_out_is_out(address: str) -> None:
    _, _, cookie = log_in(address, "oscar")
    assert ask(address, "/logout", b"{}", Origin=address, Cookie=cookie)[0] == 200
    assert order(address, "hold", cookie)[0] == 401
