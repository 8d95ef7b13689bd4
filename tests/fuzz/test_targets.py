"""Every decoder, for a few seconds: `make fuzz` does the same for longer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.fuzz.campaign import NO_LIMITS, Chunk, run
from tests.fuzz.targets import TARGETS

COUNT = 800

each_target = pytest.mark.parametrize("name", TARGETS)


@each_target
def test_every_valid_message_comes_out_as_it_went_in(name: str, tmp_path: Path) -> None:
    target = TARGETS[name](tmp_path)

    @settings(max_examples=60, derandomize=True, **NO_LIMITS)
    @given(target.valid)
    def survives(message: Any) -> None:
        target.check(message)

    survives()


@each_target
def test_nothing_but_the_documented_refusal_comes_out_of_a_decoder(name: str, tmp_path: Path) -> None:
    tally = run(Chunk(name, seed=1, number=0, count=COUNT, out=tmp_path))
    assert [escape.report for escape in tally.escapes] == []
    assert (tally.tried, tally.accepted + tally.refused) == (COUNT, COUNT)
    assert tally.accepted > 100
    assert tally.refused > 100
