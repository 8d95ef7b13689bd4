"""The core sink: boxes are written down as they passed, whatever becomes of the sink, its line or its power."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from oreline.errors import ConfigError, StoreFailed
from oreline.expected import Expected
from oreline.findings import Findings
from oreline.messages import Gap, Message, Reason
from oreline.orders import OrderFile
from oreline.sink import Sink
from oreline.testing import OTHER_RUN, RUN, SinkContract
from sinks.check import check
from sinks.core.box_scans import BoxScan, BoxScansFile
from sinks.core.commands.register import register
from sinks.core.live import making
from sinks.core.live.orders import ORDER, SAID, CoreOrder, CoreSaid
from sinks.core.live.scanning import RUN_ENDED, UNSEEN
from sinks.core.live.sink import Core
from tests.sinks.core.live.bench import Bench, ended, feed, messages, tray, trays

WHOLE = [(1, 30, 349, ""), (2, 370, 689, ""), (3, 710, 1029, "")]


class Nobody:
    """A child that has ended well, and has made nothing."""

    returncode = 0

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def poll(self) -> int:
        return 0

    def wait(self) -> int:
        return 0


@pytest.fixture(autouse=True)
def nothing_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made of boxes is tested elsewhere."""
    monkeypatch.setattr(making.subprocess, "Popen", Nobody)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


class TestCoreContract(SinkContract):
    sink: ClassVar[type[Sink]] = Core

    @pytest.fixture
    def options(self, bench: Bench) -> dict[str, Any]:
        return {"session": str(bench.session)}

    def start(self, options: dict[str, Any], output: Path) -> Sink:  # noqa: ARG002
        return Bench(output).start()


def said(bench: Bench) -> CoreSaid:
    return CoreSaid.of(OrderFile(bench.config.line.folder / SAID).read())


def until(sink: Core, what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline
        sink.idle()
        time.sleep(0.01)


def test_trays_that_pass_are_the_boxes_of_the_session(bench: Bench) -> None:
    info, lines = messages(trays(3))
    bench.log([info, *lines], ended(info, lines))
    sink = bench.start()
    feed(sink, [info, *lines[:500]], lines[500:], ended(info, lines))
    report = sink.close()
    assert bench.scans() == WHOLE
    assert (report["hole"], report["boxes"]) == ("DH-1", [1, 2, 3])


def test_lines_that_the_sink_was_too_slow_for_are_read_in_the_journal(bench: Bench) -> None:
    info, lines = messages(trays(3))
    sink = bench.start()
    shed = Gap(RUN, 1, 300, 400, Reason.SHED)
    feed(sink, [info, *lines[:300], shed, *lines[700:]], ended(info, lines))
    assert bench.scans() == []
    bench.log([info, *lines], ended(info, lines))
    sink.close()
    assert bench.scans() == WHOLE


def test_a_box_for_which_the_disk_has_no_room_is_written_down_once_it_has(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    info, lines = messages(trays(3))
    bench.log([info, *lines], ended(info, lines))
    add, full = BoxScansFile.add, iter([True] * 400)

    def added(file: BoxScansFile, scan: BoxScan) -> BoxScan:
        if next(full, False):
            raise StoreFailed("the disk is full: free space")
        return add(file, scan)

    monkeypatch.setattr(BoxScansFile, "add", added)
    sink = bench.start()
    refused = 0
    for message in [info, *lines, ended(info, lines)]:
        sink.consume([message])
        try:
            sink.commit()
        except StoreFailed:
            refused += 1
    assert refused > 300
    sink.close()
    assert bench.scans() == WHOLE


@pytest.mark.parametrize("killed_at", [0, 20, 60, 200, 355, 500, 1000])
def test_a_sink_that_is_killed_and_comes_back_later_finds_the_same_boxes(bench: Bench, killed_at: int) -> None:
    info, lines = messages(trays(3))
    feed(bench.start(), [info, *lines[:killed_at]])
    bench.log([info, *lines], ended(info, lines))
    again = bench.start()
    feed(again, [info, *lines[min(killed_at + 150, 1050) :]], ended(info, lines))
    again.close()
    assert bench.scans() == WHOLE


@pytest.mark.parametrize("cut_at", [90, 200, 500, 800])
def test_after_a_power_cut_in_mid_box_the_box_is_scanned_again_and_the_rest_stays_out(
    bench: Bench, cut_at: int
) -> None:
    info, lines = messages(trays(3)[:cut_at])
    feed(bench.start(), [info, *lines[: cut_at - 25]])
    bench.log([info, *lines], ended(info, lines))  # The next start delivers what the run had left.
    later, more = messages(trays(3), OTHER_RUN)
    bench.log([later, *more], ended(later, more))
    again = bench.start()
    feed(again, [later, *more], ended(later, more))
    again.close()
    cuts = [(box, cut) for box, _, _, cut in bench.scans() if cut]
    box = 1 + (cut_at - 30) // 340
    assert cuts == [(box, RUN_ENDED)]
    whole = [one for one in bench.all_scans() if not one.cut]
    assert [one.box for one in whole] == [1, 2, 3, 4][: len(whole)]
    assert all(one.run == (RUN if one.box < box else OTHER_RUN).hex() for one in whole)


def test_a_box_that_had_passed_when_the_power_went_is_whole(bench: Bench) -> None:
    """Its end was in the rings, and came to the journal with the next start."""
    info, lines = messages(trays(1))
    feed(bench.start(), [info, *lines[:200]])
    bench.log([info, *lines], ended(info, lines))
    later, more = messages(trays(1), OTHER_RUN)
    bench.log([later, *more], ended(later, more))
    again = bench.start()
    feed(again, [later, *more], ended(later, more))
    again.close()
    assert bench.scans() == [(1, 30, 349, ""), (2, 30, 349, "")]


def test_lines_that_nobody_got_are_waited_for_by_nobody(bench: Bench) -> None:
    info, lines = messages(trays(1))
    lost: list[Message] = [*lines[:100], Gap(RUN, 1, 100, 50, Reason.DROPPED), *lines[150:]]
    bench.log([info, *lost], ended(info, lines))
    sink = bench.start()
    feed(sink, [info, *lost], ended(info, lines))
    sink.close()
    assert bench.scans() == WHOLE[:1]


def test_an_order_says_which_box_it_is_and_is_answered(bench: Bench) -> None:
    info, lines = messages(trays(2))
    bench.log([info, *lines], ended(info, lines))
    sink = bench.start()
    feed(sink, [info, *lines[:35]])
    give(bench, "a", "begin", 3)
    until(sink, lambda: said(bench).order == "a")
    assert said(bench).words == "the next tray is box 3"
    feed(sink, lines[35:200])
    until(sink, lambda: said(bench).scanning is not None)
    scanning, following = said(bench).scanning, said(bench).next
    assert scanning is not None
    assert following is not None
    assert (scanning.box, scanning.from_m, following.box) == (3, 103.0, 4)
    give(bench, "b", "begin", 9)
    until(sink, lambda: said(bench).order == "b")
    assert (said(bench).refused, said(bench).words) == (True, "the session of DH-1 has no box 9: it has 1 to 4")
    feed(sink, lines[200:], ended(info, lines))
    sink.close()
    assert [(one.box, one.who) for one in bench.all_scans()] == [(3, "ana"), (4, "")]


def test_an_order_says_from_which_line_on_and_which_scan_it_replaces(bench: Bench) -> None:
    info, lines = messages(trays(2))
    bench.log([info, *lines], ended(info, lines))
    sink = bench.start()
    feed(sink, [info, *lines[:500]])
    (first,) = bench.all_scans()
    give(bench, "a", "begin", 1)
    until(sink, lambda: said(bench).order == "a")
    scan = f"its scan 1 of {first.when} goes out of force once it has passed"
    assert said(bench).words == f"the tray that passes since line 370 is box 1; {scan}"
    feed(sink, lines[500:], ended(info, lines))
    sink.close()
    assert [(one.box, one.scan, one.first_seq) for one in bench.all_scans()] == [(1, 1, 30), (1, 2, 370)]


def test_trays_that_somebody_registered_meanwhile_are_no_boxes_once_more(bench: Bench) -> None:
    info, lines = messages(np.concatenate([trays(2), tray(100)]))
    bench.log([info, *lines[:150]])
    feed(bench.start(), [info, *lines[:100]])
    bench.log(lines[150:], ended(info, lines))
    list(register(bench.session, bench.output, "ana"))
    registered = [*WHOLE[:2], (3, 710, 819, RUN_ENDED)]
    assert bench.scans() == registered
    info, lines = messages(trays(2), run=OTHER_RUN)
    bench.log([info, *lines], ended(info, lines))
    sink = bench.start()
    feed(sink, [info, *lines], ended(info, lines))
    sink.close()
    assert bench.scans() == [*registered, (3, 30, 349, ""), (4, 370, 689, "")]


def give(bench: Bench, identity: str, verb: str, box: int | None = None) -> None:
    order = CoreOrder.model_validate({"id": identity, "verb": verb, "box": box, "who": "ana"})
    OrderFile(bench.config.line.folder / ORDER).write(order.model_dump())


def test_an_order_is_followed_once_however_often_the_sink_begins(bench: Bench) -> None:
    info, lines = messages(trays(2))
    bench.log([info, *lines], ended(info, lines))
    sink = bench.start()
    feed(sink, [info, *lines[:100]])
    give(bench, "a", "end")
    until(sink, lambda: said(bench).order == "a")
    again = bench.start()
    feed(again, [info, *lines[360:]], ended(info, lines))
    again.close()
    assert [(box, first) for box, first, _, _ in bench.scans()] == [(1, 30), (2, 370)]


def test_an_order_of_yesterday_is_refused_and_not_followed_today(bench: Bench) -> None:
    info, lines = messages(trays(1))
    bench.log([info, *lines], ended(info, lines))
    sink = bench.start()
    feed(sink, [info, *lines], ended(info, lines))
    give(bench, "late", "begin", 4)
    sink.close()
    assert (said(bench).refused, said(bench).words) == (True, "the run has ended")
    give(bench, "night", "begin", 4)
    later, more = messages(trays(1), OTHER_RUN)
    bench.log([later, *more], ended(later, more))
    again = bench.start()
    until(again, lambda: said(bench).boxes)
    feed(again, [later, *more[:100]])
    until(again, lambda: said(bench).order == "night")
    assert said(bench).words == "it was given before this run began: give it again"
    feed(again, more[100:], ended(later, more))
    again.close()
    assert [box for box, *_ in bench.scans()] == [1, 2]


def test_boxes_by_order_alone_begin_and_end_when_somebody_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path, boxes="orders")
    info, lines = messages(trays(1))
    bench.log([info, *lines], ended(info, lines))
    sink = bench.start()
    feed(sink, [info, *lines[:50]])
    give(bench, "a", "begin", 2)
    until(sink, lambda: said(bench).order == "a")
    feed(sink, lines[50:120])
    give(bench, "b", "end")
    until(sink, lambda: said(bench).order == "b")
    feed(sink, lines[120:], ended(info, lines))
    sink.close()
    assert bench.scans() == [(2, 50, 119, "")]


def test_a_box_that_is_typed_while_the_line_runs_is_scanned(bench: Bench) -> None:
    info, lines = messages(trays(2))
    bench.log([info, *lines], ended(info, lines))
    text = bench.session.read_text()
    bench.session.write_text(text[: text.index("[[boxes]]\nnumber = 2")])
    sink = bench.start()
    feed(sink, [info, *lines[:360]])
    until(sink, lambda: said(bench).scanned == 1)
    assert said(bench).next is None
    bench.session.write_text(text)
    until(sink, lambda: said(bench).next is not None)
    feed(sink, lines[360:], ended(info, lines))
    sink.close()
    assert bench.scans() == WHOLE[:2]


def test_a_session_that_is_spoiled_while_the_line_runs_changes_nothing(bench: Bench) -> None:
    info, lines = messages(trays(1))
    bench.log([info, *lines], ended(info, lines))
    sink = bench.start()
    bench.session.write_text("hole = 3\n")
    feed(sink, [info, *lines], ended(info, lines))
    sink.close()
    assert bench.scans() == WHOLE[:1]


def test_a_line_without_a_log_is_refused_before_it_starts(bench: Bench) -> None:
    findings = Findings()
    bench.config.tables["sinks"].pop("log")
    check(bench.config, Expected(), findings)
    assert [str(one) for one in findings] == ["[sinks.core]: it reads what a sink of kind log writes: add [sinks.log]"]
    bench.session.write_text("")
    with pytest.raises(ConfigError, match="hole"):
        Core.check(bench.settings, Expected())


def test_a_state_that_makes_no_sense_is_none(bench: Bench) -> None:
    info, lines = messages(trays(1))
    bench.log([info, *lines], ended(info, lines))
    (bench.output / "core" / "DH-1").mkdir(parents=True)
    (bench.output / "core" / "DH-1" / "scanning.json").write_text(json.dumps({"run": 3}))
    sink = bench.start()
    feed(sink, [info, *lines], ended(info, lines))
    sink.close()
    assert bench.scans() == WHOLE[:1]


@pytest.mark.parametrize("sent", [True, False])
def test_lines_that_nobody_saw_between_two_trays_make_no_box_of_both(bench: Bench, sent: bool) -> None:
    """Tray 2 ends at line 679 and tray 3 begins at 720; what is lost is told by numbers and by the encoder."""
    info, lines = messages(trays(4))
    got = [one for at, one in enumerate(lines) if not 500 <= at < 800]
    bench.log([info, *got], ended(info, lines))
    sink = bench.start()
    if sent:
        feed(sink, [info, *got[:500], Gap(RUN, 1, 500, 300, Reason.RESTART), *got[500:]])
    else:
        feed(sink, [info])
    feed(sink, ended(info, lines))
    sink.close()
    assert bench.scans() == [(1, 30, 349, ""), (2, 370, 499, UNSEEN), (3, 800, 1029, ""), (4, 1050, 1369, "")]
    assert [one.counted for one in bench.all_scans()] == [False, False, True, True]
    assert said(bench).next is None
    assert bench.start()._scanning.next_box is None
