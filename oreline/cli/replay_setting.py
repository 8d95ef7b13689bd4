"""The setting of the camera that plays a recording: what the headers of scene and references say, or do not."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from oreline.errors import ReferenceRefused
from oreline.recordings import exclusions
from oreline.recordings.conditions import SAME_EXPOSURE
from oreline.recordings.finding import RecordingSet
from oreline.recordings.fit import listed, notes_of, same_number, scalable
from oreline.recordings.full_scale import FullScale, full_scale_of
from oreline.recordings.recording import Recording
from oreline.recordings.wavelengths import known

SERIAL = "SIM0001"
"""Of the camera that plays a recording of which nobody knows the camera."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How the camera of a replay is set: as the headers say, or else as its references were taken.

    `exposure_us`: None where nobody says it. `bad_bands`: from 0, those that any of the headers calls bad. `no_data`:
    the count that stands for no data, None where none does. `notes`: what is scaled, and what is taken for granted,
    each a sentence.
    """

    serial: str
    full_scale: int
    exposure_us: float | None
    gain: float
    wavelengths_nm: tuple[float, ...]
    bad_bands: tuple[int, ...] = ()
    no_data: int | None = None
    notes: tuple[str, ...] = ()


class SavedReference(Protocol):
    """What is looked at of a saved reference."""

    id: str
    serial: str
    full_scale: int
    wavelengths_nm: tuple[float, ...]
    white: Any


def setting_of(found: RecordingSet, saved: SavedReference | None = None) -> Setting:
    """The setting of the camera that plays `found`. Raises ReferenceRefused where references were exposed differently
    and the scene does not say how it was."""
    if saved:
        _refuse_unknown_gain(found.scene, saved)
    scene, how = found.scene, found.scene.conditions
    references = [one for one in (found.dark, found.white) if one is not None]
    taken = [*(one.conditions for one in references), *([saved.white] if saved else [])]
    bad = exclusions.bad_bands(found.present().values())
    full_scale = _full_scale(found, saved)
    wavelengths = (one.wavelengths_nm for one in (scene, *references, saved) if one is not None)
    notes = [*found.notes, *notes_of(scene, found.references()), *exclusions.notes_of(bad, scene), full_scale.note]
    return Setting(
        serial=_plain(saved.serial if saved else how.serial),
        full_scale=full_scale.count,
        exposure_us=_of_scene("exposure", how.exposure_us, [one.exposure_us for one in taken]),
        gain=_of_scene("gain", how.gain, [one.gain for one in taken]) or 1.0,
        wavelengths_nm=next(filter(None, map(known, wavelengths)), ()),
        bad_bands=bad,
        no_data=exclusions.no_data_count(scene),
        notes=tuple(filter(None, [*notes, *(_about(scene, saved) if saved else ())])),
    )


def _refuse_unknown_gain(scene: Recording, saved: SavedReference) -> None:
    said = scene.conditions.unknown_gain
    if said and not same_number(said, str(saved.white.gain)):
        raise ReferenceRefused(
            f"{scene.path.name}: gain = {said} has no unit, and the reference has {saved.white.gain:g} times: "
            f"write the unit in the header, such as {said} dB or {said}x",
            "setting",
        )


def _plain(serial: str) -> str:
    """A serial number as a simulated camera can have it."""
    return re.sub(r"^\.|[^\w.-]", "_", serial, flags=re.ASCII)[:63] or SERIAL


def _full_scale(found: RecordingSet, saved: SavedReference | None) -> FullScale:
    if saved and not found.scene.full_scale:
        return FullScale(saved.full_scale, f"no header says the full scale: {saved.full_scale} as of the reference")
    return full_scale_of(found.scene, found.references().values())


def _of_scene(what: str, own: float | None, others: list[float | None]) -> float | None:
    """What the scene says, or else what its references do."""
    if own is not None:
        return own
    said = [value for value in others if value is not None and not math.isnan(value)]
    if said and not math.isclose(min(said), max(said), rel_tol=SAME_EXPOSURE):
        raise ReferenceRefused(
            f"dark and white have {what} {said[0]:g} and {said[-1]:g}, and the scene's header does not say its own: "
            "write it there, or give references of one setting by --dark and --white",
            "setting",
        )
    return next(iter(said), None)


def _about(scene: Recording, saved: SavedReference) -> Iterator[str]:
    """What is scaled, or taken for granted, where a saved reference serves a scene."""
    how, name = scene.conditions, scene.path.name
    if how.serial and how.serial != saved.serial:
        yield f"the reference is of camera {saved.serial}, the recording of {how.serial}: taken to be one"
    if how.binning and set(how.binning) != {1}:
        yield f"the reference does not say its binning: it is taken to be the scene's, {listed(how.binning)}"
    for what, ours, theirs, _ in scalable(how, saved.white):
        if theirs is None or math.isnan(theirs):
            if ours is not None:
                yield f"the reference does not say its {what}: it is taken to be the scene's"
        elif ours is None:
            if what == "exposure":
                yield f"{name} does not say its exposure: it is taken to be the reference's, {theirs:g} us"
        elif not math.isclose(ours, theirs, rel_tol=SAME_EXPOSURE):
            yield f"scaled by {what}: the white has {theirs:g}, the scene {ours:g}"
