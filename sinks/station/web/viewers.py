"""Viewers: open pages, each with what waits for it, and credit for what may be sent.

A socket hides how far behind a browser is. So a page grants messages, and grants more as it has dealt with some;
without credit nothing is sent to it. Of what it missed it gets the newest: the state as it is, and lines from now on.
What it was not sent is counted for it alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Protocol

MOST_BLOCKS = 6
"""Of lines that wait for a page: 0.2 s."""
MOST_STONES = 256
MOST_CREDIT = 16


class Socket(Protocol):
    """Where a page's messages go."""

    async def send_bytes(self, data: bytes) -> None: ...

    async def send_text(self, data: str) -> None: ...


@dataclass(eq=False)
class Viewer:
    """Viewer, one open page. `lines`, `shed`: lines that it was sent, and that it was not. `credit`: messages that it
    still takes."""

    credit: int = 0
    lines: int = 0
    shed: int = 0
    _blocks: deque[tuple[bytes, int]] = field(default_factory=deque)
    _state: dict[str, str] = field(default_factory=dict)
    _stones: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_STONES))
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def grant(self, messages: int) -> None:
        """The page takes so many more."""
        self.credit = max(0, min(MOST_CREDIT, self.credit + messages))
        self._news.set()

    def offer_lines(self, block: bytes, n: int) -> None:
        """Lines. Where too many wait, all that do are passed over: what is shown then is now."""
        if len(self._blocks) >= MOST_BLOCKS:
            self.shed += sum(waiting for _, waiting in self._blocks)
            self._blocks.clear()
        self._blocks.append((block, n))
        self._news.set()

    def offer_state(self, topic: str, text: str) -> None:
        """The state of something, in place of the one before."""
        self._state[topic] = text
        self._news.set()

    def offer_stone(self, text: str) -> None:
        """A stone, one of several in an array."""
        self._stones.append(text)
        self._news.set()

    async def serve(self, socket: Socket) -> None:
        """Send what there is, as far as credit goes, until cancelled or the socket is gone."""
        while True:
            await self._news.wait()
            message = self._next() if self.credit else None
            if message is None:
                self._news.clear()
                continue
            self.credit -= 1
            await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))

    def _next(self) -> str | bytes | None:
        for topic in self._state:
            return self._state.pop(topic)
        if self._stones:
            text = f'{{"topic":"stones","stones":[{",".join(self._stones)}]}}'
            self._stones.clear()
            return text
        if self._blocks:
            block, n = self._blocks.popleft()
            self.lines += n
            return block
        return None


class Viewers:
    """Viewers of one hub. `total`: lines published so far. Each new one is told what there is."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.total = 0
        self._viewers: set[Viewer] = set()
        self._state: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._viewers)

    def join(self, viewer: Viewer) -> None:
        for topic, text in self._state.items():
            viewer.offer_state(topic, text)
        self._viewers.add(viewer)

    def leave(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)

    def lines(self, block: bytes, n: int) -> None:
        for viewer in self._viewers:
            viewer.offer_lines(block, n)

    def state(self, topic: str, text: str) -> None:
        self._state[topic] = text
        for viewer in self._viewers:
            viewer.offer_state(topic, text)

    def stone(self, text: str) -> None:
        for viewer in self._viewers:
            viewer.offer_stone(text)

    @property
    def shed(self) -> dict[str, Any]:
        """What browsers were too slow for."""
        return {"viewers": len(self), "lines": sum(one.lines for one in self._viewers)}
