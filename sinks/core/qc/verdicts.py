"""Verdicts on scans, as they are kept: a file a scan in `qc/` of the hole's folder."""

from __future__ import annotations

import json
from pathlib import Path

from oreline.files import write_whole
from sinks.core.hole_folder import HoleFolder
from sinks.core.qc.finding import Verdict


def verdict_file(folder: HoleFolder, box: int, scan: int) -> Path:
    """Where the verdict on a scan is."""
    return folder.qc / f"box_{box:04d}_{scan}.json"


def keep(folder: HoleFolder, verdict: Verdict) -> Path:
    """Write a verdict, in place of an earlier one on the same scan. Raises OSError."""
    path = verdict_file(folder, verdict.box, verdict.scan)
    write_whole(path, json.dumps(verdict.told(), ensure_ascii=False, indent=1).encode() + b"\n")
    return path


def read_verdicts(folder: HoleFolder) -> list[Verdict]:
    """All verdicts, in order of box and scan; files that are none are passed over."""
    found = []
    for path in sorted(folder.qc.glob("box_*.json")):
        try:
            found.append(Verdict.of(json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return sorted(found, key=lambda one: (one.box, one.scan))
