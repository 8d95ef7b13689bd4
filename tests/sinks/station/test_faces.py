"""Faces that fail: opened again at once, and told ever more rarely."""

from __future__ import annotations

import asyncio

import pytest

from sinks.station import faces
from sinks.station.faces import Failures, show


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Words of what is reported."""
    words: list[str] = []
    monkeypatch.setattr(faces, "report", lambda _stage, _kind, said: words.append(said))
    return words


def test_a_face_that_cannot_be_opened_for_a_day_is_told_a_few_times(told: list[str]) -> None:
    now = 0.0
    failures, at = Failures("web", lambda: now), []
    for _ in range(12 * 3600):
        before = len(told)
        failures.tell(OSError("port 8470 is taken"))
        at += [now] * (len(told) - before)
        now += 2.0
    assert at[:6] == [0.0, 10.0, 30.0, 70.0, 150.0, 310.0]
    assert 20 < len(told) < 40
    assert told[0] == "web: port 8470 is taken; it is opened again every 2 s"
    assert told[1].endswith("every 2 s, 6 times by now")
    failures.calm()
    failures.tell(OSError("again"))
    assert told[-1] == "web: again; it is opened again every 2 s"


def test_a_face_that_fails_is_opened_until_it_can_be(told: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faces, "AGAIN_S", 0.001)
    opened: list[int] = []

    class Failing:
        async def run(self) -> None:
            raise RuntimeError("it broke")

    class Good:
        async def run(self) -> None:
            raise asyncio.CancelledError

    def again() -> object:
        opened.append(len(opened))
        if len(opened) < 4:
            raise OSError("the port is taken")
        return Good()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(show("web", Failing(), again))  # type: ignore[arg-type]
    assert opened == [0, 1, 2, 3]
    assert told == ["web: it broke; it is opened again every 0.001 s"]
