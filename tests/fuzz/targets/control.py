"""`oreline.stream.control.unpack`: what a ring's owner and its consumers say to each other."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st

from oreline.errors import WireError
from oreline.stream import control
from tests.fuzz.target import Frames, Target
from tests.fuzz.targets.wire import HOSTILE, I64, RUN, U64
from tests.fuzz.twist import twist_map

NAME = st.text(max_size=64)
BATCH = st.integers(1, 4096)


def said(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.just(kind), st.fixed_dictionaries({"session": U64, **fields}))


MESSAGES = st.one_of(
    said(
        "hello",
        version=st.just(control.VERSION),
        name=NAME,
        process=U64,
        fresh=st.booleans(),
        urgent=st.booleans(),
        local=st.booleans(),
        run=RUN,
        next=U64,
        committed=U64,
        credit=BATCH,
        budget_ns=U64,
    ),
    said("stranger", version=st.integers(0, 65_535)),
    said("credit", n=st.integers(0, 4096), acked=U64),
    said("leave", name=NAME, process=U64),
    said("at", index=U64, n=BATCH),
    said("line", index=I64),
    said("beat", head=U64, tail=U64),
    said("refuse", why=st.text(max_size=100)),
)


def _encode(message: tuple[str, dict[str, Any]]) -> Frames:
    return (control.pack(message[0], **message[1]),)


def _decode(frames: Frames) -> tuple[str, dict[str, Any]]:
    return control.unpack(frames[0] if frames else b"")


def _twist(random: Random, frames: Frames) -> Frames:
    return (twist_map(random, frames[0]),)


def target(_folder: Path) -> Target:
    return Target(MESSAGES, _encode, _decode, WireError, share=20, hostile=HOSTILE, twist=_twist)
