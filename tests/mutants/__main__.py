"""`python -m tests.mutants`: makes each mistake of the catalogue in a copy of the project, and runs the tests that must
notice it. The last line is the verdict; the exit code is 1 where a mistake was not noticed."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("oreline", "acquisition", "inference", "sinks", "hwsim", "tests", "pyproject.toml")
LONGEST_S = 300.0
FAILED = 1
"""What pytest exits with where a test failed, and nothing else went wrong."""


def caught(mutant: Mutant) -> bool:
    """Whether a test fails with this mistake."""
    with tempfile.TemporaryDirectory(prefix="oreline-mutant-") as name:
        copy = Path(name)
        for part in COPIED:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, copy / part)
        mutate(copy / mutant.file, mutant)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"--basetemp={copy}/tmp"]
        try:
            ran = subprocess.run(
                [*command, *mutant.tests], cwd=copy, capture_output=True, text=True, timeout=LONGEST_S, check=False
            )
        except subprocess.TimeoutExpired:
            return True
    if ran.returncode not in (0, FAILED):
        raise AssertionError(f"{mutant.name}: the tests could not be run:\n{ran.stdout}{ran.stderr}")
    return ran.returncode == FAILED


def mutate(path: Path, mutant: Mutant) -> None:
    text = path.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise AssertionError(f"{mutant.name}: its text stands {text.count(mutant.old)} times in {mutant.file}")
    path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def survivors(mutants: Iterable[Mutant], workers: int) -> list[str]:
    """The names of the mistakes that no test noticed."""

    def judged(mutant: Mutant) -> str:
        begin = time.monotonic()
        noticed = caught(mutant)
        print(f"{'caught' if noticed else 'MISSED':8}{time.monotonic() - begin:5.1f} s  {mutant.name}", flush=True)
        return "" if noticed else mutant.name

    with ThreadPoolExecutor(workers) as pool:
        return [name for name in pool.map(judged, mutants) if name]


def main() -> int:
    options = argparse.ArgumentParser(prog="tests.mutants", description=__doc__)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--only", default="", help="mistakes whose name contains this")
    chosen = options.parse_args()
    mutants = [mutant for mutant in MUTANTS if chosen.only in mutant.name]
    missed = survivors(mutants, chosen.workers)
    print(f"{'FAILED' if missed else 'PASSED'}  {len(mutants) - len(missed)} of {len(mutants)} mistakes were noticed")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
