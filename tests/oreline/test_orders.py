"""Orders are files: each is told once, whole, and only where it is the user's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from oreline.orders import MOST, POLL_NS, OrderFile, OrderReader


class Clock:
    """Each look is late enough to be one."""

    now = 0

    def __call__(self) -> int:
        self.now += POLL_NS
        return self.now


@pytest.fixture
def file(tmp_path: Path) -> OrderFile:
    return OrderFile(tmp_path / "line" / "sorting.json")


@pytest.fixture
def reader(file: OrderFile) -> OrderReader:
    return OrderReader(file.path, Clock())


def test_an_order_is_told_once_and_so_is_the_next(file: OrderFile, reader: OrderReader) -> None:
    assert reader.poll() is None
    file.write({"held": True})
    assert reader.poll() == {"held": True}
    assert reader.poll() is None
    file.write({"held": False})
    file.write({"held": True})
    assert reader.poll() == {"held": True}
    assert reader.poll() is None


def test_who_is_started_again_finds_the_order_that_stands(file: OrderFile) -> None:
    file.write({"held": True, "words": "größer"})
    assert OrderReader(file.path).poll() == file.read() == {"held": True, "words": "größer"}


def test_a_file_that_goes_changes_nothing(file: OrderFile, reader: OrderReader) -> None:
    file.write({"held": True})
    assert reader.poll()
    file.path.unlink()
    assert reader.poll() is None
    assert file.read() == {}


def test_it_is_looked_at_a_few_times_in_100_ms_and_no_more(file: OrderFile) -> None:
    now = 0
    reader = OrderReader(file.path, lambda: now)
    assert reader.poll() is None
    file.write({"held": True})
    now = POLL_NS - 1
    assert reader.poll() is None
    now = POLL_NS
    assert reader.poll() == {"held": True}


def test_nobody_else_can_read_or_write_it_whatever_the_mask(file: OrderFile, reader: OrderReader) -> None:
    before = os.umask(0)
    try:
        file.write({"held": True})
    finally:
        os.umask(before)
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert reader.poll() == {"held": True}
    assert [one.name for one in file.path.parent.iterdir()] == ["sorting.json"]


def test_a_draft_or_a_number_that_is_none_leaves_the_last_order(file: OrderFile) -> None:
    file.write({"cut_off": 0.5})
    with pytest.raises(ValueError, match="JSON"):
        file.write({"cut_off": float("nan")})
    assert file.read() == {"cut_off": 0.5}


def _open_to_others(path: Path) -> None:
    path.write_text('{"held": false}')
    path.chmod(0o666)


def _link(path: Path) -> None:
    path.unlink()
    (path.parent / "other").write_text('{"held": false}')
    path.symlink_to("other")


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "others may write": (_open_to_others, "others can write to it"),
    "a link": (_link, "it is a link"),
    "cut": (lambda path: path.write_text('{"held":'), "Expecting value"),
    "empty": (lambda path: path.write_text(""), "Expecting value"),
    "no text": (lambda path: path.write_bytes(b"\xff\xfe\x00"), "decode"),
    "a list": (lambda path: path.write_text("[1]"), "no JSON object"),
    "large": (lambda path: path.write_text(" " * (MOST + 1)), "more than 65536 bytes"),
    "deep": (lambda path: path.write_text("[" * 60_000), "nested too deeply"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_an_order_that_is_not_understood_is_said_once_and_leaves_what_is_in_force(
    case: str, file: OrderFile, reader: OrderReader, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write({"held": True})
    assert reader.poll() == {"held": True}
    spoil, why = SPOILT[case]
    spoil(file.path)
    assert [reader.poll() for _ in range(3)] == [None] * 3
    said = capsys.readouterr().err
    assert said.count("is not followed") == 1
    assert "sorting.json" in said
    assert why in said
    assert file.read() == {}
    file.write({"held": False})
    assert reader.poll() == {"held": False}
