"""Accounts are exact, quantiles are right to a hundredth, and the port serves whoever asks."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import ExitStack, suppress
from time import sleep

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from oreline import metrics_server
from oreline.incidents import report
from oreline.messages import EndOfStream, Gap, Message, Reason
from oreline.metrics import REGISTRY, Account, LatencyHistogram, Reading, latency
from tests.oreline.stream.streams import RUN, info, line


@given(st.lists(st.integers(1_000, 10**10), min_size=1, max_size=300), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_within_a_hundredth_of_the_true_one(values: list[int], q: float) -> None:
    histogram = LatencyHistogram()
    for value in values:
        histogram.observe_ns(value)
    true_ms = sorted(values)[max(0, int(np.ceil(q * len(values))) - 1)] / 1e6
    assert histogram.quantile(q) == pytest.approx(true_ms, rel=0.011)
    assert histogram.max_ms == pytest.approx(max(values) / 1e6)


def test_an_account_adds_up_line_by_line() -> None:
    account = Account("test")
    messages: list[Message] = [
        info(),
        Gap(RUN, 0, 0, 5, Reason.REFERENCE),
        line(5),
        Gap(RUN, 0, 6, 2, Reason.DROPPED),
        Gap(RUN, 0, 8, 3, Reason.SHED),
        line(11),
        EndOfStream(RUN, 0, 12, 2, 2, 5),
    ]
    for message in messages:
        account.see(message)
    assert account.summary() == {
        "acquired": 7,
        "lines": 2,
        "shed": 3,
        "lost": 2,
        "reference": 5,
        "unaccounted": 0,
    }


def test_a_line_that_never_came_is_unaccounted_for() -> None:
    account = Account("test")
    account.see(line(0))
    account.see(line(3))
    assert account.unaccounted == 2


def test_metrics_are_exposed_with_their_stage_and_reason() -> None:
    account = Account("exposed")
    account.see(line(0))
    account.see(Gap(RUN, 0, 1, 4, Reason.INCOMPLETE))
    account.see(Gap(RUN, 0, 5, 200, Reason.REFERENCE))
    report("exposed", "lamp")
    latency("exposed").observe_ns(3_000_000)
    text = generate_latest(REGISTRY).decode()
    assert 'oreline_lines_total{kind="scene",stage="exposed"} 1.0' in text
    assert 'oreline_lines_total{kind="reference",stage="exposed"} 200.0' in text
    assert 'oreline_gap_lines_total{reason="incomplete",stage="exposed"} 4.0' in text
    assert 'oreline_incidents_total{kind="lamp",stage="exposed"} 1.0' in text
    assert "_created" not in text
    assert 'oreline_latency_ms_bucket{le="5.0",stage="exposed"} 1.0' in text
    assert 'oreline_latency_ms_bucket{le="2.0",stage="exposed"} 0.0' in text


def test_what_comes_again_is_not_counted_again() -> None:
    account = Account("again")
    for message in (line(0), line(1), Gap(RUN, 0, 1, 4, Reason.RING_FULL), line(5), line(5)):
        account.see(message)
    assert (account.lines, account.lost, account.acquired, account.unaccounted) == (3, 3, 6, 0)


def test_what_is_not_known_has_no_value() -> None:
    """No camera has said its temperature, and none is 0 degrees; what is lost is not what it was last."""
    registry = CollectorRegistry()
    reading = Reading("belt_celsius", "Of this test", registry)
    assert "\nbelt_celsius " not in generate_latest(registry).decode()
    reading.set(21.5)
    assert "\nbelt_celsius 21.5\n" in generate_latest(registry).decode()
    reading.read = None
    assert "\nbelt_celsius " not in generate_latest(registry).decode()


@pytest.mark.parametrize("name", ["oreline_camera_temperature_celsius", "oreline_reference_age_seconds"])
def test_a_process_without_a_camera_or_a_reference_says_nothing_of_them(name: str) -> None:
    code = (
        "from oreline.metrics import REGISTRY; from prometheus_client import generate_latest as g; print(g(REGISTRY))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "oreline_lines_total" in done.stdout
    assert f"\n{name} " not in done.stdout


def read(port: int) -> str:
    """As Prometheus does."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text: str = answer.read().decode()
    return text


def test_clients_that_say_nothing_take_the_port_from_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server._Handler, "timeout", None)
    port, before = metrics_server.serve(REGISTRY, 0), threading.active_count()
    with ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 30)) for _ in range(200)]
        for guest in silent[::2]:
            guest.sendall(b"GET /metr")
        assert "oreline_lines_total" in read(port)
        for guest in silent[: -metrics_server.AT_ONCE]:
            assert is_sent_away(guest)
        while threading.active_count() - before > metrics_server.AT_ONCE + 1:
            sleep(0.01)


def test_a_client_that_says_nothing_is_sent_away_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_server._Handler, "timeout", 0.05)
    with socket.create_connection(("127.0.0.1", metrics_server.serve(REGISTRY, 0)), 30) as guest:
        assert is_sent_away(guest)


def is_sent_away(guest: socket.socket) -> bool:
    try:
        return guest.recv(1) == b""
    except ConnectionError:
        return True


def test_what_is_no_request_is_answered_or_closed_in_silence(capfd: pytest.CaptureFixture[str]) -> None:
    port = metrics_server.serve(REGISTRY, 0)
    rubbish = (
        b"\xff\x00\n\n",
        b"GET\n\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"A" * 70_000 + b"\n",
        b"GET /metrics HTTP/1.1\r\n",
    )
    for words in rubbish:
        with socket.create_connection(("127.0.0.1", port)) as guest, suppress(ConnectionError):
            guest.sendall(words)
            guest.shutdown(socket.SHUT_WR)
            while guest.recv(65_536):
                pass
    assert "oreline_lines_total" in read(port)
    assert capfd.readouterr() == ("", "")
