"""A run over one target: its valid messages, its hostile inputs, and damaged ones in between, until the count is done.

A chunk of inputs is the unit: it comes from its seed and number alone, so a run is the same on any number of cores. A
chunk ends at the first input from which something escapes: an exception that is not the target's refusal, a warning, a
valid message that is refused, one that changes, more memory than ROOM, or more than a second or two of the processor.
"""

from __future__ import annotations

import resource
import signal
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.fuzz import mutate
from tests.fuzz.frames import AtWork
from tests.fuzz.target import Frames, MakeTarget, Target
from tests.fuzz.targets import TARGETS

CHUNK = 20_000
SCRATCH = "/dev/shm"
"""Inputs that are files are written here: a disk would be most of the time."""
VALID = 200
"""Valid messages a chunk: all are tried, and the damaged inputs are made of them."""
DYING = ".dying"
NO_LIMITS: dict[str, Any] = {"database": None, "deadline": None, "suppress_health_check": list(HealthCheck)}
PATIENCE_S = 1.0
"""Time of the processor, after which an input that is still being tried gets as much again."""
ROOM = 128 << 20
"""Bytes of memory that a chunk may take beyond what its process had before."""


class TookTooLong(BaseException):
    """No `Exception`, so that a decoder which catches all of those cannot swallow it."""


class Refused(Exception):
    """A valid message was refused."""


@dataclass(frozen=True)
class Chunk:
    target: str
    seed: int
    number: int
    count: int
    out: Path
    """Folder for the input at work, while the chunk lasts."""

    @property
    def at_work(self) -> Path:
        return self.out / f"{self.target}-{self.number}{DYING}"


@dataclass(frozen=True)
class Escape:
    target: str
    frames: Frames
    report: str


@dataclass
class Tally:
    """What became of the inputs; `tried` counts each input once, not the decodes that check a message again."""

    tried: int = 0
    accepted: int = 0
    refused: int = 0
    seconds: float = 0.0
    escapes: list[Escape] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.tried += other.tried
        self.accepted += other.accepted
        self.refused += other.refused
        self.seconds += other.seconds
        self.escapes += other.escapes


def chunks(name: str, seed: int, count: int, out: Path) -> Iterator[Chunk]:
    for number, done in enumerate(range(0, count, CHUNK)):
        yield Chunk(name, seed, number, min(CHUNK, count - done), out)


def run(chunk: Chunk, make: MakeTarget | None = None) -> Tally:
    """Try the inputs of a chunk. `make`: of a target that is not in the table."""
    with tempfile.TemporaryDirectory(prefix="oreline-fuzz-", dir=SCRATCH) as folder:
        target = (make or TARGETS[chunk.target])(Path(folder))
        start = time.perf_counter()
        tally = _try_all(chunk, target)
        tally.seconds = time.perf_counter() - start
        return tally


def _try_all(chunk: Chunk, target: Target) -> Tally:
    tally = Tally()
    corpus = examples(target, min(VALID, max(1, chunk.count // 4)), f"{chunk.seed}/{chunk.target}/{chunk.number}")
    at_work = AtWork(chunk.at_work)
    with guard(tally):
        for frames, valid in _inputs(chunk, target, corpus):
            tally.tried += 1
            at_work.put(frames)
            try:
                accepted = target.accepts(frames)
                if valid and not accepted:
                    raise Refused("a valid message was refused")
            except (Exception, TookTooLong):
                tally.escapes.append(Escape(chunk.target, frames, traceback.format_exc()))
                break
            tally.accepted += accepted
            tally.refused += not accepted
    at_work.done()
    return tally


def _inputs(chunk: Chunk, target: Target, corpus: list[Frames]) -> Iterator[tuple[Frames, bool]]:
    """The inputs of a chunk, and whether each is valid."""
    yield from ((frames, True) for frames in corpus[: chunk.count])
    left = chunk.count - len(corpus)
    hostile = target.hostile[: max(0, left)] if chunk.number == 0 else ()
    yield from ((frames, False) for frames in hostile)
    random = Random(f"{chunk.seed}/{chunk.target}/{chunk.number}")
    for _ in range(left - len(hostile)):
        if target.twist and random.random() < 0.5:
            yield target.twist(random, corpus[int(random.random() * len(corpus))]), False
        else:
            yield mutate.damage(random, corpus), False


def examples(target: Target, n: int, seed: str) -> list[Frames]:
    """Inputs of about `n` different valid messages."""
    found: list[Frames] = []

    @hypothesis.seed(seed)
    @settings(max_examples=n, phases=[Phase.generate], **NO_LIMITS)
    @given(target.valid)
    def collect(message: Any) -> None:
        found.append(target.input(message))

    collect()
    return found


@contextmanager
def guard(tally: Tally) -> Iterator[None]:
    """Makes exceptions of warnings, of too much memory and of too much time for one input."""
    with _watched(tally), _bounded(), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@contextmanager
def _watched(tally: Tally) -> Iterator[None]:
    """Raises TookTooLong in the input that was being tried at a tick and still is at the next."""
    last = -1

    def tick(*_: object) -> None:
        nonlocal last
        if tally.tried == last:
            raise TookTooLong(f"more than {PATIENCE_S:g} s of the processor for one input")
        last = tally.tried

    before = signal.signal(signal.SIGPROF, tick)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE_S, PATIENCE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


@contextmanager
def _bounded() -> Iterator[None]:
    """Allocations beyond ROOM fail, as MemoryError of the input that made them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
