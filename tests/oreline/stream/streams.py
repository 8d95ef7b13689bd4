"""Lines and endpoints for tests of the ring and of delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic_ns
from types import SimpleNamespace
from typing import Any

import numpy as np

from oreline.messages import ClassInfo, Flag, Kind, Message, RawLine, Stamp, StreamInfo
from oreline.ring import Ring, slot_bytes
from oreline.sink import Policy
from oreline.stream import Inbox, Outbox

RUN = bytes(range(16))
BANDS, SAMPLES = 5, 7


def info(run: bytes = RUN, seq: int = 0, epoch: int = 0) -> StreamInfo:
    wavelengths = tuple(900.0 + 10 * band for band in range(BANDS))
    classes = (ClassInfo("calcite", (1, 2, 3)), ClassInfo("talc", (4, 5, 6)))
    return StreamInfo(
        run, epoch, seq, "SIM", "S1", wavelengths, SAMPLES, 0, 4095, 900.0, 1.0, 450.0, 1.0, 0.5, classes, "abc"
    )


def line(seq: int, run: bytes = RUN, t_ns: int | None = None) -> RawLine:
    counts = np.full((BANDS, SAMPLES), seq % 4096, np.uint16)
    stamp = Stamp(run, 0, seq, seq, monotonic_ns() if t_ns is None else t_ns, 2 * seq)
    return RawLine(stamp, Kind.SCENE, Flag.NONE, counts)


def make_ring(folder: Path, slots: int = 64) -> Ring:
    return Ring.open(folder / "raw.ring", slots, slot_bytes(512, BANDS * SAMPLES * 2, 512))


def make_outbox(folder: Path, *complete: str, slots: int = 64) -> Outbox:
    return Outbox(f"ipc://{folder}/raw.sock", make_ring(folder, slots), complete)


def make_inbox(
    folder: Path,
    name: str = "log",
    policy: Policy = Policy.COMPLETE,
    *,
    local: bool = True,
    cursor: tuple[bytes, int] | None = None,
    budget_ms: float = 1e6,
    credit: int = 16,
    urgent: bool = False,
) -> Inbox:
    ring, endpoint = folder / "raw.ring" if local else None, f"ipc://{folder}/raw.sock"
    return Inbox(endpoint, name, policy, ring=ring, cursor=cursor, credit=credit, budget_ms=budget_ms, urgent=urgent)


def exchange(outbox: Outbox, inbox: Inbox, until: Callable[[list[Message]], bool], acked: bool = True) -> list[Message]:
    """Let both ends talk until `until` holds for what came; fails after 30 s, which no machine is busy for."""
    got: list[Message] = []
    deadline = monotonic_ns() + 30_000_000_000
    while not until(got):
        assert monotonic_ns() < deadline, f"only {len(got)} messages came: {got[-3:]}"
        outbox.pump(1)
        got += inbox.receive(1)
        if acked:
            inbox.ack()
    return got


@contextmanager
def closing(*ends: Outbox | Inbox) -> Iterator[None]:
    try:
        yield
    finally:
        for end in ends:
            end.close()


def seqs(messages: list[Message]) -> list[int]:
    """Numbers of the lines among them."""
    return [message.stamp.seq for message in messages if isinstance(message, RawLine)]


def service(*, stopping: bool) -> Any:
    """What a process hears: whether it is to end."""
    return SimpleNamespace(stopping=stopping, progress=lambda _: None)
