"""Programs that are killed at their work."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO

ROOT = Path(__file__).parents[2]


class Killed(Popen[str]):
    """A program that works in an output folder, and is killed when the block ends if not before. `words`: it says."""

    def __init__(self, program: str, output: Path) -> None:
        super().__init__([sys.executable, "-c", program, str(output)], stdout=PIPE, cwd=ROOT, text=True)

    @property
    def words(self) -> IO[str]:
        assert self.stdout is not None
        return self.stdout

    def __exit__(self, *error: object) -> None:
        self.kill()
        super().__exit__(*error)


def last_said(writer: str, output: Path) -> int:
    """The last position that a writer has said to be committed, when it was killed for the third time."""
    said: list[int] = []
    for _ in range(3):
        with Killed(writer, output) as process:
            said = [int(process.words.readline()) for _ in range(30)]
            process.kill()
            said += [int(position) for position in process.words if position.endswith("\n")]
    return said[-1]
