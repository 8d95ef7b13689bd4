"""`oreline replay`: a recording goes through the simulated camera and the running line, as if it were recorded now."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from oreline.cli.replay_setting import Setting
from oreline.cli.report import acquired, incidents_of, less, rate_of, with_verdict
from oreline.config import Config
from oreline.errors import ConfigError, ModelError, RecordingError
from oreline.facts import facts_of
from oreline.files import try_to_write
from oreline.recordings.finding import RecordingSet, find_recording
from oreline.recordings.fit import refuse_unfit
from oreline.recordings.label_map import read_labels
from oreline.recordings.names import HEADER
from oreline.recordings.recording import Recording
from oreline.recordings.truth import Confusion, read_truth, truth_beside

DEFAULT_RATE_HZ = 100.0
MONO12 = 4095
TRUSTED_RATIO = 1e6
"""What a header says of exposures is believed; a line that runs trusts less, see inference.limits.exposure_ratio."""
WAVELENGTH_TOLERANCE_NM = 2.0
SUFFIXES = (".img", ".hdr")
"""Of a result's two files."""
OF_LABELS = {"labels", "groups", "bands"}
"""Results that need a model."""
RECORDED = {"labelled": "lines", "shed": "shed", "lost": "lost"}
"""What the report calls what a recorder has counted."""


def find(
    path: Path,
    *,
    start_line: int = 0,
    strict: bool = False,
    dark: Path | None = None,
    white: Path | None = None,
    has_reference: bool = False,
) -> RecordingSet:
    """The recording to be played, with its references unless there is a saved one. `strict`: one that lacks lines is
    refused rather than played as far as it goes. Raises RecordingError, ReferenceRefused, ConfigError."""
    if has_reference and (dark or white):
        raise ConfigError("--reference is dark and white already: leave out --dark and --white, or --reference")
    found = find_recording(path, dark, white, references=not has_reference)
    scene = found.scene
    if strict and scene.missing_lines:
        raise RecordingError(
            f"{scene.path} lacks {scene.missing_lines} lines: repair it, or play the {scene.lines} that are whole "
            "without --strict"
        )
    if not 0 <= start_line < scene.lines:
        raise ConfigError(f"--start-line {start_line}: the recording has {scene.lines} lines, from 0")
    missing = [kind for kind in ("dark", "white") if getattr(found, kind) is None]
    if missing and not has_reference:
        raise RecordingError(
            f"{path} has no {missing[0]} reference, beside it or in the folder above: name one by --{missing[0]}, or a "
            "saved one by --reference"
        )
    for kind, reference in found.references().items():
        refuse_unfit(scene, reference, kind)
    return found


def line_of(
    found: RecordingSet,
    setting: Setting,
    wanted: Collection[str],
    *,
    output: Path,
    speed: str = "1",
    model: str | None = None,
    loop: bool = False,
    start_line: int = 0,
) -> Config:
    """The configuration of a line that plays a scene, from `start_line` to its end or, with `loop`, for ever; it lacks
    `inference.reference`.

    `wanted`: of reflectance, uncertainty and OF_LABELS. `speed`: a factor on the rate at which it was recorded, or
    "max". Raises ConfigError, ModelError.
    """
    scene = found.scene
    simulator = _simulator(scene, setting) | {"speed": _factor(speed), "loop": loop, "start_line": start_line}
    steps = [{"kind": "scene", "lines": None if loop else scene.lines - start_line}]
    records = {f"record_{what}": {"sink": "record", "what": what, "name": what} for what in wanted}
    tables = {
        "line": {"name": "replay", "output": str(output), "finish": False},
        "simulator": simulator,
        "acquisition": _acquisition(scene, setting) | {"steps": steps},
        "inference": _inference(scene, setting, wanted, model),
        "sinks": {**({"log": {}} if _labelled(wanted) else {}), **records},
    }
    return Config(tables, f"replay of {scene.path}")


def _simulator(scene: Recording, setting: Setting) -> dict[str, Any]:
    return {
        "recording": str(scene.header or scene.path),
        "references": False,
        "folder": "converted",
        "serial": setting.serial,
        "full_scale": setting.full_scale,
        **({"exposure_us": setting.exposure_us} if setting.exposure_us else {}),
        "gain": setting.gain,
        "frame_rate": min(scene.line_rate_hz or DEFAULT_RATE_HZ, 1e6 / (setting.exposure_us or 1.0)),
        "patient": True,
    }


def _acquisition(scene: Recording, setting: Setting) -> dict[str, Any]:
    largest = max(setting.full_scale, setting.no_data or 0)
    return {
        "wavelengths_nm": list(setting.wavelengths_nm),
        "full_scale": setting.full_scale,
        "features": [["PixelFormat", "Mono12" if largest <= MONO12 else "Mono16"], ["ChunkModeActive", True]],
        "counts_per_line": _counts_per_line(scene),
        "on_full": "wait",
    }


def _inference(scene: Recording, setting: Setting, wanted: Collection[str], model: str | None) -> dict[str, Any]:
    needs_reflectance = "reflectance" in wanted or "uncertainty" in wanted
    streams = [*(["labels"] if _labelled(wanted) else []), *(["reflectance"] if needs_reflectance else [])]
    no_data = {} if setting.no_data is None else {"no_data": setting.no_data}
    return {
        "streams": streams,
        "largest_line": scene.bands * scene.samples,
        "widest_line": scene.samples,
        "limits": {"refuse": False, "age_h": None, "warn_age_h": None, "exposure_ratio": TRUSTED_RATIO},
        "correction": {"bad_bands": list(setting.bad_bands), **no_data},
        **({"uncertainty": True} if "uncertainty" in wanted else {}),
        **({"model": model or model_for(scene)} if _labelled(wanted) else {}),
    }


def _labelled(wanted: Collection[str]) -> bool:
    """Whether a model is needed for what is wanted."""
    return not OF_LABELS.isdisjoint(wanted)


def report_of(
    config: Config, found: RecordingSet, wanted: dict[str, Path], notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Put what was recorded where it was asked for, and say what happened to each line, and what was scaled and taken
    for granted."""
    output = config.line.output
    inference = facts_of(output, "inference")
    artefacts = {what: _moved(facts_of(output, f"record_{what}"), header) for what, header in wanted.items()}
    recorded = facts_of(output, f"record_{next(iter(wanted))}").get("account", {})
    known, counts = acquired(output, {}), {key: recorded.get(name) for key, name in RECORDED.items()}
    report = {
        "recording": str(found.scene.path),
        "references": {kind: str(one.path) for kind, one in found.references().items()},
        "notes": list(notes),
        "acquired": known,
        **counts,
        "unaccounted": less(known, counts.values()),
        "missing_lines": found.scene.missing_lines,
        "lines_per_s": rate_of(config),
        "shares": facts_of(output, "log").get("shares", {}),
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
    said, known = read_labels(_file(wanted["labels"], HEADER)), read_truth(truth)
    confusion = Confusion(known, said.classes)
    confusion.add(config.tables["simulator"].get("start_line", 0) + np.arange(len(said.labels)), said.labels)
    return confusion.facts()


def try_targets(wanted: dict[str, Path], found: RecordingSet) -> None:
    """Try, before anything is played, whether what is wanted can be put where it is wanted. Raises ConfigError where
    that is in place of the recording or of one another, SystemRefused where it cannot be written."""
    recorded = {path.resolve() for one in found.present().values() for path in (one.path, one.header) if path}
    named = {one.path.with_name(one.name).resolve() for one in found.present().values()}
    targets = [_stem(header).resolve() for header in wanted.values()]
    for number, (what, header) in enumerate(wanted.items()):
        files = [_file(header, suffix) for suffix in SUFFIXES]
        if targets[number] in named or recorded & {path.resolve() for path in files}:
            raise ConfigError(f"--{what} {header} would replace the recording itself: give another name")
        if targets[number] in targets[:number]:
            raise ConfigError(f"--{what} {header} has another result's name: give each its own")
        try_to_write(*files)


def _stem(header: Path) -> Path:
    """The path of a result without the suffix of one of its files; a name may have dots."""
    return header.with_suffix("") if header.suffix.lower() in SUFFIXES else header


def _file(header: Path, suffix: str) -> Path:
    stem = _stem(header)
    return stem.with_name(stem.name + suffix)


def _moved(facts: dict[str, Any], header: Path) -> str:
    """Give the files of a record sink the name that was asked for."""
    made = sorted(Path(path) for path in facts.get("artefacts", {}).values())
    if len(made) != 1:
        raise RecordingError(f"{len(made)} files were recorded instead of one: {', '.join(map(str, made)) or 'none'}")
    header.parent.mkdir(parents=True, exist_ok=True)
    for suffix in SUFFIXES:
        shutil.move(made[0].with_suffix(suffix), _file(header, suffix))
    return str(_file(header, HEADER))


def _factor(speed: str) -> float | str:
    """A positive number, or "max"; raises ConfigError for anything else."""
    try:
        if speed == "max" or float(speed) > 0:
            return speed if speed == "max" else float(speed)
    except ValueError:
        pass
    raise ConfigError(f"--speed {speed}: give a positive number, or max")


def _counts_per_line(scene: Recording) -> float:
    """Mean encoder counts from line to line; the camera counts lines where the recording has no stamps."""
    if scene.stamps is None or scene.lines < 2:
        return 1.0
    counts = scene.read_stamps()[:, 1]
    return abs(int(counts[-1]) - int(counts[0])) / (scene.lines - 1) or 1.0


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
