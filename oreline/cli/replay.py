"""`oreline replay`: a recording goes through the simulated camera and the running line, as if it were recorded now."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np

from oreline.cli.report import acquired, incidents_of, less, rate_of, with_verdict
from oreline.config import Config
from oreline.errors import ConfigError, ModelError, RecordingError
from oreline.facts import facts_of
from oreline.files import try_to_write
from oreline.recordings.label_map import read_labels
from oreline.recordings.recording import Recording, RecordingSet, find_recording
from oreline.recordings.truth import Confusion, read_truth, truth_beside

DEFAULT_RATE_HZ = 100.0
WAVELENGTH_TOLERANCE_NM = 2.0
SUFFIXES = (".img", ".hdr")
"""Of a result's two files."""
RECORDED = {"labelled": "lines", "shed": "shed", "lost": "lost"}
"""What the report calls what a recorder has counted."""


def line_of(
    path: Path,
    *,
    output: Path,
    speed: str = "1",
    reflectance: Path | None = None,
    labels: Path | None = None,
    uncertainty: Path | None = None,
    model: str | None = None,
    reference: Path | None = None,
    loop: bool = False,
    start_line: int = 0,
    strict: bool = False,
) -> tuple[Config, RecordingSet]:
    """The configuration of a line that plays `path`, from `start_line` to its end or, with `loop`, for ever.

    `speed`: a factor on the rate at which it was recorded, or "max". `strict`: a recording that lacks lines is refused
    rather than played as far as it goes. Raises RecordingError or ConfigError.
    """
    found = find_recording(path)
    scene, factor = found.scene, _factor(speed)
    _check(path, found, start_line, strict=strict, has_reference=reference is not None)
    streams = [*(["labels"] if labels else []), *(["reflectance"] if reflectance or uncertainty else [])]
    wanted = (("reflectance", reflectance), ("labels", labels), ("uncertainty", uncertainty))
    records = {what: {"sink": "record", "what": what, "name": what} for what, header in wanted if header is not None}
    tables = {
        "line": {"name": "replay", "output": str(output), "finish": False},
        "simulator": {
            "recording": str(path),
            "folder": "converted",
            "frame_rate": scene.line_rate_hz or DEFAULT_RATE_HZ,
            "speed": factor,
            "patient": True,
            "loop": loop,
            **({"start_line": start_line} if start_line else {}),
        },
        "acquisition": _acquisition(
            found, None if loop else scene.lines - start_line, with_references=reference is None
        ),
        "inference": {
            "streams": streams,
            "largest_line": scene.bands * scene.samples,
            "limits": {"refuse": False, "age_h": None, "warn_age_h": None},
            **({"uncertainty": True} if uncertainty else {}),
            **({"model": model or model_for(scene)} if labels else {}),
            **({"reference": str(reference)} if reference else {}),
        },
        "sinks": {**({"log": {}} if labels else {}), **{f"record_{what}": table for what, table in records.items()}},
    }
    return Config(tables, f"replay of {path}"), found


def report_of(config: Config, found: RecordingSet, wanted: dict[str, Path]) -> dict[str, Any]:
    """Put what was recorded where it was asked for, and say what happened to each line."""
    output = config.line.output
    inference = facts_of(output, "inference")
    artefacts = {what: _moved(facts_of(output, f"record_{what}"), header) for what, header in wanted.items()}
    recorded = facts_of(output, f"record_{next(iter(wanted))}").get("account", {})
    known, counts = acquired(output, {}), {key: recorded.get(name) for key, name in RECORDED.items()}
    report = {
        "recording": str(found.scene.path),
        "acquired": known,
        **counts,
        "unaccounted": less(known, counts.values()),
        "missing_lines": found.scene.missing_lines,
        "lines_per_s": rate_of(config),
        "saturated_samples": inference.get("saturated_samples"),
        "reference": inference.get("reference"),
        **incidents_of(output),
        "artefacts": artefacts,
        **accuracy_of(config, found, wanted),
    }
    return with_verdict(report)


def accuracy_of(config: Config, found: RecordingSet, wanted: dict[str, Path]) -> dict[str, Any]:
    """Accuracy of the labels, where the recording is a scene that has its truth beside it."""
    truth = truth_beside(found.scene.path)
    if truth is None or "labels" not in wanted:
        return {}
    said, known = read_labels(wanted["labels"]), read_truth(truth)
    confusion = Confusion(known, said.classes)
    confusion.add(config.tables["simulator"].get("start_line", 0) + np.arange(len(said.labels)), said.labels)
    return confusion.facts()


def try_targets(wanted: dict[str, Path], found: RecordingSet) -> None:
    """Try, before anything is played, whether what is wanted can be put where it is wanted. Raises ConfigError where
    that is in place of the recording or of one another, SystemRefused where it cannot be written."""
    recorded = {one.path.with_suffix("").resolve() for one in found.present().values()}
    targets = [header.with_suffix("").resolve() for header in wanted.values()]
    for number, (what, header) in enumerate(wanted.items()):
        if targets[number] in recorded:
            raise ConfigError(f"--{what} {header} would replace the recording itself: give another name")
        if targets[number] in targets[:number]:
            raise ConfigError(f"--{what} {header} has another result's name: give each its own")
        try_to_write(*(header.with_suffix(suffix) for suffix in SUFFIXES))


def _moved(facts: dict[str, Any], header: Path) -> str:
    """Give the files of a record sink the name that was asked for."""
    made = sorted(Path(path) for path in facts.get("artefacts", {}).values())
    if len(made) != 1:
        raise RecordingError(f"{len(made)} files were recorded instead of one: {', '.join(map(str, made)) or 'none'}")
    header.parent.mkdir(parents=True, exist_ok=True)
    for suffix in SUFFIXES:
        shutil.move(made[0].with_suffix(suffix), header.with_suffix(suffix))
    return str(header)


def _factor(speed: str) -> float | str:
    """A positive number, or "max"; raises ConfigError for anything else."""
    try:
        if speed == "max" or float(speed) > 0:
            return speed if speed == "max" else float(speed)
    except ValueError:
        pass
    raise ConfigError(f"--speed {speed}: give a positive number, or max")


def _check(path: Path, found: RecordingSet, start_line: int, *, strict: bool, has_reference: bool) -> None:
    scene = found.scene
    if strict and scene.missing_lines:
        raise RecordingError(
            f"{scene.path} lacks {scene.missing_lines} lines: repair it, or play the {scene.lines} that are whole "
            "without --strict"
        )
    if not 0 <= start_line < scene.lines:
        raise ConfigError(f"--start-line {start_line}: the recording has {scene.lines} lines, from 0")
    if not has_reference and (found.dark is None or found.white is None):
        missing = "dark" if found.dark is None else "white"
        raise RecordingError(
            f"{path} has no {missing} reference beside it: add one, or name a saved one by --reference"
        )


def _acquisition(found: RecordingSet, lines: int | None, *, with_references: bool) -> dict[str, Any]:
    scene = found.scene
    return {
        "wavelengths_nm": list(scene.wavelengths_nm),
        "features": [
            ["PixelFormat", "Mono12" if (scene.full_scale or 4095) <= 4095 else "Mono16"],
            ["ChunkModeActive", True],
        ],
        "counts_per_line": _counts_per_line(scene),
        "steps": _steps(found, lines, with_references=with_references),
        "on_full": "wait",
    }


def _counts_per_line(scene: Recording) -> float:
    """Mean encoder counts from line to line; the camera counts lines where the recording has no stamps."""
    if scene.stamps is None or scene.lines < 2:
        return 1.0
    counts = scene.read_stamps()[:, 1]
    return abs(int(counts[-1]) - int(counts[0])) / (scene.lines - 1) or 1.0


def _steps(found: RecordingSet, lines: int | None, *, with_references: bool) -> list[dict[str, Any]]:
    """Dark, white and `lines` of the scene (None: for ever): each with its own region of the sensor, as the recordings
    have it."""
    steps = []
    views = [("dark", found.dark, "Closed", "Scene"), ("white", found.white, "Open", "White")]
    for kind, recording, shutter, target in (views if with_references else []) + [
        ("scene", found.scene, "Open", "Scene")
    ]:
        assert recording is not None
        region = [["OffsetX", 0], ["Width", recording.samples], ["OffsetX", recording.x_start]]
        features = [["Shutter", shutter], ["TargetSelector", target], *region]
        steps.append({"kind": kind, "lines": lines if kind == "scene" else recording.lines, "features": features})
    return steps


def model_for(scene: Recording) -> str:
    """The model that comes with Oreline and has the bands of a recording. Raises ModelError."""
    from oreline.cameras import CAMERAS

    for name, preset in CAMERAS.items():
        ours = preset.wavelengths_nm
        if len(ours) == scene.bands == len(scene.wavelengths_nm) and all(
            abs(a - b) < WAVELENGTH_TOLERANCE_NM for a, b in zip(ours, scene.wavelengths_nm, strict=True)
        ):
            return name
    raise ModelError(
        f"no model that comes with Oreline has the {scene.bands} bands of this recording: name one by --model, "
        "or ask for --reflectance only"
    )
