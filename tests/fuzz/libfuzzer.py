"""`python -m tests.fuzz.libfuzzer TARGET TALLY [options] CORPUS`: one target under atheris, in this process.

The options are libFuzzer's. TALLY is a file of three int64: inputs tried, accepted and refused, kept up to
date because libFuzzer ends the process without a word to Python.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["oreline", "inference", "hwsim"]):
    from tests.fuzz.targets import TARGETS

from tests.fuzz.campaign import SCRATCH
from tests.fuzz.frames import split


def main() -> None:
    name, kept, *options = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="oreline-fuzz-", dir=SCRATCH) as folder:
        target = TARGETS[name](Path(folder))
        counts = np.memmap(kept, np.int64, "w+", shape=3)

        def one(data: bytes) -> None:
            counts[0] += 1
            counts[1 if target.accepts(split(data)) else 2] += 1

        atheris.Setup([sys.argv[0], *options], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
