"""Mistakes in acquisition and inference."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "a scene begins though inference has not answered its announcement",
        "acquisition/loop.py",
        'while not (self._outbox.has_answered("inference") or self._stopping()):',
        "while not self._outbox.has_room():",
        ("tests/acquisition/test_ready.py",),
    ),
    Mutant(
        "a scene is announced onwards before its lanes are warm",
        "inference/pipeline.py",
        "            self._warm_up(info, self.active.lanes_ahead())\n",
        "            self.active.lanes_ahead()\n",
        ("tests/inference/test_pipeline.py",),
    ),
    Mutant(
        "a gap goes on beyond the end of its step",
        "acquisition/numbering.py",
        "if n := min(missing, end - self.next):",
        "if n := missing:",
        ("tests/acquisition/test_numbering.py",),
    ),
    Mutant(
        "what is asked for while the last is read is forgotten",
        "acquisition/extra_steps.py",
        "            request.unlink()\n",
        "            request.unlink()\n            self._asked.unlink(missing_ok=True)\n",
        ("tests/acquisition/test_extra_steps.py",),
    ),
    Mutant(
        "a recording that has ended is taken for a camera that is lost",
        "acquisition/loop.py",
        "self._ended = self._source.ended() and not self._source.waiting()",
        "self._ended = False",
        ("tests/acquisition/test_retry.py",),
    ),
    Mutant(
        "frames that the camera dropped are not told",
        "acquisition/numbering.py",
        "        missing = step - 1\n",
        "        missing = 0\n",
        ("tests/acquisition/test_numbering.py",),
    ),
    Mutant(
        "a late frame about a wrap is taken for a camera that numbers anew",
        "acquisition/numbering.py",
        "step = (block_id - self._last + ids // 2) % ids - ids // 2",
        "step = block_id - self._last",
        ("tests/acquisition/test_numbering.py",),
    ),
    Mutant(
        "the low bits of two pixels are exchanged",
        "acquisition/unpacking_kernels.py",
        "b << low | both >> 4 & mask",
        "b << low | both & mask",
        ("tests/acquisition/test_unpacking.py",),
    ),
    Mutant(
        "an exposure in milliseconds is taken for one in microseconds",
        "oreline/units.py",
        """"ms": 1e3,""",
        """"ms": 1.0,""",
        ("tests/acquisition/test_dialects.py",),
    ),
)
