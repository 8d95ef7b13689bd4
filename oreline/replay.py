"""`oreline replay`: a recording goes through the simulated camera and the running line, as if it were recorded now."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from oreline.config import Config
from oreline.errors import ConfigError, ModelError, RecordingError
from oreline.recording import Recording, RecordingSet, find_recording
from oreline.report import facts_of

DEFAULT_RATE_HZ = 100.0
WAVELENGTH_TOLERANCE_NM = 2.0


def line_of(
    path: Path,
    *,
    output: Path,
    speed: str = "1",
    reflectance: Path | None = None,
    labels: Path | None = None,
    model: str | None = None,
    reference: Path | None = None,
) -> tuple[Config, RecordingSet]:
    """The configuration of a line that plays `path`. Raises RecordingError or ConfigError."""
    found = find_recording(path)
    lossless, rate = _speed(speed), _rate(found.scene)
    if reference is None and (found.dark is None or found.white is None):
        missing = "dark" if found.dark is None else "white"
        raise RecordingError(
            f"{path} has no {missing} reference beside it: add one, or name a saved one by --reference"
        )
    sinks: dict[str, Any] = {"log": {}} if labels else {}
    for what, header in (("reflectance", reflectance), ("labels", labels)):
        if header is not None:
            sinks[f"record_{what}"] = {"sink": "record", "what": what, "name": what}
    tables = {
        "line": {"name": "replay", "output": str(output)},
        "simulator": {
            "recording": str(path),
            "folder": "converted",
            "frame_rate": rate,
            "speed": "max" if lossless else float(speed),
            "patient": True,
        },
        "acquisition": {
            "wavelengths_nm": list(found.scene.wavelengths_nm),
            "features": [["PixelFormat", "Mono12" if (found.scene.full_scale or 4095) <= 4095 else "Mono16"]],
            "steps": _steps(found, with_references=reference is None),
            "on_full": "wait",
        },
        "inference": {
            "streams": [what for what, header in (("labels", labels), ("reflectance", reflectance)) if header],
            "largest_line": found.scene.bands * found.scene.samples,
            **({"model": model or model_for(found.scene)} if labels else {}),
            **({"reference": str(reference)} if reference else {}),
        },
        "sinks": sinks,
    }
    return Config(tables, f"replay of {path}"), found


def report_of(config: Config, found: RecordingSet, wanted: dict[str, Path]) -> dict[str, Any]:
    """Put what was recorded where it was asked for, and say what happened to each line."""
    output = config.line.output
    inference = facts_of(output, "inference")
    account = facts_of(output, "acquisition").get("account", {})
    artefacts = {what: _moved(facts_of(output, f"record_{what}"), header) for what, header in wanted.items()}
    recorded = facts_of(output, f"record_{next(iter(wanted))}").get("account", {})
    acquired, lines, lost = account.get("acquired", 0), recorded.get("lines", 0), recorded.get("lost", 0)
    return {
        "recording": str(found.scene.path),
        "acquired": acquired,
        "labelled": lines,
        "shed": recorded.get("shed", 0),
        "lost": lost,
        "unaccounted": acquired - lines - lost - recorded.get("shed", 0),
        "missing_lines": found.scene.missing_lines,
        "lines_per_s": facts_of(output, "acquisition").get("lines_per_s", 0.0),
        "saturated_samples": inference.get("saturated_samples", 0),
        "reference": inference.get("reference"),
        "artefacts": artefacts,
    }


def _moved(facts: dict[str, Any], header: Path) -> str:
    """Give the files of a record sink the name that was asked for."""
    made = sorted(Path(path) for path in facts.get("artefacts", {}).values())
    if len(made) != 1:
        raise RecordingError(f"{len(made)} files were recorded instead of one: {', '.join(map(str, made)) or 'none'}")
    header.parent.mkdir(parents=True, exist_ok=True)
    for suffix in (".img", ".hdr"):
        shutil.move(made[0].with_suffix(suffix), header.with_suffix(suffix))
    return str(header)


def _speed(speed: str) -> bool:
    """Whether the speed is "max"; otherwise it must be a positive number."""
    try:
        if speed == "max" or float(speed) > 0:
            return speed == "max"
    except ValueError:
        pass
    raise ConfigError(f"--speed {speed}: give a positive number, or max")


def _rate(scene: Recording) -> float:
    try:
        return float(scene.metadata.get("fps", DEFAULT_RATE_HZ))
    except ValueError:
        return DEFAULT_RATE_HZ


def _steps(found: RecordingSet, *, with_references: bool) -> list[dict[str, Any]]:
    """Dark, white, scene: each with its own region of the sensor, as the recordings have it."""
    steps = []
    views = [("dark", found.dark, "Closed", "Scene"), ("white", found.white, "Open", "White")]
    for kind, recording, shutter, target in (views if with_references else []) + [
        ("scene", found.scene, "Open", "Scene")
    ]:
        assert recording is not None
        region = [["OffsetX", 0], ["Width", recording.samples], ["OffsetX", recording.x_start]]
        features = [["Shutter", shutter], ["TargetSelector", target], *region]
        steps.append({"kind": kind, "lines": recording.lines, "features": features})
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
