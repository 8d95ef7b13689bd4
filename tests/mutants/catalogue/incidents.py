"""Mistakes in what is told of incidents."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "incidents are ordered by the wall's clock",
        "oreline/incidents/following.py",
        "incident.boot, incident.t_ns))",
        "incident.boot, incident.time))",
        ("tests/oreline/incidents/test_incidents.py",),
    ),
    Mutant(
        "half a line that a full disk took is not set apart",
        "oreline/incidents/file.py",
        "        self._torn = written < len(line)\n",
        "        self._torn = False\n",
        ("tests/oreline/incidents/test_incidents.py",),
    ),
    Mutant(
        "words that no terminal takes are kept without end",
        "oreline/screen.py",
        "            if len(self._words) < self._most:\n",
        "            if True:\n",
        ("tests/oreline/test_screen.py",),
    ),
    Mutant(
        "a process has a file for its crash when it reports first",
        "oreline/incidents/file.py",
        "        with suppress(OSError):\n            self._open()\n",
        "",
        ("tests/oreline/incidents/test_incidents.py",),
    ),
    Mutant(
        "a terminal that is closed stops what runs under nohup",
        "oreline/stops.py",
        " or before[n] is not signal.SIG_IGN",
        " or True",
        ("tests/oreline/test_screen.py",),
    ),
    Mutant(
        "a terminal that is closed is heard twice, which ends a line at once",
        "oreline/stops.py",
        "        signal.signal(signal.SIGHUP, signal.SIG_IGN)\n        stop",
        "        stop",
        ("tests/oreline/test_screen.py",),
    ),
    Mutant(
        "what was held back is said only when it happens again",
        "oreline/incidents/log.py",
        "self._changed.wait(AGAIN_S if waiting else None)",
        "self._changed.wait()",
        ("tests/oreline/incidents/test_incidents.py",),
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
        ("tests/sinks/log/test_incidents.py",),
    ),
    Mutant(
        "a line's time of day is that of the first description of its run",
        "sinks/log/schema.py",
        "streams.seq <= lines.seq ORDER BY streams.seq DESC LIMIT 1",
        "streams.seq <= lines.seq ORDER BY streams.seq LIMIT 1",
        ("tests/sinks/log/test_incidents.py",),
    ),
)
