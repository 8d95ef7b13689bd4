"""Worker beside a line: `python -m sinks.core.live.worker FOLDER LINE box BOX SCAN`, or `hole`: the verdict on a scan,
or all that is made of the hole."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

from oreline.config import Config
from oreline.guard import guarded
from sinks.core.hole_folder import HoleFolder
from sinks.core.live import products
from sinks.core.live.journal_lines import following

NICE = 10
JOURNAL_S = 20.0
"""A journal that has got nothing more for so long is taken as it is."""
LOOK_S = 0.1
_PR_SET_PDEATHSIG = 1


def main(folder: str, line: str, what: str, *which: str) -> None:
    """Make one thing. Raises OrelineError."""
    _begin()
    config, hole = Config.load(Path(line)), HoleFolder(Path(folder))
    if what == "hole":
        products.make_hole(hole)
        return
    box, scan = map(int, which)
    _await_lines(hole, box, scan)
    products.make_box(hole, box, scan, config)


def _begin() -> None:
    """Take what others leave of the processor, and die with the sink."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.nice(NICE)


def _await_lines(hole: HoleFolder, box: int, scan: int) -> None:
    """Wait until the journal has the lines of a scan, as long as it gets on."""
    wanted = hole.scans.read().find(box, scan)
    there, since = -1, time.monotonic()
    while (now := following(hole.output, wanted.run)) <= wanted.last_seq and time.monotonic() - since < JOURNAL_S:
        there, since = (now, time.monotonic()) if now != there else (there, since)
        time.sleep(LOOK_S)


if __name__ == "__main__":
    sys.exit(guarded(lambda: main(*sys.argv[1:]), "core"))
