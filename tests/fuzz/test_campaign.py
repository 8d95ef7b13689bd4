"""A fuzzer that finds nothing must be one that would have."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oreline.errors import WireError
from tests.fuzz import __main__ as command
from tests.fuzz import campaign, guided
from tests.fuzz.campaign import Chunk, Tally
from tests.fuzz.frames import AtWork, join, split
from tests.fuzz.target import Frames, Target

VALID = st.binary(min_size=4, max_size=8).map(lambda data: b"ok" + data)


def decode(frames: Frames) -> bytes:
    if len(frames) != 1 or not frames[0].startswith(b"ok"):
        raise WireError("no message")
    return frames[0]


def try_decoder(wrong: Callable[[Frames], object], out: Path, count: int = 400) -> Tally:
    """A campaign over a decoder that is right, but for what `wrong` does before it."""

    def wronged(frames: Frames) -> bytes:
        wrong(frames)
        return decode(frames)

    def make(_folder: Path) -> Target:
        return Target(VALID, lambda message: [message], wronged, WireError)

    return campaign.run(Chunk("planted", seed=3, number=0, count=count, out=out), make)


def fail(frames: Frames) -> None:
    if len(frames) == 1 and len(frames[0]) == 3:
        raise KeyError("three")


def spin(frames: Frames) -> None:
    while not frames:
        pass


def die(frames: Frames) -> None:
    if not frames:
        os._exit(7)


def test_a_decoder_without_fault_is_tried_to_the_end(tmp_path: Path) -> None:
    tally = try_decoder(bool, tmp_path)
    assert (tally.tried, tally.escapes) == (400, [])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("wrong", "report"),
    [
        (fail, "KeyError"),
        (spin, "TookTooLong"),
        (lambda frames: bytearray(1 << 30) if not frames else None, "MemoryError"),
        (lambda frames: warnings.warn("odd", RuntimeWarning, stacklevel=1) if not frames else None, "RuntimeWarning"),
        (lambda _: decode((b"no",)), "a valid message was refused"),
    ],
    ids=["exception", "time", "memory", "warning", "refusal"],
)
def test_what_escapes_is_found(
    wrong: Callable[[Frames], object], report: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign, "PATIENCE_S", 0.1)
    (escape,) = try_decoder(wrong, tmp_path, 4000).escapes
    assert report in escape.report


def test_a_message_that_changes_is_found(tmp_path: Path) -> None:
    def make(_folder: Path) -> Target:
        return Target(VALID, lambda message: [message + b"!"], decode, WireError)

    (escape,) = campaign.run(Chunk("planted", 3, 0, 10, tmp_path), make).escapes
    assert "Changed" in escape.report


def test_the_same_seed_gives_the_same_inputs(tmp_path: Path) -> None:
    seen: list[list[Frames]] = [[], []]
    for one in seen:
        try_decoder(one.append, tmp_path)
    assert seen[0] == seen[1]


def test_what_was_found_is_saved_and_ends_the_command_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = try_decoder(fail, tmp_path, 4000)
    assert command.verdict(found, 1.0, tmp_path) == 1
    (path,) = tmp_path.iterdir()
    assert split(path.read_bytes()) == found.escapes[0].frames
    assert capsys.readouterr().out.splitlines()[-1].endswith("FAILED, 1 kinds of escape")


def test_an_input_that_kills_its_process_is_known_all_the_same(tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=try_decoder, args=(die, tmp_path, 4000))
    child.start()
    child.join()
    assert child.exitcode == 7
    (path,) = tmp_path.iterdir()
    assert AtWork.read(path) == ()


@given(st.lists(st.binary(max_size=20), max_size=7).map(tuple))
def test_an_input_survives_its_file(frames: Frames) -> None:
    assert split(join(frames)) == frames


@given(st.binary(max_size=40))
def test_any_file_is_some_input(data: bytes) -> None:
    assert all(type(frame) is bytes for frame in split(data))


def test_the_count_is_that_of_the_inputs_tried_whatever_the_shares() -> None:
    assert sum(command.portions(["wire", "card", "pulse"], 1001).values()) == 1001


def test_the_command_tries_what_it_was_told_to_and_says_so_last(tmp_path: Path) -> None:
    words = ["--count", "600", "--target", "control", "pulse", "--out", str(tmp_path)]
    ended = subprocess.run([sys.executable, "-m", "tests.fuzz", *words], capture_output=True, text=True, check=True)
    last = ended.stdout.splitlines()[-1]
    assert last.startswith("600 inputs")
    assert last.endswith("nothing escaped")


def test_coverage_guides_inputs_where_atheris_is_installed(tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    tally = guided.run("pulse", 500, 0, tmp_path)
    assert (tally.tried, tally.escapes) == (500, [])
    assert len(list((tmp_path / "corpus" / "pulse").iterdir())) >= guided.SEEDS
