"""The port at which each process of a line tells its metrics: where it is noted, and what is read there."""

from __future__ import annotations

import json
import os
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from oreline.files import read_plain, write_whole
from oreline.incidents import FOLDER

Samples = dict[tuple[str, ...], float]
"""Values by metric name and label values, the labels in order of their names."""
_MOST = 200


def note_port(output: Path, name: str, port: int) -> None:
    """Leave the port of this process where others of the line look for it; where there is no room, they find none."""
    with suppress(OSError):
        write_whole(_path(output, name), json.dumps({"pid": os.getpid(), "port": port}).encode())


def noted_port(output: Path, name: str) -> int | None:
    """The port that a process of the line has left; None where it left none, or is gone."""
    return _note(output, name)[1]


def noted_process(output: Path, name: str) -> int | None:
    """The number of a process of the line that is there; None where it left none, or is gone."""
    return _note(output, name)[0]


def _note(output: Path, name: str) -> tuple[int, int] | tuple[None, None]:
    try:
        note = json.loads(read_plain(_path(output, name), _MOST))
        pid, port = int(note["pid"]), int(note["port"])
        os.kill(pid, 0)
    except (OSError, ValueError, TypeError, KeyError, OverflowError):
        return None, None
    return (pid, port) if pid > 0 else (None, None)


def samples_at(port: int | None) -> Samples:
    """The metrics there now; empty where nobody answers within a second."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=1) as answer:
            text = answer.read().decode()
        return {
            (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    except (OSError, HTTPException, ValueError):
        return {}


def _path(output: Path, name: str) -> Path:
    return output / FOLDER / f"{name}.port"
