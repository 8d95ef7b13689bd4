"""A core log that knows the truth, to be spoiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.render.core_truth import CoreTruth

Table = dict[str, NDArray[Any]]


def true_depths(truth: CoreTruth) -> Table:
    """The depth table of a log that errs nowhere."""
    parts = []
    for row in truth.facts["rows"]:
        box, depths = truth.facts["boxes"][row["tray"]], truth.row_of(row)
        lines = np.flatnonzero(np.isfinite(depths).mean(axis=1) >= 0.5)
        part = {"line": lines + row["first_line"] - box["first_line"], "depth_m": np.nanmedian(depths[lines], axis=1)}
        told = {"box": box["box"], "row": row["row"] + 1, "first_sample": row["first_sample"]}
        told["stop_sample"] = row["last_sample"] + 1
        parts.append(part | {name: np.full(len(lines), value) for name, value in told.items()})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def true_runs(truth: CoreTruth) -> Table:
    """The table of runs of such a log."""
    names = {"from_m": "depth_from_m", "to_m": "depth_to_m", "recovered_m": "recovered_m"}
    return {name: np.array([run[fact] for run in truth.facts["runs"]]) for name, fact in names.items()}


def true_intervals(truth: CoreTruth, step_m: float) -> Table:
    """Its interval table."""
    on, first = np.isfinite(truth.depth_m), truth.facts["boxes"][0]["depth_from_m"]
    place = ((truth.depth_m[on] - first) / step_m).astype(int)
    n = np.bincount(place)
    from_m = first + step_m * np.arange(len(n))
    table = {"from_m": from_m, "to_m": from_m + step_m, "n": n}
    with np.errstate(invalid="ignore"):
        for label, name in enumerate(truth.minerals):
            table[f"mineral.{name}"] = np.bincount(place, truth.labels[on] == label, len(n)) / n
    return table
