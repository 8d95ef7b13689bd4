"""Mistakes in sinks."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "a sink acknowledges before it commits",
        "sinks/feed.py",
        """        self._sink.commit()
        self.inbox.ack()
""",
        """        self.inbox.ack()
        self._sink.commit()
""",
        ("tests/sinks/test_feed.py",),
    ),
    Mutant(
        "a sink forgets what its store did not take",
        "sinks/feed.py",
        "            self._failed(error)\n",
        "            self._failed(error)\n            self._pending = []\n",
        ("tests/sinks/test_feed.py",),
    ),
    Mutant(
        "a recorder keeps what it had half written",
        "sinks/record/envi.py",
        "self._attach(EnviWriter.resume(header, place.lines))",
        "self._attach(EnviWriter.resume(header, place.lines + 1))",
        ("tests/sinks/test_record.py", "tests/faults/test_disk.py"),
    ),
    Mutant(
        "repair names no line that a power cut took",
        "oreline/recordings/raw/repair.py",
        "        if start > at:\n",
        "        if start < 0:\n",
        ("tests/oreline/recordings/test_raw_repair.py", "tests/sinks/test_record_repair.py"),
    ),
    Mutant(
        "repair takes a page of zeros for a line",
        "oreline/recordings/raw/examination.py",
        '== rows["crc32c"][index]',
        "is not None",
        ("tests/oreline/recordings/test_raw_repair.py",),
    ),
    Mutant(
        "a recorder of raw lines is ended with inference",
        "oreline/supervision/supervisor.py",
        'at_work = [*recording, "acquisition"] if recording else []',
        "at_work = []",
        ("tests/oreline/supervision/test_supervisor.py",),
    ),
    Mutant(
        "raw lines that were cut short are forgotten when all are labelled",
        "oreline/undelivered.py",
        "if ring.name != SOURCE or _is_recorded(folder)]",
        "if ring.name != SOURCE]",
        ("tests/oreline/test_undelivered.py",),
    ),
    Mutant(
        "the journal moves on before the lines are in it",
        "sinks/log/journal.py",
        "INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "INTO lines SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE 0",
        ("tests/sinks/log/test_sink.py",),
    ),
    Mutant(
        "a journal is written on when it has no name any more",
        "sinks/log/journal.py",
        "        self._standing.refuse_gone()\n",
        "        pass\n",
        ("tests/sinks/log/test_sink.py",),
    ),
    Mutant(
        "a recipe takes stones that began before it",
        "sinks/conveyor/rules.py",
        "return stone.first < self.until and not stone.older",
        "return stone.first < self.until",
        ("tests/sinks/conveyor/test_rules.py",),
    ),
    Mutant(
        "sorting goes on with a stone that is half seen",
        "sinks/conveyor/rules.py",
        "            run.stone.root().held = run.piece.root().held = True\n",
        "            pass\n",
        ("tests/sinks/conveyor/test_operator.py",),
    ),
    Mutant(
        "what a held stone becomes part of is not held",
        "sinks/conveyor/segment.py",
        "        self.held |= other.held\n",
        "",
        ("tests/sinks/conveyor/test_operator.py",),
    ),
    Mutant(
        "rows of a test go again as rows of the belt after the PLC was away",
        "sinks/conveyor/plc/dispatch.py",
        "            rows, self._outstanding = [*self._outstanding, *rows], []\n",
        "            pass\n",
        ("tests/sinks/conveyor/plc/test_dispatch.py",),
    ),
    Mutant(
        "a PLC of map 1 is taken for one of map 2",
        "oreline/plc.py",
        "if len(registers) == size(STATUS) and registers[size(STATUS_1)] == MAP_VERSION:",
        "if len(registers) == size(STATUS):",
        ("tests/oreline/test_plc.py",),
    ),
    Mutant(
        "a neighbour of a dead valve opens over rock that is not wanted",
        "sinks/conveyor/stand_ins.py",
        "& free & ~dead",
        "& ~dead",
        ("tests/sinks/conveyor/test_stand_ins.py",),
    ),
    Mutant(
        "a recipe that was changed by hand is used",
        "sinks/recipes/store.py",
        "if sha256 and found != sha256:",
        "if not found:",
        ("tests/sinks/recipes/test_store.py",),
    ),
)
