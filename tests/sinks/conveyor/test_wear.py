"""How often each valve has opened is counted over runs and restarts, and what is worn is said once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oreline.orders import POLL_NS, OrderFile
from oreline.sorting import REPLACED
from sinks.conveyor.schedule import Row
from sinks.conveyor.wear import SHOTS, WRITE_NS, Wear


class Site:
    """An output folder, and the time there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, 0

    def wear(self, life: int | None = None) -> Wear:
        return Wear(self.folder, 4, life, lambda: self.now)

    @property
    def written(self) -> list[int]:
        return list(json.loads((self.folder / SHOTS).read_text())["shots"].values())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def rows(*bitmaps: int, first: int = 0) -> list[Row]:
    return [Row(first + i, 0, bitmap, 0) for i, bitmap in enumerate(bitmaps)]


def test_a_valve_that_stays_open_from_line_to_line_has_opened_once(site: Site) -> None:
    wear = site.wear()
    wear.count(rows(0b0001, 0b0011, 0b0011))
    wear.count(rows(0b0010, first=3))
    assert wear.shots == [1, 1, 0, 0]
    wear.count(rows(0b0010, first=5))
    wear.count(rows(0b1000, 1 << 100, first=6))
    assert wear.shots == [1, 2, 0, 1]


def test_it_goes_on_where_it_was_and_is_written_rarely_and_at_the_end(site: Site) -> None:
    wear = site.wear()
    wear.count(rows(0b1111))
    wear.look()
    assert not (site.folder / SHOTS).exists()
    site.now += WRITE_NS
    wear.look()
    assert site.written == [1, 1, 1, 1]
    wear.count(rows(0b0001, first=9))
    wear.look()
    assert site.written == [1, 1, 1, 1]
    wear.close()
    assert site.wear().shots == [2, 1, 1, 1]


def test_a_valve_that_is_worn_is_said_once_until_it_is_a_new_one(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    wear = site.wear(life=2)
    wear.count(rows(0b0100))
    wear.look()
    assert capsys.readouterr().err == ""
    wear.count(rows(0b0100, first=9))
    wear.look()
    assert "valve 2 has opened 2 times, of 2 that it is good for" in capsys.readouterr().err
    wear.count(rows(0b0100, first=19))
    wear.look()
    assert capsys.readouterr().err == ""
    OrderFile(site.folder / REPLACED).write({"2": "today"})
    site.now += POLL_NS
    wear.look()
    assert wear.shots == site.written == [0, 0, 0, 0]
    wear.count(rows(0b0100, 0, 0b0100, first=29))
    wear.close()
    again = site.wear(life=2)
    again.look()
    assert again.shots == [0, 0, 2, 0]


def test_a_valve_that_was_replaced_while_the_line_stood_begins_at_0_once(site: Site) -> None:
    wear = site.wear()
    wear.count(rows(0b0011))
    wear.close()
    OrderFile(site.folder / REPLACED).write({"0": "monday"})
    wear = site.wear()
    wear.look()
    wear.count(rows(0b0001))
    wear.close()
    assert site.wear().shots == [1, 1, 0, 0]
    wear = site.wear()
    wear.look()
    assert wear.shots == [1, 1, 0, 0]


@pytest.mark.parametrize("order", [{"9": "today"}, {"-1": "today"}, {"one": "today"}, {"1": 5}, {"²": "today"}])
def test_an_order_for_a_valve_that_is_not_there_is_refused(
    order: dict[str, object], site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    wear = site.wear()
    wear.count(rows(0b1111))
    OrderFile(site.folder / REPLACED).write(order)
    wear.look()
    assert wear.shots == [1, 1, 1, 1]
    assert "is not followed" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", '{"shots": {"0": -1}}', '{"shots": [1, 2]}', '{"shots": {"0": 1e400}}'])
def test_a_file_that_makes_no_sense_is_put_aside_and_said(
    text: str, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    (site.folder / SHOTS).write_text(text)
    assert site.wear().shots == [0, 0, 0, 0]
    assert "counted from 0" in capsys.readouterr().err
    assert (site.folder / "valves.damaged").read_text() == text


def test_a_bank_that_has_more_valves_now_keeps_what_was_counted(site: Site) -> None:
    (site.folder / SHOTS).write_text('{"shots": {"0": 7, "63": 5}}')
    assert site.wear().shots == [7, 0, 0, 0]


def test_a_disk_that_takes_nothing_is_said_once_and_tried_again(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    wear = site.wear()
    (site.folder / SHOTS).mkdir()
    for _ in range(3):
        wear.count(rows(1, 0))
        site.now += WRITE_NS
        wear.look()
    assert capsys.readouterr().err.count("no_wear") == 1
    (site.folder / SHOTS).rmdir()
    wear.close()
    assert site.written[0] == 3
