"""Whether a run kept its promises, found from what it left and from what the witness saw, and from nothing else."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oreline.errors import StageFailed
from oreline.messages import LOST, Flag, LabelLine, Reason, Stamp
from oreline.ring.layout import checksum
from oreline.wire import encode
from sinks.log.account import account
from tests.faults.chaos import LINES_OF_BELT, RATE_HZ, Done, Run
from tests.faults.plan import STAGES
from tests.faults.witness import SEEN

RAW, LABELS, STONES = 0, 1, 2
FEEDING = ("camera", "acquisition", "inference")
"""Who must live for labels to come."""
MORE_S = 0.1
"""A gap of a restart is at most this much longer than the restart."""
HELD_UP, HELD_NS = ("freeze", "starve_cpu", "cut_tcp", "drop_tcp"), 500_000_000
"""What holds a process up or its network, and how long it may take afterwards to be up to date."""
DIES_NS = 100_000_000
"""A process that is killed is silent from so long after it on, at most."""
SAFE_MS = 150.0
FLAT, SOAK_S = 0.02, 600.0
"""Memory grows by no more, relative, in a run of so long that nothing is done to."""
BACKLOG_S = 1.0
"""After a restart there is work for so long, and how fast it is done shows."""
_ROWS = (
    "SELECT run, seq, epoch, block_id, t_ns, encoder, flags, model, calibration, labels, confidence, layers FROM lines"
)

Records = NDArray[np.void]


def judge(run: Run) -> dict[str, Any]:
    """Figures of a run, and under "broken" each promise that was not kept, in words."""
    kept = run.folder / "kept"
    seen = np.fromfile(run.folder / "witness.bin", SEEN)
    figures: dict[str, Any] = {"seed": run.seed, "seconds": run.seconds, **_deeds(run)}
    figures |= account(kept / "journal.sqlite")
    with closing(sqlite3.connect(kept / "journal.sqlite")) as db:
        gaps = db.execute("SELECT first, n, reason FROM gaps").fetchall()
        figures |= _missing(seen[seen["ring"] == RAW], db, gaps)
        figures |= _counted(seen[seen["ring"] == RAW], figures["end"])
        figures |= _content(seen[seen["ring"] == LABELS], db)
        figures |= _stones(seen[seen["ring"] == STONES], db)
    figures["gap_lines"] = {reason.name.lower(): sum(n for _, n, r in gaps if r == reason) for reason in Reason}
    figures |= _restarts(run, seen, gaps)
    figures |= _sorter(run, kept)
    figures["memory_growth"] = _growth(run)
    figures["grown"] = 0 if run.done else sum(growth > FLAT for growth in figures["memory_growth"].values())
    figures["started_twice"] = sum(code != StageFailed.exit_code for code in run.second_starts)
    figures["witness_missed"] = run.missed_by_witness
    figures["exit_code"] = run.exit_code
    figures["broken"] = broken(figures)
    return figures


def broken(figures: dict[str, Any]) -> list[str]:
    """The promises that these figures break."""
    zero = {
        "unaccounted": "numbers that nothing covers",
        "doubled": "numbers that two records cover",
        "missing": "lines that the witness saw appended, and that the journal has neither as a line nor in a gap",
        "altered": "journalled lines that are not the bytes that the witness saw",
        "disagreeing": "lines of the recording that got other labels another time",
        "long_gaps": f"gaps longer than their restart and {MORE_S * 1e3:.0f} ms",
        "plc_late": "rows that came to the PLC after they were due, though nothing held them up",
        "unsafe": f"times that the PLC was not safe within {SAFE_MS:.0f} ms",
        "stones_missing": "stones that the witness saw told, and that the journal has neither as a stone nor in a gap",
        "stones_doubled": "stones that the journal has under two numbers",
        "stones_renumbered": "numbers under which the witness saw two stones",
        "stones_uncovered": "numbers of stones, up to their end, that nothing in the journal covers, or two things do",
        "uncounted": "numbers by which the journal's end differs from what acquisition gave out, as the witness saw it",
        "started_twice": "second starts of the line that were not refused",
        "witness_missed": "records that the witness did not see",
        "grown": f"processes whose memory grew by more than {FLAT:.0%} after the first tenth of the time",
        "exit_code": "is how the line ended",
    }
    said = [f"{figures[name]} {what}" for name, what in zero.items() if figures[name]]
    if not figures["closed"]:
        said.append("the end of the stream is not in the journal")
    if figures["acquired"] != figures["labelled"] + figures["shed"] + figures["lost"]:
        said.append("acquired is not labelled + shed + lost")
    return said


def _deeds(run: Run) -> dict[str, Any]:
    done = Counter(f"{one.event.kind} {one.event.target}" for one in run.done if one.done)
    not_done = Counter(one.event.kind for one in run.done if not one.done)
    return {"done": dict(sorted(done.items())), "not_done": dict(not_done)}


def _missing(raw: Records, db: sqlite3.Connection, gaps: list[tuple[int, int, int]]) -> dict[str, int]:
    """Of the lines that were appended: those that nothing in the journal stands for, and those that were given up."""
    appended = np.unique(raw["first"][raw["n"] == 1])
    labelled = np.fromiter((row[0] for row in db.execute("SELECT seq FROM lines ORDER BY seq")), np.uint64)
    left = np.setdiff1d(appended, labelled)
    told = np.zeros(left.size, bool)
    lost = np.zeros(left.size, bool)
    for first, n, reason in gaps:
        within = (left >= first) & (left < first + n)
        told |= within
        if reason in LOST:
            lost |= within
    return {"appended": int(appended.size), "missing": int((~told).sum()), "given_up": int(lost.sum())}


def _counted(raw: Records, end: int) -> dict[str, int]:
    """What acquisition counted, kept outside the line: every line and every gap that it appended, each record once."""
    _, once = np.unique(raw["index"], return_index=True)
    given_out = int(raw["n"][once].sum())
    return {"given_out": given_out, "uncounted": abs(given_out - end)}


def _content(labels: Records, db: sqlite3.Connection) -> dict[str, int]:
    """Each journalled line against the bytes that the witness saw, and all that were made of one recorded line."""
    seen = {int(row["first"]): int(row["crc"]) for row in labels[labels["n"] == 1]}
    answers: dict[tuple[str, int], set[bytes]] = defaultdict(set)
    altered = compared = 0
    for row in db.execute(_ROWS):
        line = _line(row)
        if line.stamp.seq in seen:
            compared += 1
            altered += int(checksum(encode(line)) != seen[line.stamp.seq])
        if Flag.CLOCK not in line.flags:
            answers[line.reference_id, (line.stamp.block_id - 1) % LINES_OF_BELT].add(line.labels.tobytes())
    disagreeing = sum(len(different) > 1 for different in answers.values())
    return {"compared": compared, "altered": altered, "disagreeing": disagreeing}


def _stones(told: Records, db: sqlite3.Connection) -> dict[str, int]:
    """Of the stones of a run: those that the witness saw told, and what the journal has of them."""
    seen = np.unique(told[["first", "crc"]][told["n"] == 1])
    known = Counter(number for (number,) in db.execute("SELECT number FROM stones"))
    for first, n in db.execute("SELECT first, n FROM stone_gaps").fetchall():
        known.update(range(first, first + n))
    ends = db.execute("SELECT ifnull(end, next) FROM stone_runs").fetchall()
    numbers = range(max((end for (end,) in ends), default=0))
    place = "run, first_line, last_line, first_sample, stop_sample, pixels"
    alike = db.execute(f"SELECT 1 FROM stones GROUP BY {place} HAVING count(*) > 1").fetchall()
    return {
        "stones": sum(known.values()),
        "stones_missing": sum(number not in known for number in np.unique(seen["first"]).tolist()),
        "stones_doubled": len(alike),
        "stones_renumbered": len(seen) - len(np.unique(seen["first"])),
        "stones_uncovered": sum(known[number] != 1 for number in numbers) + sum(n not in numbers for n in known),
    }


def _line(row: tuple[Any, ...]) -> LabelLine:
    run, seq, epoch, block_id, t_ns, encoder, flags, model, calibration, *blobs = row
    labels, confidence, layers = (None if blob is None else np.frombuffer(blob, np.uint8) for blob in blobs)
    if layers is not None:
        layers = layers.reshape(-1, len(labels))
    return LabelLine(
        Stamp(run, epoch, seq, block_id, t_ns, encoder), Flag(flags), model, calibration, labels, confidence, layers
    )


def _restarts(run: Run, seen: Records, gaps: list[tuple[int, int, int]]) -> dict[str, Any]:
    """From each kill to the next record of that stage, apart from those during which something else was done to it or
    to what feeds it; and what stands in the gaps of acquisition's."""
    figures: dict[str, Any] = {}
    for stage, ring in (("acquisition", RAW), ("inference", LABELS)):
        records = seen["seen_ns"][seen["ring"] == ring]
        kills = [one for one in run.done if one.done and (one.event.kind, one.event.target) == ("kill", stage)]
        back = [(kill, again) for kill in kills if (again := _again(records, kill.ended_ns))]
        alone = [(kill.ended_ns, again) for kill, again in back if not _is_disturbed(run, kill, again)]
        figures[f"{stage}_restart_s"] = _spread([(again - killed) / 1e9 for killed, again in alone])
        figures[f"{stage}_backlog_lines_s"] = _spread(_rates(np.array([again for _, again in alone]), records))
    figures["long_gaps"] = long_gaps(seen[seen["ring"] == RAW], gaps, _held_up(run, "acquisition"))
    return figures


def _is_disturbed(run: Run, kill: Done, again_ns: int) -> bool:
    return any(
        other is not kill
        and other.event.target in FEEDING
        and other.began_ns < again_ns
        and other.ended_ns > kill.ended_ns - DIES_NS
        for other in run.done
    )


def _again(records: NDArray[np.int64], kill_ns: int) -> int:
    """When records came again after a kill: after the longest pause that begins about then. 0 where none did."""
    around = records[np.searchsorted(records, kill_ns) - 1 : np.searchsorted(records, kill_ns + DIES_NS) + 1]
    return int(around[1:][np.argmax(np.diff(around))]) if around.size > 1 else 0


def _rates(starts: NDArray[np.int64], records: NDArray[np.int64]) -> list[float]:
    """Records a second, in the first second from each of these moments on."""
    ends = np.searchsorted(records, starts + int(BACKLOG_S * 1e9))
    return [float(n) / BACKLOG_S for n in ends - np.searchsorted(records, starts)]


def _held_up(run: Run, stage: str) -> list[tuple[int, int]]:
    """From when to when a stage or its network was held up."""
    held = [one for one in run.done if one.event.target == stage and one.event.kind in HELD_UP]
    return [(one.began_ns, one.ended_ns + HELD_NS) for one in held]


def long_gaps(raw: Records, gaps: list[tuple[int, int, int]], held_up: Sequence[tuple[int, int]] = ()) -> int:
    """Gaps for which the witness saw less time between the records around them. Where acquisition was held up, the
    record before may be as old as that."""
    order = np.argsort(raw["index"], kind="stable")
    first, seen_ns = raw["first"][order], raw["seen_ns"][order]
    long = 0
    for start, n, reason in gaps:
        if reason != Reason.RESTART:
            continue
        after = int(np.searchsorted(first, start + n))
        before = int(np.searchsorted(first, start)) - 1
        if before >= 0 and after < first.size:
            since = min([int(seen_ns[before]), *(began for began, end in held_up if began <= seen_ns[before] <= end)])
            long += bool(n / RATE_HZ > (seen_ns[after] - since) / 1e9 + MORE_S)
    return long


def _spread(values: list[float]) -> dict[str, float]:
    if not values:
        return {"n": 0}
    p50, p99 = np.percentile(values, [50, 99])
    return {"n": len(values), "p50": round(float(p50), 3), "p99": round(float(p99), 3), "max": round(max(values), 3)}


def _growth(run: Run) -> dict[str, float]:
    """Of the memory of each stage, from the second tenth of a long run to its last."""
    if run.seconds < SOAK_S:
        return {}
    table = np.genfromtxt(run.folder / "gauges.csv", delimiter=",", names=True)
    memory = {stage: np.array_split(table[f"{stage}_mb"], 10) for stage in STAGES}
    return {stage: round(float(np.nanmedian(y[9]) / np.nanmedian(y[1])) - 1, 4) for stage, y in memory.items()}


def _sorter(run: Run, kept: Path) -> dict[str, Any]:
    """What the PLC saw: rows too late, and how long it had heard nothing when it went to its safe state. A row that was
    on its way while the sorter or its network was held up may come late: the PLC does not fire it."""
    plant = json.loads((kept / "plant.json").read_text())
    commands = np.load(kept / "commands.npz")
    changes, lates = commands["changes"], commands["lates"]
    held = np.zeros(lates.size, bool)
    for began, end in _held_up(run, "conveyor"):
        held |= (lates >= began) & (lates <= end)
    silent = changes["silent_ns"][1:-1] / 1e6
    safe = changes["route"][1:-1] != 0
    return {
        "plc_late": int((~held).sum()),
        "plc_late_held_up": int(held.sum()),
        "plc_rows": plant["rows"],
        "plc_safe_states": plant["safe_states"],
        "plc_silent_ms": round(float(silent[safe].max(initial=0.0)), 1),
        "unsafe": int((silent[safe] > SAFE_MS).sum()),
    }
