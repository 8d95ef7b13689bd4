"""Bus of the station: what happens, to whoever on the loop wants to hear of it. Who is slow misses the oldest, and
knows how much; nobody waits for it."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal, Self

Topic = Literal["lines", "info", "gap", "end", "stone", "incident", "status", "alarm", "minute", "shift", "audit"]


class Subscription:
    """Subscription to one topic; an asynchronous iterator of what comes, and a context that ends it.

    `depth`: how many wait, at most. `dropped`: how many were dropped, since there were more.
    """

    def __init__(self, depth: int, leave: Callable[[Subscription], None]) -> None:
        self.dropped = 0
        self._waiting: deque[Any] = deque(maxlen=depth)
        self._news, self._leave = asyncio.Event(), leave

    def put(self, item: Any) -> None:
        self.dropped += len(self._waiting) == self._waiting.maxlen
        self._waiting.append(item)
        self._news.set()

    async def get(self) -> Any:
        """The next, when there is one."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    def close(self) -> None:
        self._leave(self)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return await self.get()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()


class Bus:
    """Bus of one loop; `publish` and `subscribe` are called there and nowhere else."""

    def __init__(self) -> None:
        self._by_topic: defaultdict[str, list[Subscription]] = defaultdict(list)
        self._called: defaultdict[str, list[Callable[[Any], object]]] = defaultdict(list)

    def subscribe(self, topic: Topic, depth: int = 64) -> Subscription:
        """What is published on a topic from now on."""
        subscriptions = self._by_topic[topic]
        subscription = Subscription(depth, subscriptions.remove)
        subscriptions.append(subscription)
        return subscription

    def call(self, topic: Topic, function: Callable[[Any], object]) -> None:
        """Have a function called with each that is published from now on, at once: none is dropped, and those of
        several topics come in order. It is quick."""
        self._called[topic].append(function)

    def forget(self, topic: Topic, function: Callable[[Any], object]) -> None:
        """Call a function no more."""
        self._called[topic].remove(function)

    def publish(self, topic: Topic, item: Any) -> None:
        for function in self._called[topic]:
            function(item)
        for subscription in self._by_topic[topic]:
            subscription.put(item)
