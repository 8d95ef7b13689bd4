"""Depth of what lies in boxes of core."""

import pytest

from sinks.core.depth import Recovery


def test_a_stub_of_the_run_before_makes_recovery_more_than_all_of_it() -> None:
    assert Recovery(100.0, 101.5, 1.53).share == pytest.approx(1.02)
