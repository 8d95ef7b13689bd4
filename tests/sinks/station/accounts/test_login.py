"""Somebody logs in at the page of a station, acts by it, and is nobody when his account is gone."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from oreline.config import Config
from sinks.station import Station
from sinks.station.accounts import Account, AccountFile
from sinks.station.audit import AUDIT, entries, verify
from sinks.station.commands import Role
from sinks.station.settings import StationSettings
from sinks.station.web.settings import WebSettings
from tests.sinks.station.accounts.conftest import PASSWORD


@pytest.fixture
def station(tmp_path: Path, file: AccountFile) -> Iterator[Station]:
    station = Station.open(StationSettings(accounts=file.path, web=WebSettings(port=0)), tmp_path)
    station.join(Config({"line": {"name": "north", "output": str(tmp_path)}, "sinks": {"station": {}}}))
    yield station
    station.close()


def post(station: Station, path: str, cookie: str = "", **body: object) -> tuple[int, str, str]:
    """Status, text and cookie of an answer."""
    host = station.hub.addresses["web"].removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=20)
    headers = {"Origin": f"http://{host}", "Content-Type": "application/json", "Cookie": cookie}
    try:
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), (answer.getheader("set-cookie") or "").split(";")[0]
    finally:
        connection.close()


def test_who_logs_in_acts_in_his_name_until_he_has_no_account(
    station: Station, file: AccountFile, kept: str, tmp_path: Path
) -> None:
    shelve = {"alarm": "disk_low", "seconds": 300}
    assert post(station, "/do/shelve", **shelve)[0] == 401
    assert post(station, "/login", name="ann", password="wrong")[:2][0] == 401
    status, _, cookie = post(station, "/login", name="ann", password=PASSWORD)
    assert (status, bool(cookie)) == (200, True)
    assert post(station, "/do/shelve", cookie, **shelve)[0] == 200
    assert post(station, "/do/out_of_service", cookie, alarm="disk_low")[0] == 403
    file.put(Account("ann", Role.ENGINEER, kept))
    assert post(station, "/do/out_of_service", cookie, alarm="disk_low")[0] == 200
    file.remove("ann")
    assert post(station, "/do/shelve", cookie, **shelve)[0] == 401
    acts = [entry.record for entry in entries(tmp_path / AUDIT)]
    assert [(one.who, one.role, one.face, one.verb, one.result == "done") for one in acts[2:] if one.face == "web"] == [
        ("ann", "", "web", "login", False),
        ("ann", "operator", "web", "login", True),
        ("ann", "operator", "web", "shelve", True),
        ("ann", "operator", "web", "out_of_service", False),
        ("ann", "engineer", "web", "out_of_service", True),
    ]
    assert {one.address for one in acts if one.face == "web"} == {"127.0.0.1"}
    assert verify(tmp_path / AUDIT).broken == {}


def test_who_guesses_is_told_to_wait(station: Station) -> None:
    said = [post(station, "/login", name="ann", password=f"guess {i}")[1] for i in range(7)]
    assert "name or password is wrong" in said[0]
    assert "wait" in said[-1]


def test_other_hosts_are_served_only_where_people_are_known() -> None:
    with pytest.raises(ValueError, match="name a file of accounts, made by `oreline accounts add`"):
        StationSettings(web=WebSettings(bind="10.0.0.5", certificate=Path("a.pem"), certificate_key=Path("a.key")))
