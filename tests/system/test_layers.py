"""A line whose model answers twice, from the network to whoever reads it."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from PIL import Image

from oreline.messages import INVALID, UNKNOWN
from oreline.recordings.label_map import read_labels
from tests.inference import two_answers
from tests.sinks.log.journals import journal_rows
from tests.system.line import Command, Line

LINES = 200
LAYERS = "group", "group_confidence", "bands", "bands_group", "bands_confidence", "second", "share", "reason"


@pytest.fixture
def twofold(line: Line, tmp_path: Path) -> Line:
    """The line with that model, a sorter by whose bands stones show, and a recorder of them."""
    line.tables["inference"]["model"] = str(two_answers.write(tmp_path / "model"))
    sinks = line.tables["sinks"]
    sinks["conveyor"]["recipe"] |= {"ore": ["carbonate"], "by": "bands"}
    sinks["bands"] = {"sink": "record", "what": "bands", "name": "bands"}
    line.tables["acquisition"]["steps"][-1]["lines"] = LINES
    return line


def ended(line: Line, run: Any) -> dict[str, Any]:
    """The report of a run that has gone to its end."""
    output = run.communicate(timeout=120)[0]
    assert run.returncode == 0, output
    report = line.report()
    assert (report["unaccounted"], report["labelled"] + report["lost"]) == (0, report["acquired"])
    assert journal_rows(line.output, "SELECT DISTINCT length(labels), length(layers) FROM lines") == [(384, 8 * 384)]
    return report


def table_of(report: dict[str, Any]) -> dict[str, NDArray[np.uint8]]:
    """Labels and layers, uint8 (lines, samples), of the Parquet file."""
    table = pq.read_table(report["artefacts"]["parquet"])
    columns = {"labels": "labels"} | {name: f"layer.{name}" for name in LAYERS}
    return {name: np.array(table[column].to_pylist(), np.uint8) for name, column in columns.items()}


def test_two_answers_reach_whoever_reads_them(twofold: Line) -> None:
    with twofold.start() as run:
        report = ended(twofold, run)
    told = table_of(report)
    assert len(told["labels"]) == LINES
    np.testing.assert_array_equal(told["reason"] != UNKNOWN, told["labels"] == UNKNOWN)
    assert (told["group"][told["labels"] < INVALID] != UNKNOWN).all()
    (info,) = journal_rows(twofold.output, "SELECT info FROM streams ORDER BY seq DESC LIMIT 1")[0]
    assert tuple(layer["name"] for layer in json.loads(info)["layers"]) == LAYERS

    shares = report["shares"]
    assert {"classes", "groups", "bands", "reasons"} == shares.keys()
    assert shares["classes"]["unknown"] == pytest.approx(sum(shares["reasons"].values()))
    assert shares["bands"]["carbonate"] > 0.1
    for name in ("label_map", "bands_map"):
        with Image.open(report["artefacts"][name]) as image:
            assert image.width > 900
    recorded = read_labels(Path(report["artefacts"]["bands"]))
    names = [one.name for one in recorded.classes]
    calcite = recorded.labels == names.index("calcite")
    np.testing.assert_array_equal(calcite[-LINES:], told["bands"] == list(two_answers.BANDS).index("calcite"))
    assert report["stones"]["ejected"] > 0


@pytest.mark.long
def test_a_replay_writes_groups_and_whose_bands_as_label_files(short_belt: Path, tmp_path: Path, cli: Command) -> None:
    model, files = (
        two_answers.write(tmp_path / "model"),
        {name: tmp_path / f"{name}.hdr" for name in ("groups", "bands")},
    )
    options = [part for name, path in files.items() for part in (f"--{name}", path)]
    report = tmp_path / "report.json"
    ran = cli("replay", short_belt, "--model", model, "--output", tmp_path / "out", "--json", report, *options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    groups, bands = (read_labels(files[name]) for name in files)
    assert {one.name for one in groups.classes} >= {"kaolin", "carbonate"}
    assert {one.name for one in bands.classes} >= {"calcite", "carbonate (group)", "no bands"}
    assert groups.labels.shape == bands.labels.shape == (300, 384)
    assert json.loads(report.read_text())["shares"]["bands"]["carbonate"] > 0


@pytest.mark.long
def test_no_layer_is_lost_with_a_process_that_is_killed(twofold: Line) -> None:
    twofold.tables["acquisition"]["steps"][-1].pop("lines")
    twofold.tables["simulator"]["loop"] = True
    with twofold.start() as run:
        for name in ("log", "inference", "bands"):
            twofold.wait_for_lines(twofold.journalled() + 150)
            os.kill(twofold.pid(name), signal.SIGKILL)
        twofold.wait_for_lines(twofold.journalled() + 150)
        run.send_signal(signal.SIGINT)
        told = table_of(ended(twofold, run))
    np.testing.assert_array_equal(told["reason"] != UNKNOWN, told["labels"] == UNKNOWN)
