"""What a supervisor believes of what comes to its socket and from its workers' ports: anyone can send there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Thread

import pytest

from oreline.config import Config
from oreline.errors import STOPPED, ConfigError, StateGone, Stopped
from oreline.incidents import Severity, kind_of
from oreline.supervision.supervisor import Supervisor, workers_of

RUBBISH = [
    b"\xff\xfe\x00READY=1\nX_NAME=log",
    b"X_NAME=log\nREADY=1\nX_METRICS_PORT=zz",
    b"X_NAME=log\nREADY=1\nX_METRICS_PORT=-1",
    b"X_NAME=log\nREADY=1\nX_METRICS_PORT=99999",
    b"X_NAME=log\nREADY=1\nX_METRICS_PORT=" + "\u0664\u0662".encode(),
    b"X_NAME=log\nREADY=1\nWATCHDOG_USEC=soon",
    b"X_NAME=log\nREADY=1\nWATCHDOG_USEC=-5",
    b"X_NAME=log\nREADY=1\nWATCHDOG_USEC=" + b"9" * 4000,
    b"\0" * 4096,
    b"",
    b"====\n=",
    b"X_NAME=nobody\nREADY=1",
]
"""Of none of these is the log ready."""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with supervising(tmp_path) as made:
        yield made


@contextmanager
def supervising(tmp_path: Path, **sinks: dict[str, str]) -> Iterator[Supervisor]:
    """With a log, or other sinks."""
    line = {"state": str(tmp_path), "output": str(tmp_path / "out")}
    config = Config({"line": line, "sinks": sinks or {"log": {}}})
    lock = os.open(tmp_path / "line.lock", os.O_RDWR | os.O_CREAT)
    made = Supervisor(config, tmp_path / "line.json", lock)
    yield made
    made._notify.close()
    os.close(lock)


def test_whoever_sends_rubbish_to_the_supervisors_socket_is_ignored(supervisor: Supervisor, tmp_path: Path) -> None:
    log = supervisor.worker("log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        stranger.connect(str(tmp_path / "notify.sock"))
        for words in RUBBISH:
            stranger.send(words)
            supervisor._listen(0.01)
            assert not log.ready, words
        stranger.send(b"X_NAME=log\nREADY=1\nX_METRICS_PORT=9101\nSTATUS=ready")
        supervisor._listen(0.01)
    assert (log.ready, log.port) == (True, 9101)


def test_of_several_that_refuse_the_first_is_named_unless_it_is_started_again(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    log, inference = supervisor.worker("log"), supervisor.worker("inference")
    assert "log refused to go on (exit code 40)" in str(supervisor._refused(log, 40))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.connect(str(tmp_path / "notify.sock"))
        for name, code, why in (("log", 41, "no room"), ("acquisition", 14, "no Shuter"), ("inference", 60, "no peer")):
            told.send(f"X_NAME={name}\nX_REFUSED={code}\nSTATUS={why}".encode())
        first = supervisor._refused(inference, 60)
    assert (str(first), first.exit_code) == ("log refused to go on (exit code 41): no room", 41)
    supervisor._up = True
    assert str(supervisor._refused(inference, 60)) == "acquisition refused to go on (exit code 14): no Shuter"
    assert supervisor._refused(log, 41).exit_code == 41


@pytest.mark.parametrize(
    "answer", [b"", b"\xff\n", b"SSH-2.0-other\r\n", b"HTTP/1.0 200 OK\r\n\r\nno { metrics", b"HTTP/1.0 500 No\r\n\r\n"]
)
def test_another_program_at_a_workers_metrics_port_has_no_samples(supervisor: Supervisor, answer: bytes) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            other, _ = listening.accept()
            with other:
                other.recv(4096)
                other.sendall(answer)

        answering = Thread(target=serve)
        answering.start()
        supervisor.worker("log").port = listening.getsockname()[1]
        assert supervisor.samples("log") == {}
        answering.join()


@pytest.mark.parametrize("name", ["notify.sock", "line.json", "raw.ring"])
def test_a_line_whose_folder_is_emptied_while_it_runs_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for made in ("line.json", "raw.ring"):
        (tmp_path / made).touch()
    with supervising(tmp_path) as supervisor:

        def remove(_: Supervisor) -> None:
            (tmp_path / name).unlink()

        supervisor.tick = remove
        monkeypatch.setattr(supervisor, "_start_all", lambda: None)
        with pytest.raises(StateGone, match=r"was removed.*loginctl enable-linger"):
            supervisor.run()


def test_who_dies_of_a_folder_that_is_gone_is_not_the_cause(tmp_path: Path) -> None:
    (tmp_path / "line.json").touch()
    with supervising(tmp_path) as supervisor:
        worker = supervisor.worker("inference")
        worker.process = subprocess.Popen([sys.executable, "-c", f"raise SystemExit({ConfigError.exit_code})"])
        worker.process.wait()
        (tmp_path / "line.json").unlink()
        with pytest.raises(StateGone):
            supervisor._check(worker)


@pytest.mark.parametrize("finishing", [False, True])
def test_a_stop_before_the_line_is_ready_is_no_alarm(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, finishing: bool
) -> None:
    said: list[str] = []
    monkeypatch.setattr("oreline.supervision.supervisor.report", lambda _, kind, __, **___: said.append(kind))
    monkeypatch.setattr(supervisor, "finishing", finishing)
    monkeypatch.setattr(supervisor, "_start", lambda _: supervisor._stop(2, None))
    with pytest.raises(Stopped, match="before the line was ready") as stop:
        supervisor.run()
    assert stop.value.exit_code == STOPPED
    assert [kind_of(kind).severity for kind in said] == [Severity.INFO]


def test_who_only_looks_on_and_is_told_to_end_before_it_can_hear_has_ended(supervisor: Supervisor) -> None:
    worker = supervisor.worker("log")
    worker.spectator, supervisor._up = True, True
    worker.process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    worker.terminate()
    worker.process.wait()
    supervisor._check(worker)
    assert worker.ended


def test_who_only_looks_on_may_be_silent_for_longer(tmp_path: Path) -> None:
    sinks = {"log": {}, "station": {"web": {"port": 0}}}
    config = Config({"line": {"output": str(tmp_path), "watchdog_s": 2.0}, "sinks": sinks})
    silence = {worker.name: worker.watchdog_s for worker in workers_of(config, tmp_path / "line.json")}
    assert (silence["log"], silence["station"]) == (2.0, 5.0)


RAW = {"sink": "record", "what": "raw"}


def test_a_line_that_only_records_has_no_inference(tmp_path: Path) -> None:
    for sinks, names in (({"raw": RAW}, ["raw"]), ({"raw": RAW, "log": {}}, ["raw", "log", "inference"])):
        with supervising(tmp_path, **sinks) as made:
            assert [worker.name for worker in made.workers] == [*names, "acquisition"]
            assert not made.samples("inference")


def test_a_recorder_of_raw_lines_is_not_ended_because_inference_has(tmp_path: Path) -> None:
    """It may be behind, and takes from acquisition what is left."""
    with supervising(tmp_path, raw=RAW, log={}) as made:
        made.worker("inference").ended = True
        assert made._orphans() == ["log", "inference"]
        made.worker("raw").ended = True
        assert made._orphans() == ["raw", "log", "inference", "acquisition"]


def test_a_recorder_of_raw_lines_whose_acquisition_has_ended_has_nobody_to_hear_from(tmp_path: Path) -> None:
    with supervising(tmp_path, raw=RAW) as made:
        made.stopping, made.worker("acquisition").ended = 1, True
        assert made._orphans() == ["raw"]
