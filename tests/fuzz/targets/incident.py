"""A line of a process's log file, as the log reads it: what is taken for an incident can be put in order and stored."""

from __future__ import annotations

from pathlib import Path
from random import Random

from hypothesis import strategies as st

from oreline.errors import RecordingError
from oreline.incidents import Incident, Severity, in_order
from oreline.incidents.incident import parsed
from oreline.moment import Moment
from sinks.log.journal import Journal
from tests.fuzz.target import Frames, Target
from tests.fuzz.twist import twist_json

I64 = st.integers(-(2**63), 2**63 - 1)
WORD = st.text(max_size=20)
HEX = st.binary(min_size=16, max_size=16).map(bytes.hex)
MOMENTS = st.builds(
    Moment, st.integers(0, 9_000_000_000 * 10**9), st.integers(-86_399, 86_399), st.just(0), st.just(b"")
)
INCIDENTS = st.builds(
    Incident, time=MOMENTS.map(lambda moment: moment.text), severity=st.sampled_from(Severity), process=WORD,
    stage=WORD, kind=WORD, n=I64, run=st.none() | HEX, seq=st.none() | I64, words=st.text(max_size=200), t_ns=I64,
    boot=HEX, life=WORD, number=I64,
)  # fmt: skip


def _twist(random: Random, frames: Frames) -> Frames:
    return (twist_json(random, frames[0]),)


def target(folder: Path) -> Target:
    journal = Journal(folder / "journal.sqlite")

    def decode(frames: Frames) -> Incident:
        found = parsed(b"".join(frames))
        if found is None:
            raise RecordingError("no incident")
        journal.take(in_order([found]))
        return found

    return Target(INCIDENTS, lambda one: (one.json(),), decode, RecordingError, share=2, twist=_twist)
