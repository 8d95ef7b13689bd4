"""`oreline core box`: what can be asked of a line, and of whom not."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from oreline.config import Config
from oreline.errors import ConfigError, StageFailed
from oreline.files import make_private
from oreline.locks import locked
from oreline.orders import OrderFile
from sinks.core.commands import box
from sinks.core.live.orders import ORDER, SAID, CoreOrder, CoreSaid


@pytest.fixture
def line(tmp_path: Path) -> Config:
    tables = {
        "line": {"output": str(tmp_path / "out"), "state": str(tmp_path / "state")},
        "sinks": {"log": {}, "core": {"session": str(tmp_path / "hole.toml")}},
    }
    config = Config(tables, str(tmp_path / "line.json"))
    make_private(tmp_path / "state")
    return config


def answer(line: Config, words: str, *, refused: bool) -> threading.Thread:
    """A core sink that answers the next order so."""
    order, said = OrderFile(line.line.folder / ORDER), OrderFile(line.line.folder / SAID)

    def run() -> None:
        while not order.read():
            pass
        given = CoreOrder.model_validate(order.read())
        told = f"{words} {given.verb} {given.box} by {given.who}"
        said.write(CoreSaid(order=given.id, words=told, refused=refused).model_dump(mode="json"))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_an_order_is_answered_in_words(line: Config) -> None:
    with locked(line.line.folder):
        answer(line, "yes:", refused=False)
        assert box.order(line, 3, end=False, who="ana") == "yes: begin 3 by ana"


def test_a_refusal_is_said(line: Config) -> None:
    with locked(line.line.folder):
        answer(line, "no:", refused=True)
        with pytest.raises(StageFailed, match="no: end None by ana"):
            box.order(line, None, end=True, who="ana")


def test_a_line_that_stands_or_logs_no_core_is_refused(line: Config) -> None:
    with pytest.raises(StageFailed, match="does not run"):
        box.order(line, 3, end=False, who="ana")
    line.tables["sinks"].pop("core")
    with pytest.raises(StageFailed, match="logs no core"):
        box.order(line, 3, end=False, who="ana")


@pytest.mark.parametrize(("number", "end"), [(None, False), (3, True)])
def test_a_number_or_an_end_is_asked_for(line: Config, number: int | None, end: bool) -> None:
    with pytest.raises(ConfigError, match="--end"):
        box.order(line, number, end=end, who="ana")
