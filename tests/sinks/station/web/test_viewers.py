"""Viewers: nothing without credit, and what a page missed is counted for it alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from sinks.station.web.viewers import MOST_BLOCKS, MOST_STONES, Viewer, Viewers


class Kept:
    """A socket that keeps what it was sent."""

    def __init__(self) -> None:
        self.sent: list[str | bytes] = []

    async def send_bytes(self, data: bytes) -> None:
        self.sent.append(data)

    async def send_text(self, data: str) -> None:
        self.sent.append(data)


def served(*acts: Callable[[Viewer], None]) -> tuple[Viewer, list[str | bytes]]:
    """A viewer, and what it was sent when all of that had happened, one after the other."""

    async def run() -> tuple[Viewer, list[str | bytes]]:
        viewer, socket = Viewer(), Kept()
        serving = asyncio.ensure_future(viewer.serve(socket))
        for act in acts:
            act(viewer)
            for _ in range(50):
                await asyncio.sleep(0)
        serving.cancel()
        return viewer, socket.sent

    return asyncio.run(run())


def lines(first: int, n: int = 1) -> Callable[[Viewer], None]:
    def offer(viewer: Viewer) -> None:
        for number in range(first, first + n):
            viewer.offer_lines(b"%d" % number, 22)

    return offer


def test_a_page_without_credit_is_sent_nothing() -> None:
    viewer, sent = served(lines(0, 3), lambda viewer: viewer.offer_state("status", "{}"))
    assert (sent, viewer.lines) == ([], 0)


def test_a_page_is_sent_as_much_as_it_grants() -> None:
    viewer, sent = served(lambda viewer: viewer.grant(2), lines(0, 3))
    assert sent == [b"0", b"1"]
    assert (viewer.lines, viewer.shed) == (44, 0)


def test_a_page_that_was_away_goes_on_with_what_is_now() -> None:
    away = 1000
    viewer, sent = served(lines(0, away), lambda viewer: viewer.grant(16))
    first = int(sent[0])
    assert away - first <= MOST_BLOCKS
    assert sent == [b"%d" % number for number in range(first, away)]
    assert viewer.lines + viewer.shed == 22 * away


def test_only_the_newest_state_is_sent() -> None:
    _, sent = served(
        lambda viewer: viewer.offer_state("status", "old"),
        lambda viewer: viewer.offer_state("status", "new"),
        lambda viewer: viewer.grant(5),
    )
    assert sent == ["new"]


def test_stones_go_together_and_no_more_than_a_few_wait() -> None:
    _, sent = served(
        lambda viewer: [viewer.offer_stone(str(number)) for number in range(MOST_STONES + 5)] and None,
        lambda viewer: viewer.grant(1),
    )
    assert sent == ['{"topic":"stones","stones":[' + ",".join(str(n) for n in range(5, MOST_STONES + 5)) + "]}"]


@pytest.mark.parametrize("granted", [10_000, 999])
def test_credit_has_a_bound(granted: int) -> None:
    viewer = Viewer()
    viewer.grant(granted)
    assert viewer.credit == 16


def test_who_comes_late_is_told_the_state() -> None:
    viewers, late = Viewers(8), Viewer()
    viewers.state("status", "now")
    viewers.join(late)
    assert late._next() == "now"
