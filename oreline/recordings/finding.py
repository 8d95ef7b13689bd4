"""Finding: a scene and the references that were recorded with it.

The references of `NAME` bear its name, in the words of one of the dialects (`DARKREF_NAME`, `NAME_white`), or are those
of a whole folder (`darkReference`, or the only one that there is). They lie beside it or in the folder above, so that
one white can serve the scenes of a session; one that bears the name of another scene is not taken for this one's.

Where LUMO has closed the shutter at the end of a recording (`autodarkstartline`), those lines are a dark: no lines of
the scene and, of a white, its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from oreline.errors import RecordingError
from oreline.recordings.names import CAPTURE, Role, entrances, name_of, role_of
from oreline.recordings.recording import Recording, inside, open_recording


@dataclass(frozen=True)
class RecordingSet:
    """A scene with its references, where there are any. `white_dark`: the white's own dark. `notes`: where they come
    from, where that is not plain."""

    KINDS: ClassVar = ("scene", "dark", "white", "white_dark")

    scene: Recording
    dark: Recording | None = None
    white: Recording | None = None
    white_dark: Recording | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for kind, reference in self.references().items():
            if reference.bands != self.scene.bands:
                raise RecordingError(
                    f"the {kind.replace('_', ' ')} reference {reference.path.name} has {reference.bands} bands, "
                    f"but {self.scene.path.name} has {self.scene.bands}: they are not of one camera setting"
                )

    def present(self) -> dict[str, Recording]:
        """The recordings that are there, by kind, scene first."""
        return {kind: found for kind in self.KINDS if (found := getattr(self, kind)) is not None}

    def references(self) -> dict[str, Recording]:
        """The same without the scene."""
        return {kind: found for kind, found in self.present().items() if kind != "scene"}


def find_recording(
    path: Path, dark: Path | None = None, white: Path | None = None, *, references: bool = True
) -> RecordingSet:
    """A scene and, unless `references` is False, its references.

    `path`: a file, a folder with one scene, or a LUMO folder (`capture/` inside it). `dark`, `white`: the reference
    itself, or the folder where it is, in the place of what would be found. Raises RecordingError with what to do, such
    as when a folder holds several scenes.
    """
    if not path.exists():
        raise RecordingError(f"{path} does not exist")
    scene = open_recording(path) if path.is_file() else _only_scene(within(path))
    if not references:
        return RecordingSet(without_dark_lines(scene)[0])
    notes: list[str] = []
    named = {"dark": dark, "white": white}
    beside = {kind: _named(kind, given) if given else _found(kind, scene, notes) for kind, given in named.items()}
    own_white, own_dark = _white_with_dark(beside["white"])
    return _scene_alone(RecordingSet(scene, beside["dark"], own_white, own_dark, tuple(notes)))


def within(folder: Path) -> Path:
    """Where the recordings of a folder are: in its `capture/`, if it has that. Raises RecordingError for a link out."""
    capture = folder / CAPTURE
    return inside(capture, folder) if capture.is_dir() else folder


def open_listed(path: Path) -> Recording:
    """A recording that was found in its folder, not named by anybody. Raises RecordingError for a link out of it."""
    return open_recording(inside(path, path.parent))


def _only_scene(folder: Path) -> Recording:
    paths = entrances(folder)
    names = {name_of(path).lower() for path in paths}
    scenes = [path for path in paths if role_of(name_of(path), names) is None]
    if len(scenes) == 1:
        return open_listed(scenes[0])
    if not scenes:
        raise RecordingError(f"{folder} holds no recording: expected NAME.hdr with its data file, or NAME.tif")
    raise RecordingError(f"{folder} holds {len(scenes)} recordings, name one: {', '.join(p.name for p in scenes)}")


def _named(kind: str, given: Path) -> Recording:
    """A reference that somebody has named."""
    if not given.is_dir():
        return open_recording(given)
    folder = within(given)
    return open_listed(_one(kind, folder, [path for path, role in _roles(folder) if role.kind == kind], given))


def _found(kind: str, scene: Recording, notes: list[str]) -> Recording | None:
    """The reference that goes with a scene, None where there is none."""
    for folder in _folders(scene.path.parent):
        roles = [(path, role) for path, role in _roles(folder, scene.name.lower()) if role.kind == kind]
        own = [path for path, role in roles if role.of == scene.name.lower()]
        others = {name_of(path).lower() for path in entrances(folder)}
        for_all = [path for path, role in roles if role.of not in others]
        if candidates := own or for_all:
            path = _one(kind, folder, candidates, scene.path)
            if not own or folder != scene.path.parent:
                notes.append(f"the {kind} reference is {path}")
            return open_listed(path)
    return None


def _folders(folder: Path) -> Iterator[Path]:
    """Where references may be: beside the scene, then above; `capture` is no folder of its own."""
    above = folder.absolute().parent
    yield folder
    yield above
    if folder.name.lower() == CAPTURE:
        yield above.parent


def _roles(folder: Path, scene: str = "") -> Iterator[tuple[Path, Role]]:
    """The references in a folder, also those of a scene that is not in it."""
    paths = entrances(folder)
    names = {name_of(path).lower() for path in paths} | {scene}
    yield from ((path, role) for path in paths if (role := role_of(name_of(path), names)))


def _one(kind: str, folder: Path, paths: list[Path], of: Path) -> Path:
    if len(paths) == 1:
        return paths[0]
    names = ", ".join(path.name for path in paths) or "nothing"
    raise RecordingError(f"{folder} holds {names}: name the {kind} reference of {of.name} by --{kind}")


def _white_with_dark(white: Recording | None) -> tuple[Recording | None, Recording | None]:
    """A white and its own dark: the recording of that name, or the dark lines at its end."""
    if white is None:
        return None, None
    white, lines = without_dark_lines(white)
    role = role_of(white.name, {white.name.lower()})
    wanted = Role("white_dark", role.of if role else white.name.lower())
    for path, found in _roles(white.path.parent):
        if found == wanted:
            return white, open_listed(path)
    return white, lines


def _scene_alone(found: RecordingSet) -> RecordingSet:
    scene, lines = without_dark_lines(found.scene)
    if lines is None:
        return found
    note = f"the last {lines.lines} lines of {scene.path.name} are dark ones, and none of the scene"
    dark = found.dark or lines
    used = "they are its dark" if dark is lines else f"its dark is {dark.path.name} all the same"
    return replace(found, scene=scene, dark=dark, notes=(*found.notes, f"{note}: {used}"))


def without_dark_lines(recording: Recording) -> tuple[Recording, Recording | None]:
    """A recording without the automatic dark lines at its end, and those; None where it has none."""
    first = recording.conditions.dark_from
    if first is None or recording.strides is None or not 0 < first < recording.lines:
        return recording, None
    return recording.part(0, first), recording.part(first, recording.lines)
