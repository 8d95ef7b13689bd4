"""Render a scene: a recording in the LUMO layout, and the truth about every pixel and stone of it.

    FOLDER/capture/NAME.raw .hdr, DARKREF_NAME.raw .hdr, WHITEREF_NAME.raw .hdr
    FOLDER/capture/NAME.stamps      int64 (lines, 2), little-endian: ns since the first line, encoder count
    FOLDER/NAME_truth.img .hdr      label map: the mineral of which there is most, or background
    FOLDER/NAME_minerals.img .hdr   one band a mineral, float32: its fraction of the rock; 0 where there is no rock
    FOLDER/NAME_stones.img .hdr     stone or piece of core, from 1; 0 where there is no rock
    FOLDER/NAME_depth.img .hdr      of core alone, float32: metres down the hole; NaN where there is no core
    FOLDER/NAME_pixels.img .hdr     of the sensor, uint8, one line: 0 good, 1 hot, 2 dead, 3 blinking
    FOLDER/NAME_truth.json          the stones or pieces, and what is known of the recording as a whole
    FOLDER/session.toml             of core: hole, boxes and depth blocks, as a technician types them
    FOLDER/manifest.json            settings and sha256 of each file, written last

Dark, white and scene are taken one after the other by a camera that was switched on with the first dark line.

The same settings give the same bytes on one machine, whatever the number of threads; across kinds of machine a count in
a million may differ by one, as their floating-point units round differently.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydantic import Discriminator, Tag

from hwsim.random_field import key_of
from hwsim.render.session import SESSION, write_session
from hwsim.render.truth import TruthWriter
from hwsim.scenes.belt import BeltScene
from hwsim.scenes.core import CoreScene
from hwsim.sensor.sensor import Sensor
from hwsim.worlds import Truth, World, world_of
from oreline.errors import RecordingError
from oreline.files import is_within, write_whole
from oreline.guard import refusal
from oreline.recordings.envi_header import write_header
from oreline.recordings.envi_writer import EnviWriter, band_fields, layout_fields
from oreline.recordings.finding import RecordingSet, find_recording
from oreline.terminal import tell

__all__ = ["BeltScene", "CoreScene", "Scene", "render"]

RENDERER = 3
"""Raised whenever the same settings would give other bytes, so that older renderings are not used again."""
CHUNK = 64
MANIFEST = "manifest.json"

Progress = Callable[[int, int], None]
Spectra = NDArray[np.float32]


def _world_named(settings: Any) -> Any:
    return settings.get("world", "belt") if isinstance(settings, dict) else getattr(settings, "world", None)


Scene = Annotated[
    Annotated[BeltScene, Tag("belt")] | Annotated[CoreScene, Tag("core")],
    Discriminator(_world_named, "world", 'world is "belt" or "core"'),
]
"""Settings of any scene; `world` says which, and is "belt" where it is not said."""


@dataclass(frozen=True, slots=True)
class Part:
    """A recording to make: its name, lines, what the camera is told, and how many lines it has taken before."""

    name: str
    lines: int
    chosen: dict[str, Any]
    before: int


def render(scene: BeltScene | CoreScene, folder: Path, progress: Progress | None = None) -> RecordingSet:
    """Render into `folder`, or find what was rendered there from the same settings.

    `progress(done, total)` counts lines of all three recordings.
    """
    world = world_of(scene)
    identity = _identity(world)
    recording = folder / "capture" / f"{scene.name}.hdr"
    if not _is_complete(folder, identity):
        _render(world, folder, identity, progress)
    return find_recording(recording)


def _render(world: World, folder: Path, identity: str, progress: Progress | None) -> None:
    scene, capture = world.scene, folder / "capture"
    _take(folder, scene)
    dark, white = scene.dark_lines, scene.white_lines
    parts = [
        Part(f"DARKREF_{scene.name}", dark, {"shutter_open": False}, 0),
        Part(f"WHITEREF_{scene.name}", white, {"target": "white"}, dark),
        Part(scene.name, world.lines, {}, dark + white),
    ]
    sensor, truth, done, digests = Sensor.of(scene), TruthWriter(world, folder), 0, {}
    spectra, total = sensor.spectra(world.spectra_at), sum(part.lines for part in parts)
    for kind, part in enumerate(parts):
        path, digest = capture / f"{part.name}.raw", hashlib.sha256()
        for counts, true in _exposed(world, sensor, spectra, part, key_of(scene.seed, 4, kind), path):
            digest.update(counts.data)
            if part.name == scene.name:
                truth.add(true)
            done += len(counts)
            if progress:
                progress(done, total)
        write_header(path.with_suffix(".hdr"), _header(scene, part.lines))
        digests[path] = digest.hexdigest()
    truth.close()
    write_session(world, folder)
    bad, kinds = folder / f"{scene.name}_pixels.hdr", sensor.flaws.kinds
    with EnviWriter.create(bad, samples=kinds.shape[1], bands=len(kinds), dtype=np.uint8) as file:
        file.write(kinds)
    _stamps(world).tofile(capture / f"{scene.name}.stamps")
    _write_manifest(folder, scene, identity, digests)


def _exposed(
    world: World, sensor: Sensor, spectra: Spectra, part: Part, key: np.uint64, path: Path
) -> Iterator[tuple[NDArray[np.uint16], Truth]]:
    """Write a recording in chunks, some at once on all cores; yields them in order, with their truth."""
    preset, optics = world.scene.preset, world.scene.optics

    def expose(first: int) -> tuple[NDArray[np.uint16], Truth]:
        counts = np.empty((min(CHUNK, part.lines - first), preset.bands, preset.samples), "<u2")
        pixels, true = world.paint(first, len(counts))
        t_s = (part.before + first + np.arange(len(counts))) / preset.line_rate_hz
        sensor.expose(spectra, pixels, key, first, counts, optics.conditions(t_s, **part.chosen))
        os.pwrite(file.fileno(), counts.data, first * counts[0].nbytes)
        return counts, true

    workers = len(os.sched_getaffinity(0))
    with _allocated(path, part.lines * preset.bands * preset.samples * 2) as file, _pool(workers) as pool:
        running: deque[Future[tuple[NDArray[np.uint16], Truth]]] = deque()
        for first in range(0, part.lines, CHUNK):
            running.append(pool.submit(expose, first))
            if len(running) > 2 * workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


@contextmanager
def _pool(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that are waited for, what they have begun at least, since they write to a file; nothing else is begun."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _allocated(path: Path, size: int) -> Iterator[BinaryIO]:
    """A new file of its full size. Raises StoreFailed where the disk has no space for it."""
    with path.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            path.unlink()
            raise refusal(error, f"{path} ({size:,} bytes)") from error
        yield file


def _stamps(world: World) -> NDArray[np.int64]:
    lines = np.arange(world.lines)
    t_ns = np.rint(lines * (1e9 / world.scene.preset.line_rate_hz)).astype(np.int64)
    return np.stack([t_ns, world.encoders(lines)], axis=1).astype("<i8")


def _header(scene: BeltScene | CoreScene, lines: int) -> dict[str, str]:
    preset = scene.preset
    return {
        **layout_fields(preset.samples, preset.bands, lines, np.uint16),
        "description": f"{{simulated: {scene.name}, seed {scene.seed}}}",
        "sensor type": preset.model,
        "x start": "0",
        "full scale": str(scene.full_scale),
        "fps": f"{preset.line_rate_hz:g}",
        **band_fields(preset.wavelengths_nm, [preset.fwhm_nm] * preset.bands),
    }


def _identity(world: World) -> str:
    said = f"{RENDERER} {world.scene.model_dump_json()}".encode()
    return hashlib.sha256(said + world.spectra.tobytes()).hexdigest()


def _take(folder: Path, scene: BeltScene | CoreScene) -> None:
    """Begin anew in a folder that is empty or that a manifest says to be ours. Raises RecordingError."""
    capture = folder / "capture"
    capture.mkdir(parents=True, exist_ok=True)
    theirs = [] if (folder / MANIFEST).is_file() else _files(folder, scene)
    if theirs:
        raise RecordingError(f"{theirs[0]} was not rendered here, and would be lost: choose another folder")
    if (folder / MANIFEST).is_file():
        tell(f"{folder} holds a scene of other settings, or half of one: it is rendered anew in its place")
    write_whole(folder / MANIFEST, b"{}\n")


def _files(folder: Path, scene: BeltScene | CoreScene) -> list[Path]:
    """Those that have the names of a rendering's."""
    session = [folder / SESSION] if scene.world == "core" and (folder / SESSION).is_file() else []
    stems = _stems(scene.name)
    return sorted([path for path in folder.rglob("*") if path.name.removesuffix(path.suffix) in stems] + session)


def _write_manifest(folder: Path, scene: BeltScene | CoreScene, identity: str, digests: dict[Path, str]) -> None:
    files = {}
    for path in _files(folder, scene):
        digest = digests.get(path) or hashlib.sha256(path.read_bytes()).hexdigest()
        files[str(path.relative_to(folder))] = {"bytes": path.stat().st_size, "sha256": digest}
    said = {"identity": identity, "settings": scene.model_dump(), "files": files}
    write_whole(folder / MANIFEST, json.dumps(said, indent=1).encode())


def _stems(name: str) -> set[str]:
    """Of all files that a rendering may have."""
    kinds = ("truth", "pixels", "stones", "minerals", "depth")
    return {name, f"DARKREF_{name}", f"WHITEREF_{name}", *(f"{name}_{kind}" for kind in kinds)}


def _is_complete(folder: Path, identity: str) -> bool:
    """True of a folder that holds all files of this identity, with the sizes that they had."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        sizes = {name: said["bytes"] for name, said in manifest["files"].items()}
        whole = all(is_within(folder / n, folder) and (folder / n).stat().st_size == s for n, s in sizes.items())
        return bool(manifest["identity"] == identity and whole)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
