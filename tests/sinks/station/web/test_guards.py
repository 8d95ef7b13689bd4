"""The guards of a running page: who is not of it is turned away, whatever he asks."""

from __future__ import annotations

import json
import socket as sockets
import urllib.error
import urllib.request
from contextlib import suppress
from email.message import Message
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from sinks.station import Station
from sinks.station.web import connection
from sinks.station.web.face import MOST_CONNECTIONS
from sinks.station.web.guards import HEADERS, MOST_BODY

FOREIGN = "http://evil.example"


def ask(address: str, path: str = "/", body: bytes | None = None, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers of an answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(address + path, body, named)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode(), lower(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), lower(error.headers)


def lower(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def order(address: str, verb: str, origin: str | None, what: object = None) -> tuple[int, str]:
    headers = {"Content_Type": "application/json"} | ({"Origin": origin} if origin else {})
    return ask(address, f"/do/{verb}", json.dumps(what or {}).encode(), **headers)[:2]


def socket(address: str) -> str:
    return address.replace("http://", "ws://") + "/socket"


@pytest.mark.parametrize("path", ["/", "/login", "/static/app.js", "/words.json", "/nothing"])
def test_every_answer_forbids_what_is_not_of_this_host(address: str, path: str) -> None:
    _, _, headers = ask(address, path)
    assert {name: headers.get(name.lower()) for name in HEADERS} == HEADERS
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


def test_the_page_is_asked_for_by_its_own_name(address: str) -> None:
    port = urlsplit(address).port
    assert ask(address, Host=f"localhost:{port}")[0] == 200
    status, words, _ = ask(address, Host="evil.example")
    assert (status, words) == (421, "this page is not 'evil.example': open it by one of its own names")


@pytest.mark.parametrize("origin", [FOREIGN, None, "null"])
def test_an_order_of_another_origin_is_refused(address: str, origin: str | None) -> None:
    assert order(address, "hold", origin) == (403, "only pages of this station may ask for that")


def test_an_order_that_there_is_not_is_refused_with_a_sentence(address: str) -> None:
    status, answer = order(address, "sing", address)
    assert (status, json.loads(answer)["code"]) == (404, "unknown")
    assert "there is no command 'sing'" in json.loads(answer)["words"]


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff"])
def test_an_order_that_is_no_object_is_refused(address: str, body: bytes) -> None:
    status, answer, _ = ask(address, "/do/stop", body, Origin=address, Content_Type="application/json")
    assert (status, json.loads(answer)["words"]) == (422, "send one object in JSON, as application/json")


def test_a_request_of_too_many_bytes_is_refused(address: str) -> None:
    status, words, _ = ask(address, "/do/hold", bytes(MOST_BODY + 1), Origin=address, Content_Type="application/json")
    assert (status, words) == (413, f"a request has at most {MOST_BODY:,} bytes")


@pytest.mark.parametrize("origin", [FOREIGN, None])
def test_a_page_of_another_origin_does_not_see_the_line(address: str, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(socket(address), origin=origin)  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("message", ["x" * 10_000_000, b"12", "-5", "all"])
def test_a_page_that_sends_anything_but_credit_is_let_go(address: str, message: str | bytes) -> None:
    with connect(socket(address), origin=address) as page:  # type: ignore[arg-type]
        with suppress(ConnectionClosed):
            page.send(message)
        with pytest.raises(ConnectionClosed):
            page.recv(timeout=20)
    assert ask(address)[0] == 200


@pytest.mark.parametrize("path", ["/login", "/do/hold"])
@pytest.mark.parametrize("body", [b"{", b"[]", b"[" * 60_000, b"\xff\xfe", b'{"a":' * 10_000, b"9" * 5000])
def test_a_body_that_is_no_object_is_refused_and_is_no_alarm(
    station: Station, address: str, path: str, body: bytes
) -> None:
    status, words, _ = ask(address, path, body, Origin=address, Content_Type="application/json")
    assert (status, json.loads(words)["code"]) == (422, "argument")
    assert "face_failed" not in {alarm.rule.name for alarm in station.hub.alarms.alarms}


def test_who_connects_and_says_nothing_is_sent_away(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE_S", 0.3)
    place = urlsplit(address)
    silent = [sockets.create_connection((place.hostname, place.port), timeout=20) for _ in range(MOST_CONNECTIONS)]
    silent[0].sendall(b"GET / HTTP/1.1\r\n")
    assert {one.recv(1) for one in silent} == {b""}
    assert ask(address)[0] == 200
    for one in silent:
        one.close()
