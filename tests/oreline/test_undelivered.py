"""Whether a run has left anything to deliver, and how long its delivery is waited for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from oreline.config import Config
from oreline.errors import StageFailed, Stopped
from oreline.messages import EndOfStream, Message
from oreline.ring import Ring, slot_bytes
from oreline.state_folder import CONFIGURATION
from oreline.stream import Outbox
from oreline.supervision import patience
from oreline.supervision.patience import Patience
from oreline.undelivered import is_undelivered
from tests.oreline.stream.streams import RUN, info, line

BEGUN: list[Message] = [info()]
LINES: list[Message] = [*BEGUN, *map(line, range(5))]
ENDED: list[Message] = [*LINES, EndOfStream(RUN, 0, 5, 5, 0, 0)]


def ring(folder: Path, name: str, messages: list[Message], *, free: bool = False) -> None:
    made = Ring.open(folder / f"{name}.ring", 16, slot_bytes(512, 512, 512))
    outbox = Outbox(f"ipc://{folder}/{name}.sock", made)
    with closing(outbox):
        for message in messages:
            outbox.put(message)
        if free:
            outbox.free()


@pytest.mark.parametrize(
    ("raw", "labels", "is_left"),
    [
        ((BEGUN, False), None, False),
        ((LINES, False), None, True),
        ((LINES, True), (LINES, True), True),
        ((LINES, False), ([], False), True),
        ((ENDED, False), (LINES, False), True),
        ((ENDED, True), (ENDED, False), True),
        ((ENDED, False), (ENDED, True), False),
        ((ENDED, True), None, False),
        ((ENDED, True), (ENDED, True), False),
    ],
)
def test_a_run_is_left_where_somebody_lacks_a_line_or_the_end_of_one(
    tmp_path: Path, raw: tuple[list[Message], bool], labels: tuple[list[Message], bool] | None, is_left: bool
) -> None:
    ring(tmp_path, "raw", raw[0], free=raw[1])
    if labels is not None:
        ring(tmp_path, "labels", labels[0], free=labels[1])
    assert is_undelivered(tmp_path) is is_left


@pytest.mark.parametrize(("recorded", "is_left"), [(False, True), (True, False)])
def test_a_run_is_left_where_a_recorder_of_raw_lines_lacks_some_though_all_are_labelled(
    tmp_path: Path, recorded: bool, is_left: bool
) -> None:
    Config({"sinks": {"keep": {"sink": "record", "what": "raw"}, "log": {}}}).save(tmp_path / CONFIGURATION)
    ring(tmp_path, "raw", ENDED, free=recorded)
    ring(tmp_path, "labels", ENDED, free=True)
    assert is_undelivered(tmp_path) is is_left


def test_what_cannot_be_read_may_hold_lines_and_an_empty_file_holds_none(tmp_path: Path) -> None:
    path = tmp_path / "raw.ring"
    assert not is_undelivered(tmp_path)
    path.touch()
    assert not is_undelivered(tmp_path)
    ring(tmp_path, "raw", LINES)
    with path.open("r+b") as file:
        file.write(b"\xff" * 8)
    assert is_undelivered(tmp_path)


def test_who_looks_takes_a_ring_from_nobody_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    """The line that it belongs to may start in this moment."""
    ring(tmp_path, "raw", ENDED, free=True)
    path = tmp_path / "raw.ring"
    before = path.read_bytes()
    with closing(Ring.open(path, 16, slot_bytes(512, 512, 512))):
        assert not is_undelivered(tmp_path)
    assert path.read_bytes() == before


def test_the_words_of_another_release_are_left_and_stop_no_line_that_looks_for_them(tmp_path: Path) -> None:
    with closing(Ring.open(tmp_path / "raw.ring", 16, slot_bytes(512, 512, 512))) as made:
        made.append(0, 1, 0, [b"a line"])
        made.append(1, 0, 0, [b"an end"])
        made.free(2)
    assert is_undelivered(tmp_path)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A run that is being finished, as its supervisor sees it. `left`: records of labels that the log lacks."""
    clock = iter(range(0, 10_000, int(patience.STILL_S * 0.6)))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    workers = [SimpleNamespace(name=name, ended=ended) for name, ended in (("log", False), ("acquisition", True))]
    seen = SimpleNamespace(left=9, stopping=0, workers=workers)
    seen.samples = lambda name: {(patience.DEPTH, "labels"): float(seen.left)} if name == "inference" else {}
    return seen


def test_a_run_is_waited_for_while_something_moves_and_then_it_is_said_what_is_left(run: Any) -> None:
    wait = Patience(0.0)
    for left in (9, 8, 7):
        run.left = left
        wait(run)
    wait(run)
    with pytest.raises(StageFailed, match=r"7 records of labels.*at work: log$"):
        wait(run)


def test_where_everybody_has_everything_an_export_may_take_long(run: Any) -> None:
    run.left, wait = 0, Patience(0.0)
    for _ in range(10):
        wait(run)


def test_a_run_that_is_stopped_is_not_waited_for(run: Any) -> None:
    run.stopping = 1
    with pytest.raises(Stopped):
        Patience(0.0)(run)
