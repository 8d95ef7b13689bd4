"""Latency of the last seconds, out of a histogram's buckets."""

from __future__ import annotations

import math

import pytest

from sinks.station.latency import BUCKET, OVER, RecentLatency


def look(**counts: float) -> dict[tuple[str, ...], float]:
    edges = {"five": "5.0", "ten": "10.0", "all": "+Inf"}
    return {(BUCKET, edges[name], "conveyor"): n for name, n in counts.items()} | {(BUCKET, "5.0", "log"): 1e9}


def test_nothing_is_known_before_the_first_line() -> None:
    latency = RecentLatency("conveyor")
    assert math.isnan(latency.quantile(0.5))
    latency.see(look(five=0, ten=0, all=0))
    assert math.isnan(latency.quantile(0.5))


def test_a_quantile_lies_in_its_bucket_by_its_rank() -> None:
    latency = RecentLatency("conveyor")
    latency.see(look(five=50, ten=100, all=100))
    assert latency.quantile(0.5) == 5.0
    assert latency.quantile(0.75) == pytest.approx(7.5)


def test_what_is_long_ago_counts_no_more() -> None:
    latency = RecentLatency("conveyor")
    for n in range(OVER + 1):
        latency.see(look(five=100 if n else 0, ten=100 + 10 * n, all=100 + 10 * n))
    assert latency.quantile(0.01) > 5.0


def test_what_is_over_the_last_edge_is_at_least_that() -> None:
    latency = RecentLatency("conveyor")
    latency.see(look(five=0, ten=0, all=7))
    assert latency.quantile(0.5) == 10.0


def test_a_process_that_was_started_again_begins_anew() -> None:
    latency = RecentLatency("conveyor")
    latency.see(look(five=1000, ten=1000, all=1000))
    latency.see(look(five=0, ten=10, all=10))
    assert latency.quantile(0.5) == pytest.approx(7.5)
