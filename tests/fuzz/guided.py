"""Inputs guided by coverage: libFuzzer ends the process that it works in, so each target has one of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.fuzz.campaign import SCRATCH, Escape, Tally, examples
from tests.fuzz.frames import join, split
from tests.fuzz.targets import TARGETS

LARGEST = 4096
"""Bytes of an input: enough for any header, and for what a small message holds."""
SEEDS = 50
ROOM_MB = 1024
"""Above what its instruments need, below what a decoder has to take for a machine to notice."""


def run(name: str, count: int, seed: int, out: Path) -> Tally:
    """Let libFuzzer try `count` inputs of a target. `out`/corpus keeps those that reached something new, for the next
    run; an input from which something escapes ends this one."""
    corpus = _corpus(name, seed, out)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="oreline-fuzz-", dir=SCRATCH) as folder:
        kept = Path(folder) / "tally"
        options = [f"-runs={count}", f"-seed={seed + 1}", f"-max_len={LARGEST}", f"-rss_limit_mb={ROOM_MB}"]
        options += ["-timeout=5", "-verbosity=0", f"-artifact_prefix={folder}/escape-"]
        command = [sys.executable, "-m", "tests.fuzz.libfuzzer", name, str(kept), *options, str(corpus)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if not kept.exists():
            raise RuntimeError(f"atheris did not start; is it installed (extra `fuzz`)?\n{ended.stderr[-2000:]}")
        tried, accepted, refused = np.fromfile(kept, np.int64).tolist()
        inputs = [split(path.read_bytes()) for path in Path(folder).glob("escape-*")]
    escapes = [Escape(name, frames, ended.stdout + ended.stderr) for frames in inputs]
    return Tally(tried, accepted, refused, time.perf_counter() - start, escapes)


def _corpus(name: str, seed: int, out: Path) -> Path:
    """Where its corpus is, with some valid messages in it to begin with."""
    folder = out / "corpus" / name
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="oreline-fuzz-") as scratch:
        target = TARGETS[name](Path(scratch))
        inputs = [*examples(target, SEEDS, f"{seed}/{name}"), *target.hostile]
    for number, frames in enumerate(inputs):
        (folder / f"seed-{number}").write_bytes(join(frames)[:LARGEST])
    return folder
