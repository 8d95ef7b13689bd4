"""Judge of a core log of simulated core: rows, depths, recovery, what is said inside a loss, and the places of veins.

Tables are columns by name, arrays of a length:

    depths     box, row (from 1, as read), depth_m; frame, the recording's line, or line, from the box's first one;
               first_sample and stop_sample of the row, where they are known
    runs       from_m, to_m, recovered_m
    intervals  from_m, to_m, n, and mineral.NAME, the fraction of a mineral

A depth is held against the depths of the core that lies in its line of its row; the nearest one counts, as a break that
the line crosses on the slant has a depth on either side. In a line without core, the next one with core counts. Errors
are those outside losses: of core within SLACK_M of a loss that is taken to lie on its other side, the loss is no error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hwsim.render.core_truth import CoreTruth
from oreline.errors import RecordingError

Table = Mapping[str, NDArray[Any]]
Floats = NDArray[np.float64]

OVERLAP = 0.5
"""Of a row that is found with the true one, from which it is that one: common samples over all of both."""
NEAR_LINES = 2
"""From core, up to which a line may have a depth."""
SLACK_M = 0.02
"""Of a loss's ends, what rounded depths and lines may account for."""
FINE_M = 0.011
"""Of intervals, up to which they tell the place of a vein."""
LEAST_PIXELS = 20
"""Of a vein that is judged."""


def judge(truth: CoreTruth, depths: Table, runs: Table | None = None, intervals: Table | None = None) -> dict[str, Any]:
    """Facts of each table that is given; see the functions below."""
    facts: dict[str, Any] = {"rows": rows_right(truth, depths), "depth": depth_errors(truth, depths)}
    facts["veins"] = {"depths": vein_errors(truth, depths)}
    if runs is not None:
        facts["recovery"] = recovery_errors(truth, runs)
    if intervals is not None:
        facts["losses"] = in_losses(truth, intervals)
        facts["veins"]["intervals"] = vein_errors_of_intervals(truth, intervals)
    return facts


def read_table(path: Path) -> dict[str, NDArray[Any]]:
    """Columns of a CSV or Parquet file. Raises RecordingError where it is neither."""
    try:
        table = pq.read_table(path) if path.suffix == ".parquet" else csv.read_csv(path)
    except (OSError, pa.ArrowException) as error:
        raise RecordingError(f"{path} is no table as CSV or Parquet: {error}") from None
    return {name: table[name].to_numpy() for name in table.column_names}


def rows_right(truth: CoreTruth, depths: Table) -> dict[str, Any]:
    """ "true", "right": number of rows; "wrong": those that were not found, lie elsewhere, or are none."""
    found = {(box, row): at[len(at) // 2] for box, row, at in _by_row(depths)}
    true = {_key(truth, row): row for row in truth.facts["rows"] if row["depth_from_m"] is not None}
    wrong = [f"{_name(key)} is not found" for key in true if key not in found]
    if "first_sample" in depths:
        for key in true.keys() & found.keys():
            first, stop = (int(depths[name][found[key]]) for name in ("first_sample", "stop_sample"))
            begin, end = true[key]["first_sample"], true[key]["last_sample"] + 1
            if min(stop, end) - max(first, begin) < OVERLAP * (max(stop, end) - min(first, begin)):
                wrong.append(f"{_name(key)} is at samples {begin} to {end - 1}, not {first} to {stop - 1}")
    right = len(true) - len(wrong)
    return {
        "true": len(true),
        "right": right,
        "wrong": wrong + [f"{_name(key)} is none" for key in found.keys() - true],
    }


def depth_errors(truth: CoreTruth, depths: Table) -> dict[str, Any]:
    """Of the "lines" of rows with a depth: "max_m", "p99_m", "max_pixels", "p99_pixels" of the errors, None of no line;
    "no_core": lines with a depth further than NEAR_LINES from any core; "missed": those with core across half of
    the row, or more, and no depth."""
    errors, no_core, missed = [np.empty(0)], 0, 0
    rows = {_key(truth, row): row for row in truth.facts["rows"]}
    for box, row, at in _by_row(depths):
        if (box, row) not in rows:
            continue
        true = truth.row_of(rows[box, row])
        lines = _frames(truth, depths, at, box) - rows[box, row]["first_line"]
        has_core, seen = np.isfinite(true).any(axis=1), np.zeros(len(true), np.bool_)
        known = np.flatnonzero(has_core)
        nearest = known[np.abs(known[:, None] - lines).argmin(axis=0)]
        errors.append(np.nanmin(_off(true[nearest].astype(float), depths["depth_m"][at][:, None], truth), axis=1))
        no_core += int((np.abs(nearest - lines) > NEAR_LINES).sum())
        seen[lines[(lines >= 0) & (lines < len(true))]] = True
        missed += int((np.isfinite(true).mean(axis=1) >= 0.5)[~seen].sum())
    return _measures(np.concatenate(errors), truth, "lines") | {"no_core": no_core, "missed": missed}


def recovery_errors(truth: CoreTruth, runs: Table) -> dict[str, Any]:
    """Of the "runs" that the boxes hold from end to end: "max", the greatest error of the share that was recovered;
    "missing": runs, by the depth of their end, that the table has not; "by_run": their end, the share that is told and
    the true one."""
    by_run, missing = [], []
    for run in (one for one in truth.facts["runs"] if one["whole"]):
        true = run["recovered_m"] / (run["depth_to_m"] - run["depth_from_m"])
        off = np.abs(runs["to_m"] - run["depth_to_m"]) + np.abs(runs["from_m"] - run["depth_from_m"])
        if not len(off) or off.min() > 2 * SLACK_M:
            missing.append(run["depth_to_m"])
            continue
        told = int(off.argmin())
        share = float(runs["recovered_m"][told] / (runs["to_m"][told] - runs["from_m"][told]))
        by_run.append({"to_m": run["depth_to_m"], "told": share, "true": true})
    most = max((abs(run["told"] - run["true"]) for run in by_run), default=None)
    return {"runs": len(by_run) + len(missing), "max": most, "missing": missing, "by_run": by_run}


def in_losses(truth: CoreTruth, intervals: Table) -> dict[str, Any]:
    """Of the "intervals" that lie inside a loss: those "with_mineral", by from and to."""
    inside = np.zeros(len(intervals["from_m"]), np.bool_)
    for loss in truth.facts["losses"]:
        ends = loss["depth_from_m"] + SLACK_M, loss["depth_to_m"] - SLACK_M
        inside |= (intervals["from_m"] >= ends[0]) & (intervals["to_m"] <= ends[1])
    minerals = [np.nan_to_num(np.asarray(intervals[name], float)) for name in intervals if name.startswith("mineral.")]
    told = inside & (np.sum(minerals, axis=0) > 0) if minerals else np.zeros_like(inside)
    found = zip(intervals["from_m"][told].tolist(), intervals["to_m"][told].tolist(), strict=True)
    return {"intervals": int(inside.sum()), "with_mineral": list(found)}


def vein_errors(truth: CoreTruth, depths: Table) -> dict[str, Any]:
    """Of the "veins" that lie alone: errors, as of depths, of the mean depth of their pixels by the table."""
    told = np.full(truth.depth_m.shape, np.nan)
    rows = {_key(truth, row): row for row in truth.facts["rows"]}
    for box, row, at in _by_row(depths):
        if (box, row) in rows:
            lines, samples = truth.cells_of(rows[box, row])
            frames = _frames(truth, depths, at, box) - lines[0, 0]
            there = (frames >= 0) & (frames < len(lines))
            depth = np.full(lines.shape, np.nan)
            depth[frames[there], 0] = depths["depth_m"][at][there]
            told[lines, samples] = depth
    off = [told[pixels] - truth.depth_m[pixels] for _, pixels in _lone_veins(truth)]
    return _measures(np.array([abs(np.nanmean(one)) for one in off if np.isfinite(one).any()]), truth, "veins")


def vein_errors_of_intervals(truth: CoreTruth, intervals: Table) -> dict[str, Any]:
    """The same by the intervals' fractions; no vein where intervals are longer than FINE_M."""
    from_m, to_m, errors = intervals["from_m"], intervals["to_m"], []
    middle, step = (from_m + to_m) / 2, to_m - from_m
    for vein, pixels in _lone_veins(truth) if len(step) and step.max() <= FINE_M else ():
        names = {vein["mineral"], truth.species[truth.minerals.index(vein["mineral"])]}
        columns = [intervals[f"mineral.{name}"] for name in names if f"mineral.{name}" in intervals]
        near = (to_m > vein["depth_from_m"] - FINE_M) & (from_m < vein["depth_to_m"] + FINE_M)
        weight = np.nan_to_num(np.sum(columns, axis=0) * intervals["n"])[near] if columns else np.zeros(1)
        if weight.sum() > 0:
            errors.append(
                abs(float((middle[near] * weight).sum() / weight.sum()) - truth.depth_m[pixels].mean(dtype=float))
            )
    return _measures(np.array(errors), truth, "veins")


def _lone_veins(truth: CoreTruth) -> Iterator[tuple[Mapping[str, Any], tuple[NDArray[np.int64], ...]]]:
    """Veins that no other of their mineral comes near, nor a rock that is mostly of it; and their pixels."""
    veins, losses = truth.facts["veins"], truth.facts["losses"]
    for vein in veins:
        from_m, to_m = vein["depth_from_m"] - 2 * FINE_M, vein["depth_to_m"] + 2 * FINE_M
        beside = [v for v in veins if v is not vein and v["mineral"] == vein["mineral"]]
        near = [one for one in (*beside, *losses) if one["depth_from_m"] < to_m and one["depth_to_m"] > from_m]
        label = truth.minerals.index(vein["mineral"])
        pixels = np.nonzero((truth.labels == label) & (truth.depth_m > from_m) & (truth.depth_m < to_m))
        if not near and len(pixels[0]) >= LEAST_PIXELS:
            yield vein, pixels


def _off(true: Floats, told: Floats, truth: CoreTruth) -> Floats:
    """Length between true depths and told ones, but for losses that core close to them was taken to lie beyond."""
    off = np.abs(told - true)
    for loss in truth.facts["losses"]:
        from_m, to_m = loss["depth_from_m"], loss["depth_to_m"]
        beside = np.minimum(np.abs(true - from_m), np.abs(true - to_m)) <= SLACK_M
        shared = np.minimum(np.maximum(true, told), to_m) - np.maximum(np.minimum(true, told), from_m)
        off = off - np.where(beside, np.maximum(shared, 0.0), 0.0)
    return off


def _by_row(depths: Table) -> Iterator[tuple[int, int, NDArray[np.int64]]]:
    """Box, row, and the entries with a depth that are of it."""
    has_depth = np.isfinite(depths["depth_m"])
    for box, row in np.unique(np.stack([depths["box"], depths["row"]])[:, has_depth], axis=1).T.tolist():
        yield box, row, np.flatnonzero((depths["box"] == box) & (depths["row"] == row) & has_depth)


def _frames(truth: CoreTruth, depths: Table, at: NDArray[np.int64], box: int) -> NDArray[np.int64]:
    """Lines of the recording of some entries of a box."""
    if "frame" in depths:
        return np.asarray(depths["frame"][at], np.int64)
    if "line" not in depths:
        raise RecordingError("a depth table needs a column line or frame")
    first = next(one["first_line"] for one in truth.facts["boxes"] if one["box"] == box)
    return np.asarray(depths["line"][at] + first, np.int64)


def _key(truth: CoreTruth, row: Mapping[str, Any]) -> tuple[int, int]:
    first = truth.facts["boxes"][0]
    return first["box"] + row["tray"] - first["tray"], row["row"] + 1


def _name(key: tuple[int, int]) -> str:
    return f"box {key[0]} row {key[1]}"


def _measures(errors: Floats, truth: CoreTruth, of: str) -> dict[str, Any]:
    if not len(errors):
        return {of: 0, "max_m": None, "p99_m": None, "max_pixels": None, "p99_pixels": None}
    most, p99, pixel_m = float(errors.max()), float(np.quantile(errors, 0.99)), truth.facts["pitch_mm"] / 1e3
    said = {"max_m": most, "p99_m": p99, "max_pixels": most / pixel_m, "p99_pixels": p99 / pixel_m}
    return {of: len(errors)} | said
