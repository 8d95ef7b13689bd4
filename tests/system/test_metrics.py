"""What Prometheus would read from a running line."""

from __future__ import annotations

import signal
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.ports import free_port
from tests.system.line import Line


def scrape(port: int) -> dict[tuple[str, ...], float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return {(s.name, *(s.labels[k] for k in sorted(s.labels))): s.value for f in families for s in f.samples}


def test_every_process_tells_its_lines_latency_queue_and_losses(line: Line) -> None:
    sinks = line.tables["sinks"]
    tables = {name: line.tables.get(name) or sinks[name] for name in ("acquisition", "inference", "log", "conveyor")}
    for table in tables.values():
        table["metrics_port"] = free_port()
    line.tables["acquisition"]["steps"][-1].pop("lines")
    line.tables["simulator"]["loop"] = True
    run = line.start()
    with run:
        line.wait_for_lines(500)
        seen = {stage: scrape(table["metrics_port"]) for stage, table in tables.items()}
        run.send_signal(signal.SIGTERM)
        output = run.communicate(timeout=90)[0]
    assert run.returncode == 0, output
    for stage in ("acquisition", "inference", "log"):
        assert seen[stage]["oreline_lines_total", "scene", stage] >= 400
        assert seen[stage]["oreline_latency_ms_count", stage] >= 400
    handled = seen["conveyor"]
    shed = handled.get(("oreline_gap_lines_total", "shed", "conveyor"), 0.0)
    assert shed + handled.get(("oreline_lines_total", "scene", "conveyor"), 0.0) >= 300
    assert seen["acquisition"]["oreline_bytes_total", "acquisition"] > 500 * 384 * 288 * 2
    assert seen["acquisition"]["oreline_queue_depth", "raw"] >= 0
    assert seen["inference"]["oreline_reference_age_seconds",] >= 0
    assert seen["log"]["oreline_gap_lines_total", "reference", "log"] == 200
    for stage in ("acquisition", "inference", "log"):
        assert seen[stage]["oreline_lines_total", "reference", stage] == 200


@pytest.mark.long
def test_a_line_runs_twice_into_one_folder_and_keeps_both_runs(line: Line) -> None:
    line.tables["acquisition"]["steps"][-1]["lines"] = 150
    for _ in range(2):
        with line.start() as run:
            output = run.communicate(timeout=90)[0]
        assert run.returncode == 0, output
        report = line.report()
        assert (report["acquired"], report["labelled"], report["unaccounted"]) == (150, 150, 0)
    assert line.journalled() == 300
