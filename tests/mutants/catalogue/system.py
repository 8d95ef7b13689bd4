"""Mistakes in dealing with the operating system and with other programs."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "of several processes that refuse the last is named",
        "oreline/supervision/supervisor.py",
        "= min(causes,",
        "= max(causes,",
        ("tests/oreline/supervision/test_supervisor.py",),
    ),
    Mutant(
        "a supervisor believes a number that is none",
        "oreline/supervision/worker.py",
        "if not all(_LEAST <= _number(fields[name]) <= most for name, most in _NUMBERS.items() if name in fields):",
        "if False:",
        ("tests/oreline/supervision/test_supervisor.py",),
    ),
    Mutant(
        "a disk without room is found after the work",
        "oreline/files.py",
        "        file.write(_PAGE)\n",
        "        file.flush()\n",
        ("tests/faults/test_os_errors.py",),
    ),
    Mutant(
        "an error of the operating system passes the guard",
        "oreline/guard.py",
        "    except OSError as error:\n        return _said(refusal(error), name, say)\n",
        "",
        ("tests/faults/test_os_errors.py",),
    ),
    Mutant(
        "a page of the journal is read without care",
        "sinks/log/journal.py",
        "        with explained(self.path):\n            newest = ",
        "        if True:\n            newest = ",
        ("tests/sinks/log/test_sink.py",),
    ),
    Mutant(
        "silent clients keep the metrics port",
        "oreline/metrics_server.py",
        "        if len(self._guests) > AT_ONCE:\n",
        "        if False:\n",
        ("tests/oreline/test_metrics.py",),
    ),
)
