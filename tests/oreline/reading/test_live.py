"""Lines of a line that runs, as a script beside it gets them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oreline.config import Config
from oreline.errors import ConfigError, StreamError
from oreline.messages import Gap, LabelLine, Line, Message, Reason
from oreline.reading import lines, live
from oreline.ring import Ring, slot_bytes
from oreline.stream import Outbox
from oreline.testing import LINES, RUN, end_of_stream, label_line, stream_info

SLOTS = 64
TYPES = {stream: type(make(0, stream_info())) for stream, make in LINES.items()}


class Owner:
    """What serves a stream of a line, in a thread that pumps as a process does."""

    def __init__(self, path: Path, stream: str = "labels") -> None:
        site = Config.load(path).line
        lines_of = TYPES[stream]
        assert issubclass(lines_of, Line)
        ring = Ring.open(site.ring(stream), SLOTS, slot_bytes(8192))
        self.outbox = Outbox(site.endpoint(stream), ring, lines=lines_of, hold_s=0.2)
        self.lock, self._ends = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def _pump(self) -> None:
        while not self._ends.wait(0.001):
            with self.lock:
                self.outbox.pump()

    def put(self, *messages: Message) -> None:
        with self.lock:
            for message in messages:
                self.outbox.put(message)

    def visitors(self) -> list[str]:
        with self.lock:
            return sorted(one.name for one in self.outbox._consumers.values())

    def is_drained(self) -> bool:
        with self.lock:
            return self.outbox.drained

    def close(self) -> None:
        self._ends.set()
        self._thread.join()
        self.outbox.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    path = tmp_path / "line.json"
    path.write_text(json.dumps({"line": {"name": "north", "output": str(tmp_path / "out"), "state": str(state)}}))
    return path


@pytest.fixture
def owner(file: Path) -> Iterator[Owner]:
    with closing(Owner(file)) as made:
        yield made


def wait_until(holds: Any) -> None:
    """For events of the owner's thread."""
    until = threading.Event()
    while not holds():
        until.wait(0.002)


@pytest.mark.parametrize("stream", ["labels", "reflectance", "features", "stones"])
def test_every_stream_gives_its_lines_in_order_until_the_run_ends(file: Path, stream: Any) -> None:
    info = stream_info()
    with closing(Owner(file, stream)) as owner:
        owner.put(info, *(LINES[stream](seq, info) for seq in range(5)), end_of_stream(info, 5))
        stream_of = lines(file, stream, policy="complete")
        got = list(stream_of)
    assert [line.stamp.seq for line in got] == list(range(5))
    assert {type(line) for line in got} == {TYPES[stream]}
    assert stream_of.info
    assert stream_of.info.classes == info.classes
    assert not stream_of.missing


def test_lines_are_arrays_of_their_own(file: Path, owner: Owner) -> None:
    info = stream_info()
    owner.put(info, label_line(0, info, np.arange(32)))
    first = next(iter(lines(file, policy="complete")))
    owner.put(*(label_line(seq, info) for seq in range(1, 3 * SLOTS)))
    assert first.labels.tolist() == list(range(32))


def test_what_a_complete_reader_does_not_get_is_told_and_what_was_before_it_is_none_of_its_affairs(
    file: Path, owner: Owner
) -> None:
    info = stream_info()
    owner.put(info, Gap(RUN, 1, 0, 10, Reason.REFERENCE), *(label_line(seq, info) for seq in range(10, 13)))
    owner.put(Gap(RUN, 1, 13, 4, Reason.DROPPED), label_line(17, info), end_of_stream(info, 18))
    stream = lines(file, policy="complete")
    assert [line.stamp.seq for line in stream] == [10, 11, 12, 17]
    assert stream.missing == {Reason.DROPPED: 4}


def test_a_complete_reader_goes_on_behind_its_last_line(file: Path, owner: Owner) -> None:
    info = stream_info()
    owner.put(info, *(label_line(seq, info) for seq in range(8)))
    for line in lines(file, policy="complete"):
        if line.stamp.seq == 4:
            break
    owner.put(label_line(8, info), end_of_stream(info, 9))
    assert [one.stamp.seq for one in lines(file, policy="complete", after=line)] == [5, 6, 7, 8]


def test_a_fresh_reader_gets_nothing_old_and_counts_what_it_was_too_slow_for(file: Path, owner: Owner) -> None:
    info = stream_info()
    owner.put(info, *(label_line(seq, info, t_ns=1) for seq in range(5)), label_line(5, info))
    stream = lines(file, budget_ms=3_600_000.0)
    got = iter(stream)
    assert next(got).stamp.seq == 5
    owner.put(*(label_line(seq, info, t_ns=1) for seq in range(6, 9)), label_line(9, info), end_of_stream(info, 10))
    assert [line.stamp.seq for line in got] == [9]
    assert stream.missing == {Reason.SHED: 3}


def test_what_has_waited_here_behind_a_slow_loop_is_not_fresh_any_more(file: Path) -> None:
    stream = live.Lines[LabelLine](Config.load(file), "labels", live.Policy.FRESH, budget_ms=1000.0)
    came = [label_line(0), label_line(1, t_ns=1), label_line(2)]
    assert [line.stamp.seq for line in stream._lines(came, since_first=True)] == [0, 2]
    assert stream.missing == {Reason.SHED: 1}


def test_a_reader_that_does_nothing_holds_up_nobody(file: Path, owner: Owner) -> None:
    info = stream_info()
    owner.put(info, label_line(0, info))
    reader = iter(lines(file, policy="complete"))
    next(reader)
    owner.put(*(label_line(seq, info) for seq in range(1, 10 * SLOTS)))
    with owner.lock:
        assert owner.outbox.has_room()
    wait_until(owner.is_drained)
    assert owner.visitors() == []
    owner.put(end_of_stream(info, 10 * SLOTS))
    assert next(line.stamp.seq for line in reader) >= 9 * SLOTS


READER = """
import sys
from oreline.reading import lines
for line in lines(sys.argv[1], policy="complete"):
    print(line.stamp.seq, flush=True)
"""


def test_a_reader_that_is_killed_is_gone_and_nothing_is_kept_for_it(file: Path, owner: Owner) -> None:
    info = stream_info()
    owner.put(info, label_line(0, info))
    with subprocess.Popen([sys.executable, "-c", READER, str(file)], stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout
        assert reader.stdout.readline() == "0\n"
        owner.put(label_line(1, info))
        os.kill(reader.pid, signal.SIGKILL)
    owner.put(label_line(2, info))
    wait_until(owner.is_drained)


@pytest.mark.parametrize("policy", ["fresh", "complete"])
def test_a_reader_that_ends_its_loop_is_forgotten_at_once_and_no_alarm_is_raised(
    file: Path, owner: Owner, policy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    owner.outbox.holds.hold_s = 1e6
    info = stream_info()
    owner.put(info, label_line(0, info))
    for _ in lines(file, policy=policy):
        break
    owner.put(label_line(1, info))
    wait_until(owner.is_drained)
    assert owner.outbox.holds._heard_ns == {}
    assert capsys.readouterr().err == ""


def test_a_fresh_reader_that_is_silent_is_no_alarm_for_nothing_was_kept_for_it(
    file: Path, owner: Owner, capsys: pytest.CaptureFixture[str]
) -> None:
    info = stream_info()
    owner.put(info, label_line(0, info))
    reader = iter(lines(file))
    assert next(reader).stamp.seq == 0
    owner.put(label_line(1, info))
    wait_until(lambda: owner.visitors() == [])
    assert owner.is_drained()
    assert capsys.readouterr().err == ""


def test_readers_come_and_go_without_taking_each_other_s_place(file: Path, owner: Owner) -> None:
    info = stream_info()
    owner.put(info, label_line(0, info))
    stream = lines(file, policy="complete")
    one, other = iter(stream), iter(stream)
    assert [next(one).stamp.seq, next(other).stamp.seq] == [0, 0]
    owner.put(label_line(1, info))
    assert [next(one).stamp.seq, next(other).stamp.seq] == [1, 1]


def test_a_line_that_does_not_run_is_refused_with_what_to_do(file: Path) -> None:
    with pytest.raises(
        StreamError, match=r"does not run here: `oreline run .*line.json`, in the folder that its paths"
    ):
        lines(file)


def test_a_stream_that_is_not_made_is_refused_with_those_that_are(file: Path, owner: Owner) -> None:
    with pytest.raises(StreamError, match=r"makes no reflectance, but labels: add 'reflectance' to inference.streams"):
        lines(file, "reflectance")
    with pytest.raises(StreamError, match="makes no stones, but labels: it has no sorter"):
        lines(file, "stones")


def test_words_that_mean_nothing_are_refused_with_the_nearest(file: Path) -> None:
    stream: Any = "label"
    with pytest.raises(ConfigError, match=r"no stream 'label': .*[Dd]id you mean 'labels'"):
        lines(file, stream)
    with pytest.raises(ConfigError, match=r"no policy 'compleet'.*[Dd]id you mean 'complete'"):
        lines(file, policy="compleet")


def test_a_line_that_dies_and_does_not_come_back_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RESTART_S", 0.2)
    monkeypatch.setattr(live, "LOOK_S", 0.1)
    info = stream_info()
    with closing(Owner(file)) as owner:
        owner.put(info, label_line(0, info))
        reader = iter(lines(file, policy="complete"))
        assert next(reader).stamp.seq == 0
    with pytest.raises(StreamError, match="north has gone, and its stream has no end"):
        next(reader)


def test_a_line_whose_process_is_started_again_goes_on(file: Path) -> None:
    info = stream_info()
    with closing(Owner(file)) as owner:
        owner.put(info, label_line(0, info))
        reader = iter(lines(file, policy="complete"))
        assert next(reader).stamp.seq == 0
    with closing(Owner(file)) as again:
        again.put(label_line(1, info), end_of_stream(info, 2))
        assert [line.stamp.seq for line in reader] == [1]
