"""Report of a run, put together from what each process left when it ended."""

from __future__ import annotations

import importlib
import json
import math
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from oreline.cli.verdict import verdict
from oreline.config import Config
from oreline.errors import RecordingError
from oreline.facts import facts_of, first_facts
from oreline.files import write_whole
from oreline.incidents import history
from oreline.recordings.finding import find_recording
from oreline.sink import LOG, SORTER

VERSION = 1
COUNTED = "labelled", "shed", "lost"
UNTIMED = "max", "step"
"""Speeds of a simulated camera at which its rate says nothing."""
FIELDS = {
    "version": "of this format, 1: it grows where a field changes its meaning or goes",
    "verdict": "sentences, the most important first: `severity` (good, warning, alarm) and `words`",
    "recording": "of a replay: the file that was played",
    "missing_lines": "lines that the header of what was played promises and its file lacks; null without a recording",
    "acquired": "scene lines that acquisition counted, whatever became of them",
    "labelled": "of them, those in the journal; of a replay, those in the first result",
    "shed": "of them, those that the log was not to take, which is none",
    "lost": "of them, those that are gone: each has a gap in the journal with its reason",
    "undelivered": "of them, those still in the rings, which the next start delivers; not of a replay",
    "unaccounted": "`acquired` less all of these: 0, or something is wrong",
    "lines_per_s": "rate of the scene's lines by their time stamps; null where the camera kept no time, as at max",
    "latency_ms": "from a line's exposure until the sorter had acted on it: `p50`, `p99`, `max`; empty without one",
    "stones": "null without a sorter. `seen` and `ejected` by the journal, or, without a log of them, by the sorter "
    "since it was started last; beside a simulated plant also `true`, "
    "`missed`, `wrong`, `passed`, and then `ejected` is what the plant says",
    "sorter": "null without one. Its own account: `acquired`, `lines`, `shed`, `lost`, `reference`, `unaccounted`; "
    "rows for the PLC that came too late, `commands_late`; and where there were any: `doubtful` and `held` stones, "
    "`dropped` rows, `plc_late` rows, `faulty_valves` by number",
    "recipe": "null without a sorter. In force at the end: `name`, `version`, `sha256`, `by` whom it was asked for, "
    "`since` when",
    "sinks": "each sink by its name: its `kind`, and its own account since it was started last: `acquired`, `lines`, "
    "`shed`, `lost`, `reference`, `unaccounted`; no account where it could leave none",
    "shares": "of the rock that was labelled: `classes`, and of a model that tells them `groups`, `bands`, whose "
    "absorption bands it shows, and `reasons`, why what is unknown is; empty without a log",
    "saturated_samples": "samples at full scale, which are invalid",
    "reference": "the reference in force at the end: `id`, `dark_lines`, `white_lines`, `left_out`, "
    "`saturated_white_samples`; null without one",
    "quicker": "the `precision` of [inference] in which this processor would be quicker at the network than in the "
    "one of this run; null where none is known",
    "accuracy": "where the scene's truth is known: share of the true stone pixels of trained species with their label",
    "judged_pixels": "how many those pixels are",
    "by_species": "the same accuracy, species by species",
    "group_accuracy": "the same of groups: a label of another mineral of the group is right, and a group alone too",
    "by_group": "the same, group by group",
    "confusion": "those pixels by true species and by what they were labelled",
    "new_accuracy": "of a simulated scene: the same accuracy of specimens that the models which ship were not trained "
    "with; null where there are none",
    "new_pixels": "how many pixels those are",
    "in_training": "the minerals of the scene whose specimens were in training",
    "stone_accuracy": "of a simulated scene: share of the true stones that are mostly of a trained species whose most "
    "frequent label is that",
    "judged_stones": "how many those stones are",
    "by_stretch": "of a belt in stretches, such as a wet and a dusty half: `accuracy`, `judged_pixels`, "
    "`stone_accuracy`, `judged_stones` of each",
    "rock_pixels": "of simulated core: how many pixels of rock were seen",
    "bands_named": "share of them whose absorption bands name a group of minerals",
    "bands_right": "share of those whose group is at least a tenth of the pixel",
    "plant": "of a simulated plant: what its splitter made of the stones, see `hwsim.plant.report`",
    "incidents": "how often each kind came, by stage",
    "history": "the incidents in order, with the fields of the journal's table",
    "artefacts": "what was written: paths by name; null for what is not there any more",
}
"""Of the report as JSON. What is not known, since the process that counts it has left nothing, is null."""


def acquired(output: Path, log: dict[str, Any]) -> int | None:
    """Scene lines that acquisition itself has counted in this run, whatever came of them: the numbers that it gave out,
    less those of reference lines. `log`: what the journal says of the same run, or nothing. None where acquisition has
    left no count, and its end is not in the journal either."""
    counted = facts_of(output, "acquisition")
    if not counted and not log.get("closed"):
        return None
    reference = max(int(log.get("reference", 0)), int(counted.get("account", {}).get("reference", 0)))
    return max(int(counted.get("numbers", 0)), int(log.get("end", 0))) - reference


def in_rings(config: Config, log: dict[str, Any]) -> int | None:
    """Lines of a run that has not ended in the journal, and that lie in the line's rings for its next start. None where
    acquisition or the log has left no count."""
    if not config.line.ring("raw").exists() or log.get("closed"):
        return 0
    numbers, end = facts_of(config.line.output, "acquisition").get("numbers"), log.get("end")
    return None if numbers is None or end is None else max(0, int(numbers) - int(end))


def log_of(config: Config) -> dict[str, Any]:
    """What the log says of the run that acquisition has just ended: no lines where its newest run is another, nothing
    where it has left no count."""
    output = config.line.output
    log, run = first_facts(output, config.sinks(LOG)), facts_of(output, "acquisition").get("run")
    return log if not log or run in (None, log.get("run")) else dict.fromkeys((*COUNTED, "end"), 0)


def less(known: int | None, counts: Iterable[int | None]) -> int | None:
    """What is left of a count; None where any of them is not known."""
    counts = list(counts)
    return None if known is None or None in counts else known - sum(filter(None, counts))


def incidents_of(output: Path) -> dict[str, Any]:
    """The incidents of this run in order, as `history`, and how often each kind came in each stage, as `incidents`."""
    told = history(output)
    counts: dict[str, Counter[str]] = {}
    for one in told:
        counts.setdefault(one.stage, Counter())[one.kind] += one.n
    return {"incidents": counts, "history": [asdict(one) for one in told]}


def report_of(config: Config) -> dict[str, Any]:
    """The journal's account against what acquisition counted, latency and stones at the sorter, and, where the scene
    is a simulated one, what its truth says of labels and shots. FIELDS says what each field is.

    `acquired` is acquisition's own count of the whole run, and no sum of the others. None is what nobody knows, since
    the process that counts it has left nothing: it was killed, or found no room.
    """
    output = config.line.output
    log, sorter = log_of(config), first_facts(output, config.sinks(SORTER))
    known = acquired(output, log)
    account = {key: log.get(key) for key in COUNTED}
    account["undelivered"] = in_rings(config, log)
    report: dict[str, Any] = {
        "version": VERSION,
        "missing_lines": _missing_lines(config),
        "acquired": known,
        **account,
        "unaccounted": less(known, account.values()),
        "lines_per_s": rate_of(config),
        "latency_ms": sorter.get("latency_ms", {}),
        **(_sorted(sorter, log.get("stones", {})) if config.sinks(SORTER) else {"stones": None, "sorter": None}),
        "recipe": sorter.get("recipe") if config.sinks(SORTER) else None,
        "sinks": {name: {"kind": kind, **_account(output, name)} for name, kind in config.kinds.items()},
        "shares": log.get("shares", {}),
        **_of_inference(output),
        **incidents_of(output),
        "artefacts": artefacts_of(config, config.kinds),
    }
    if config.tables.get("simulator", {}).get("scene") is not None:
        truth = importlib.import_module("hwsim.verdict").verdict(config)
        outcomes = truth.pop("stones")
        report |= truth
        if report["stones"]:
            report["stones"] |= outcomes
    return with_verdict(report)


def with_verdict(report: dict[str, Any]) -> dict[str, Any]:
    """A report that begins with what it comes to."""
    return {"version": VERSION, "verdict": [asdict(one) for one in verdict(report)], **report}


def rate_of(config: Config) -> float | None:
    """Lines a second; None where the camera kept no time, or no two lines came."""
    timed = config.tables.get("simulator", {}).get("speed") not in UNTIMED
    return facts_of(config.line.output, "acquisition").get("lines_per_s") or None if timed else None


def artefacts_of(config: Config, sinks: Iterable[str]) -> dict[str, str | None]:
    """What sinks say that they have written, where it is there; a second one of a name has its sink's name before."""
    written: dict[str, str | None] = {}
    for sink in sinks:
        for name, path in facts_of(config.line.output, sink).get("artefacts", {}).items():
            written[name if name not in written else f"{sink}_{name}"] = path if Path(path).exists() else None
    return written


def save(report: dict[str, Any], path: Path) -> None:
    """Write a report as JSON; what is no number is null."""
    text = json.dumps(_plain(report), indent=2, default=str, allow_nan=False)
    write_whole(path, f"{text}\n".encode())


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _sorted(sorter: dict[str, Any], journal: dict[str, Any]) -> dict[str, Any]:
    """What the sorter counted, and of stones what the journal has: that outlives a sorter that is started again. None
    for what nobody could leave."""
    names = "doubtful", "held", "dropped", "plc_late", "faulty_valves"
    stones = {**sorter, **journal}
    extras = {name: stones[name] for name in names if stones.get(name)}
    return {
        "stones": {"seen": stones.get("stones"), "ejected": stones.get("ejected")},
        "sorter": {**sorter.get("account", {}), "commands_late": sorter.get("late"), **extras},
    }


def _account(output: Path, sink: str) -> dict[str, int]:
    account: dict[str, int] = facts_of(output, sink).get("account", {})
    return account


def _of_inference(output: Path) -> dict[str, Any]:
    facts = facts_of(output, "inference")
    return {name: facts.get(name) for name in ("saturated_samples", "reference", "quicker")}


def _missing_lines(config: Config) -> int | None:
    """Of the recording that a simulated camera plays; None where it plays none, or it cannot be read any more."""
    path = config.tables.get("simulator", {}).get("recording")
    if path is not None:
        with suppress(RecordingError, OSError):
            return find_recording(Path(path), references=False).scene.missing_lines
    return None
