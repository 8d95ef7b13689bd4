"""Mistakes in how a run ends, and in how one that was cut short is finished."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

OUTBOX = "oreline/stream/outbox.py"

MUTANTS = (
    Mutant(
        "a drain that gives up empties the ring",
        "oreline/process.py",
        "            _give_up(outboxes)\n",
        "",
        ("tests/oreline/test_drain.py",),
    ),
    Mutant(
        "whoever comes back after everything was delivered does not hear the end",
        OUTBOX,
        "low, high = max(0, min(self.ring.tail, self.ring.head - 1)), self.ring.head",
        "low, high = self.ring.tail, self.ring.head",
        ("tests/oreline/test_drain.py",),
    ),
    Mutant(
        "a ring that is given up at the end forgets how its lines are described",
        "oreline/process.py",
        "        box.free()\n",
        "        box.ring.free(box.ring.head)\n",
        ("tests/oreline/test_drain.py",),
    ),
    Mutant(
        "a run is left though everybody has everything that was made of it",
        "oreline/undelivered.py",
        "not all(map(_is_over, results or rings))",
        "not all(map(_is_over, rings))",
        ("tests/oreline/test_undelivered.py",),
    ),
    Mutant(
        "a run that never had a line is finished",
        "oreline/undelivered.py",
        "any(entry is None or entry.n for entry in entries)",
        "any(True for entry in entries)",
        ("tests/oreline/test_undelivered.py",),
    ),
    Mutant(
        "a run that is being finished is waited for, for ever",
        "oreline/supervision/patience.py",
        "        elif now - self._since > self._longest_s:",
        "        elif False:",
        ("tests/oreline/test_undelivered.py",),
    ),
    Mutant(
        "a ring of another release stops a line that looks for what was left",
        "oreline/undelivered.py",
        "except (RingError, WireError):",
        "except RingError:",
        ("tests/oreline/test_undelivered.py",),
    ),
)
