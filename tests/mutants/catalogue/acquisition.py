"""Mistakes in acquisition and inference."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "a scene begins though inference has not answered its announcement",
        "acquisition/loop.py",
        "while not (self._outbox.answered or self._stopping()):",
        "while not self._outbox.has_room():",
        ("tests/acquisition/test_ready.py",),
    ),
    Mutant(
        "a scene is announced onwards before its lanes are warm",
        "inference/pipeline.py",
        "            self._warm_up(info, self.active.prepared())\n",
        "            self.active.prepared()\n",
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
        "        taken.unlink()\n",
        "        taken.unlink()\n        self._asked.unlink(missing_ok=True)\n",
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
)
