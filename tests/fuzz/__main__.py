"""`python -m tests.fuzz --count N`: all targets, on all cores; the last line is the verdict."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

from tests.fuzz import campaign, guided
from tests.fuzz.campaign import DYING, Escape, Tally
from tests.fuzz.frames import AtWork, join, split
from tests.fuzz.targets import TARGETS

DIED = "Its process died of this input, or beside another's: replay it to know ({}).\n"
ROW = "{:<22} {:>10} {:>10} {:>10} {:>11}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="inputs, divided over the targets")
    parser.add_argument("--guided", type=int, default=0, help="inputs more a target, guided by coverage (atheris)")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same inputs; those of --guided excepted")
    parser.add_argument("--target", nargs="+", choices=TARGETS, default=list(TARGETS))
    parser.add_argument("--out", type=Path, default=Path("out/fuzz"), help="where failing inputs and corpora are kept")
    parser.add_argument("--replay", type=Path, help="try one saved input on the one --target")
    args = parser.parse_args()
    if args.replay:
        return replay(args.target, args.replay)
    args.out.mkdir(parents=True, exist_ok=True)
    start, total = time.perf_counter(), Tally()
    print(ROW.format("target", "tried", "accepted", "refused", "per core s"), flush=True)
    for left in args.out.glob(f"*{DYING}"):
        left.unlink()
    try:
        for name, tallies in runs(args):
            total.add(show(name, tallies))
    except BrokenProcessPool:
        total.escapes += [Escape(path.name.rpartition("-")[0], AtWork.read(path), DIED.format(path.stem))
                          for path in args.out.glob(f"*{DYING}")]  # fmt: skip
    return verdict(total, time.perf_counter() - start, args.out)


def runs(args: argparse.Namespace) -> Iterator[tuple[str, Iterable[Tally]]]:
    """What is to be run, by name, and its tallies as they come."""
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for name, count in portions(args.target, args.count).items():
            yield name, pool.map(campaign.run, campaign.chunks(name, args.seed, count, args.out))
        task = partial(guided.run, count=args.guided, seed=args.seed, out=args.out)
        names = args.target if args.guided else []
        for name, tally in zip(names, pool.map(task, names), strict=True):
            yield f"{name}, guided", [tally]


def portions(names: list[str], count: int) -> dict[str, int]:
    """How many inputs each target gets: by its share, `count` in all."""
    with tempfile.TemporaryDirectory() as folder:
        shares = {name: TARGETS[name](_new(Path(folder) / name)).share for name in names}
    counts = {name: count * share // sum(shares.values()) for name, share in shares.items()}
    counts[names[0]] += count - sum(counts.values())
    return counts


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def show(name: str, tallies: Iterable[Tally]) -> Tally:
    """Add them up, and print a row; the rate is that of one core."""
    total = Tally()
    for tally in tallies:
        total.add(tally)
    rate = total.tried / max(total.seconds, 1e-9)
    print(ROW.format(name, total.tried, total.accepted, total.refused, f"{rate:.0f}"), flush=True)
    return total


def verdict(total: Tally, seconds: float, out: Path) -> int:
    distinct = {escape.report.splitlines()[-1]: escape for escape in total.escapes}
    for escape in distinct.values():
        path = save(escape, out)
        print(f"\n{escape.report}again: python -m tests.fuzz --target {escape.target} --replay {path}")
    outcome = f"FAILED, {len(distinct)} kinds of escape" if distinct else "nothing escaped"
    print(f"{total.tried} inputs in {seconds:.0f} s, {total.accepted} accepted, {total.refused} refused: {outcome}")
    return 1 if distinct else 0


def save(escape: Escape, out: Path) -> Path:
    content = join(escape.frames)
    path = out / f"{escape.target}-{hashlib.sha256(content).hexdigest()[:12]}.bin"
    path.write_bytes(content)
    return path


def replay(names: list[str], path: Path) -> int:
    """Try one input, and let its exception out."""
    (name,) = names
    with tempfile.TemporaryDirectory(dir=campaign.SCRATCH) as folder:
        target = TARGETS[name](Path(folder))
        with campaign.guard(Tally()):
            accepted = target.accepts(split(path.read_bytes()))
    print(f"{name}: {'accepted' if accepted else 'refused'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
