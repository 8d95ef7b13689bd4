"""Fit: whether references serve a scene, by what the headers say of how each was taken.

What physics scales, exposure and gain, is scaled by whoever computes with it, and said. Anything else is refused with
its reason: another camera, another binning, wavelengths that are not the same, samples of which nobody says where they
lie on the sensor. What one header says and another does not is taken to be alike, and said.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping

from oreline.errors import ReferenceRefused
from oreline.recordings.conditions import SAME_EXPOSURE, Conditions
from oreline.recordings.recording import Recording

WAVELENGTH_TOLERANCE_NM = 0.5
SCALES = {"reflectance scale factor": 1.0, "data gain values": 1.0, "data offset values": 0.0}
"""What a header says of values that are no counts any more, and what of counts."""


def refuse_unfit(scene: Recording, reference: Recording, kind: str, *, has_option: bool = True) -> None:
    """Raises ReferenceRefused where a reference can not be used for a scene, however it is scaled. `has_option`:
    whether another can be given by one, such as --dark."""
    option = f" (--{kind.split('_')[0]} PATH)" if has_option else ""
    for find in (_camera, _binning, _columns, _wavelengths, _detectors, _guesses, _gains, _others, _scales):
        if why := find(scene, reference):
            raise ReferenceRefused(
                f"the {_words(kind)} {reference.path.name} does not fit {scene.path.name}: {why}; "
                f"give one of the same setting{option}",
                "setting",
            )


def refuse_unlike(scene: Recording, reference: Recording, kind: str) -> None:
    """The same for one who does not scale: the exposures and gains must be one as well."""
    refuse_unfit(scene, reference, kind, has_option=False)
    for what, ours, theirs, unit in scalable(scene.conditions, reference.conditions):
        if ours is not None and theirs is not None and not math.isclose(ours, theirs, rel_tol=SAME_EXPOSURE):
            raise ReferenceRefused(
                f"the {_words(kind)} {reference.path.name} has {what} {theirs:g} {unit}, {scene.path.name} {ours:g}: "
                "a simulated camera has one setting for all; `oreline replay` scales by what the headers say",
                "setting",
            )


def scalable(ours: Conditions, theirs: Conditions) -> tuple[tuple[str, float | None, float | None, str], ...]:
    """What physics scales: its name, what both have of it, and the unit."""
    return ("exposure", ours.exposure_us, theirs.exposure_us, "us"), ("gain", ours.gain, theirs.gain, "times")


def _words(kind: str) -> str:
    return {"white_dark": "white's dark"}.get(kind, f"{kind} reference")


def _camera(scene: Recording, reference: Recording) -> str:
    ours, theirs = scene.conditions.serial, reference.conditions.serial
    if ours and theirs and ours != theirs:
        return f"it is of camera {theirs!r}, not {ours!r}"
    kinds = [one.conditions.camera.partition(",")[0].strip().lower() for one in (reference, scene)]
    return f"it is of a camera {kinds[0]!r}, not {kinds[1]!r}" if all(kinds) and kinds[0] != kinds[1] else ""


def _binning(scene: Recording, reference: Recording) -> str:
    """Counts of binned pixels may be sums or means, which no header says. Where a header has no binning, there is none
    if the samples are not as many."""
    ours, theirs = scene.conditions.binning, reference.conditions.binning
    if scene.samples == reference.samples and (ours is None or theirs is None):
        return ""
    one, other = (() if set(binning or ()) <= {1} else binning for binning in (ours, theirs))
    if one == other:
        return ""
    return f"its binning is {listed(theirs)}, not {listed(ours)}"


def listed(binning: tuple[float, ...] | None) -> str:
    """Binning as people write it."""
    return " x ".join(f"{n:g}" for n in binning) if binning else "none"


def _columns(scene: Recording, reference: Recording) -> str:
    """Fewer or more samples fit where it is said which of the sensor they are."""
    if scene.samples == reference.samples and scene.x_start == reference.x_start:
        return ""
    first, end = scene.x_start, scene.x_start + scene.samples
    if not (reference.x_start <= first and end <= reference.x_start + reference.samples):
        return (
            f"it covers samples {reference.x_start} to {reference.x_start + reference.samples - 1} of the sensor, "
            f"the scene is samples {first} to {end - 1}"
        )
    if scene.x_start == 0 and scene.header is not None and scene.conditions.x_start is None:
        return f"it has {reference.samples} samples, not {scene.samples}, and no header says which (`x start`)"
    return ""


def _wavelengths(scene: Recording, reference: Recording) -> str:
    for band, (ours, theirs) in enumerate(zip(scene.wavelengths_nm, reference.wavelengths_nm, strict=False)):
        if not abs(ours - theirs) <= WAVELENGTH_TOLERANCE_NM:
            return f"its band {band} is at {theirs:g} nm, not {ours:g} nm"
    return ""


def _detectors(scene: Recording, reference: Recording) -> str:
    """One factor scales all bands, so the exposures of all detectors must have one ratio."""
    ours, theirs = scene.conditions.exposures_us, reference.conditions.exposures_us
    ratios = [one / other for one, other in zip(theirs, ours, strict=False)]
    if len(ours) == len(theirs) and all(math.isclose(ratio, ratios[0], rel_tol=SAME_EXPOSURE) for ratio in ratios):
        return ""
    if not (ours and theirs):
        return ""
    said = [", ".join(f"{us:g}" for us in exposures) for exposures in (theirs, ours)]
    return f"its detectors were exposed for {said[0]} us, not {said[1]}, which no one factor scales"


def _guesses(scene: Recording, reference: Recording) -> str:
    """Two exposures without a unit are in the same one."""
    ours, theirs = scene.conditions, reference.conditions
    if "" in (ours.guessed_unit, theirs.guessed_unit) or ours.guessed_unit == theirs.guessed_unit:
        return ""
    return f"{theirs.assumed[0]}, the scene's for {ours.guessed_unit}: write the unit of the exposure in both headers"


def _others(scene: Recording, reference: Recording) -> str:
    """Of a setting in words that nobody here knows, at least it is known whether it is the same."""
    theirs = reference.conditions.others
    for key, text in scene.conditions.others.items():
        if key in theirs and not same_number(text, theirs[key]):
            return f"its {key!r} is {theirs[key][:40]}, not {text[:40]}, and what that changes is not known here"
    return ""


def _scales(scene: Recording, reference: Recording) -> str:
    """A factor is lost in a ratio, and an offset in a difference, where all have the same."""
    for key in SCALES:
        theirs, ours = _scale(reference, key), _scale(scene, key)
        if ours != theirs:
            return f"its {key!r} is {_shown(theirs)}, not {_shown(ours)}: give both as the counts of the camera"
    return ""


def _scale(recording: Recording, key: str) -> set[float]:
    text = recording.metadata.get(key, recording.metadata.get(key.replace(" ", "_"), ""))
    return set(map(float, re.findall(r"[-+]?\d+\.?\d*(?:[eE][-+]?\d+)?", text))) or {SCALES[key]}


def _shown(scale: set[float]) -> str:
    return ", ".join(f"{value:g}" for value in sorted(scale)[:4])


def _gains(scene: Recording, reference: Recording) -> str:
    """Gains without a unit serve where they are the same."""
    ours, theirs = scene.conditions, reference.conditions
    if ours.gain is not None and theirs.gain is not None:
        return ""
    if not (ours.gain_text and theirs.gain_text) or same_number(ours.gain_text, theirs.gain_text):
        return ""
    return f"its gain is {theirs.gain_text}, not {ours.gain_text}, and no unit says what that is as a factor"


def same_number(one: str, other: str) -> bool:
    """Whether two texts are one number, or one word."""
    try:
        return math.isclose(float(one), float(other), rel_tol=SAME_EXPOSURE)
    except ValueError:
        return one.lower() == other.lower()


def notes_of(scene: Recording, references: Mapping[str, Recording]) -> list[str]:
    """What is scaled, and what is taken for granted, each a sentence."""
    notes = doubts_of([scene])
    for kind, one in references.items():
        notes += [*doubts_of([one]), *_scaled(scene, one, kind)]
        if one.missing_lines:
            notes.append(f"{one.path.name}: cut short, only {one.lines} lines are whole")
    return notes


def doubts_of(recordings: Iterable[Recording]) -> list[str]:
    """What is taken for granted of recordings by themselves, each a sentence."""
    return [
        f"{one.path.name}: {words}"
        for one in recordings
        for words in (*one.notes, *one.conditions.assumed, *_doubts(one))
    ]


def _doubts(recording: Recording) -> Iterator[str]:
    for key, none in SCALES.items():
        if (scale := _scale(recording, key)) != {none}:
            yield f"{key!r} is {_shown(scale)}: its values are taken as counts all the same"


def unsaid_binning(scene: Recording, reference: Recording) -> Iterator[str]:
    """That only one of them says its binning, in a sentence."""
    for one, other in ((scene, reference), (reference, scene)):
        if set(one.conditions.binning or ()) - {1} and other.conditions.binning is None:
            yield f"{other.path.name} does not say its binning: it is taken to be {listed(one.conditions.binning)} too"


def _unsaid_gain(scene: Recording, reference: Recording) -> Iterator[str]:
    for one, other in ((scene, reference), (reference, scene)):
        if one.conditions.unknown_gain and not other.conditions.gain_text:
            yield f"{other.path.name} does not say its gain: it is taken to be {one.conditions.unknown_gain} too"


def _scaled(scene: Recording, reference: Recording, kind: str) -> Iterator[str]:
    yield from (*_unsaid_gain(scene, reference), *unsaid_binning(scene, reference))
    for what, ours, theirs, unit in scalable(scene.conditions, reference.conditions):
        if ours is None and theirs is None:
            continue
        if ours is None or theirs is None:
            silent = scene if ours is None else reference
            yield f"{silent.path.name} does not say its {what}: it is taken to be that of the other"
        elif kind == "white" and not math.isclose(ours, theirs, rel_tol=SAME_EXPOSURE):
            yield f"scaled by {what}: the white has {theirs:g} {unit}, the scene {ours:g}"
