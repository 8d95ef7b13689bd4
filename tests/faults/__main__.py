"""`python -m tests.faults --duration S --seed N`: chaos, or with --calm an undisturbed soak. The last line printed is
the verdict; the exit code is 0 where every promise was kept. The same seed and duration plan the same again."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tests.faults.chaos import chaos, script
from tests.faults.plan import plan
from tests.faults.plots import plot
from tests.faults.verdict import judge


def main() -> int:
    """Plan, run, judge, report."""
    options = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    options.add_argument("--duration", type=float, default=60.0, help="seconds of lines")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--calm", action="store_true", help="do nothing to the line")
    options.add_argument("--out", type=Path, default=Path("out/chaos"))
    chosen = options.parse_args()
    events = [] if chosen.calm else plan(chosen.seed, chosen.duration)
    run = chaos(chosen.out.absolute(), chosen.seed, chosen.duration, events)
    figures = judge(run)
    report = json.dumps({**figures, "script": script(run)}, indent=1)
    (chosen.out / "report.json").write_text(report + "\n")
    plot(run.folder)
    for name, value in figures.items():
        print(f"{name:22} {value}")
    print(_verdict(figures))
    return bool(figures["broken"])


def _verdict(figures: dict[str, Any]) -> str:
    kills = sum(n for what, n in figures["done"].items() if what.startswith("kill"))
    counts = ", ".join(f"{figures[name]} {name}" for name in ("unaccounted", "doubled", "missing", "plc_late"))
    said = f"seed {figures['seed']}, {figures['seconds']:g} s, {kills} kills: {figures['acquired']} acquired, {counts}"
    if figures["broken"]:
        return f"FAILED  {said}; {'; '.join(figures['broken'])}"
    return f"PASSED  {said}"


if __name__ == "__main__":
    sys.exit(main())
