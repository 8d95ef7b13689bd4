"""Mistakes in what is told of incidents."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "incidents are ordered by the wall's clock",
        "oreline/incidents/following.py",
        "one.boot, one.t_ns)",
        "one.boot, one.time)",
        ("tests/oreline/test_incidents.py",),
    ),
    Mutant(
        "half a line that a full disk took is not set apart",
        "oreline/incidents/file.py",
        "        self._torn = written < len(line)\n",
        "        self._torn = False\n",
        ("tests/oreline/test_incidents.py",),
    ),
    Mutant(
        "a terminal that takes nothing is waited for",
        "oreline/incidents/log.py",
        "        if not _stands_still():\n",
        "        if True:\n",
        ("tests/oreline/test_incidents.py",),
    ),
    Mutant(
        "what was held back is said only when it happens again",
        "oreline/incidents/log.py",
        "self._changed.wait(AGAIN_S if waiting else None)",
        "self._changed.wait()",
        ("tests/oreline/test_incidents.py",),
    ),
    Mutant(
        "the log forgets incidents that found no room",
        "sinks/log/sink.py",
        """                self._journal.take(self._incidents)
                self._incidents.clear()
""",
        """                self._journal.take(self._incidents)
            self._incidents.clear()
""",
        ("tests/sinks/test_log_incidents.py",),
    ),
    Mutant(
        "a line's time of day is that of the first description of its run",
        "sinks/log/schema.py",
        "ORDER BY streams.seq DESC LIMIT 1",
        "ORDER BY streams.seq LIMIT 1",
        ("tests/sinks/test_log_incidents.py",),
    ),
)
