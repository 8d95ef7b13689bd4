"""Accounts are exact, and quantiles are right to a hundredth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from oreline.messages import EndOfStream, Gap, Message, Reason
from oreline.metrics import REGISTRY, Account, LatencyHistogram, latency
from tests.oreline.streams import RUN, info, line


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
    latency("exposed").observe_ns(3_000_000)
    text = generate_latest(REGISTRY).decode()
    assert 'oreline_lines_total{kind="scene",stage="exposed"} 1.0' in text
    assert 'oreline_gap_lines_total{reason="incomplete",stage="exposed"} 4.0' in text
    assert 'oreline_latency_ms_bucket{le="5.0",stage="exposed"} 1.0' in text
    assert 'oreline_latency_ms_bucket{le="2.0",stage="exposed"} 0.0' in text


def test_what_comes_again_is_not_counted_again() -> None:
    account = Account("again")
    for message in (line(0), line(1), Gap(RUN, 0, 1, 4, Reason.RING_FULL), line(5), line(5)):
        account.see(message)
    assert (account.lines, account.lost, account.acquired, account.unaccounted) == (3, 3, 6, 0)
