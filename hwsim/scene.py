"""Render a scene: a recording in the LUMO layout, and the truth about every pixel and stone of it.

    FOLDER/capture/NAME.raw .hdr, DARKREF_NAME.raw .hdr, WHITEREF_NAME.raw .hdr
    FOLDER/NAME_truth.img .hdr      label map: the mineral, or background
    FOLDER/NAME_stones.img .hdr     stone id, from 1; 0 for the belt
    FOLDER/NAME_truth.json          the stones
    FOLDER/manifest.json            settings and sha256 of each file, written last

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
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from hwsim.belt import BeltScene
from hwsim.dice import key_of
from hwsim.sensor import Pixels, Sensor
from hwsim.spectra import belt, load
from hwsim.stones import paint, throw
from hwsim.truth import TruthWriter
from oreline.envi import write_header
from oreline.envi_writer import band_fields, layout_fields
from oreline.errors import RecordingError
from oreline.recording import RecordingSet, find_recording

__all__ = ["BeltScene", "render_belt"]

RENDERER = 1
"""Raised whenever the same settings would give other bytes, so that older renderings are not used again."""
PANEL = 0.99
"""Reflectance of the white panel."""
CHUNK = 64
MANIFEST = "manifest.json"

Progress = Callable[[int, int], None]
Painter = Callable[[int, int], tuple[Pixels, Any]]


def render_belt(scene: BeltScene, folder: Path, progress: Progress | None = None) -> RecordingSet:
    """Render into `folder`, or find what was rendered there from the same settings.

    `progress(done, total)` counts lines of all three recordings.
    """
    spectra = spectra_of(scene)
    identity = _identity(scene, spectra)
    recording = folder / "capture" / f"{scene.name}.hdr"
    if not _is_complete(folder, identity):
        _render(scene, spectra, folder, identity, progress)
    return find_recording(recording)


def spectra_of(scene: BeltScene) -> NDArray[np.float32]:
    """Reflectance as the camera sees it, float32 (bands, spectra): all minerals of the scene, the belt, the panel."""
    preset, library = scene.preset, load()
    nm = preset.wavelengths_nm
    minerals = library.at(nm, preset.fwhm_nm)[[library.index(name) for name in scene.all_minerals]]
    return np.ascontiguousarray(np.vstack([minerals, belt(nm), np.full(nm.size, PANEL, np.float32)]).T, np.float32)


def _render(
    scene: BeltScene, spectra: NDArray[np.float32], folder: Path, identity: str, progress: Progress | None
) -> None:
    capture = folder / "capture"
    capture.mkdir(parents=True, exist_ok=True)
    (folder / MANIFEST).unlink(missing_ok=True)
    stones, outlines = throw(scene)
    samples, panel = scene.preset.samples, spectra.shape[1] - 1
    truth = TruthWriter(scene, folder, len(stones))

    def scene_lines(first: int, n: int) -> tuple[Pixels, Any]:
        pixels, labels, ids = paint(scene, stones, outlines, first, n)
        return pixels, (first, labels, ids)

    parts: list[tuple[str, int, Painter]] = [
        (f"DARKREF_{scene.name}", scene.dark_lines, lambda _, n: (Pixels.flat(n, samples, panel, 0.0), None)),
        (f"WHITEREF_{scene.name}", scene.white_lines, lambda _, n: (Pixels.flat(n, samples, panel), None)),
        (scene.name, scene.lines, scene_lines),
    ]
    sensor, done, digests = Sensor.of(scene), 0, {}
    total = sum(lines for _, lines, _ in parts)
    for kind, (name, lines, painter) in enumerate(parts):
        path, digest = capture / f"{name}.raw", hashlib.sha256()
        for counts, extra in _exposed(sensor, spectra, painter, key_of(scene.seed, 4, kind), path, lines):
            digest.update(counts.data)
            if extra is not None:
                truth.add(*extra)
            done += len(counts)
            if progress:
                progress(done, total)
        write_header(path.with_suffix(".hdr"), _header(scene, lines))
        digests[path] = digest.hexdigest()
    truth.close()
    _write_manifest(folder, scene, identity, digests)


def _exposed(
    sensor: Sensor, spectra: NDArray[np.float32], painter: Painter, key: np.uint64, path: Path, lines: int
) -> Iterator[tuple[NDArray[np.uint16], Any]]:
    """Write a recording in chunks, some at once on all cores; yields them in order, with what the painter added."""
    bands, samples = sensor.dark.shape

    def expose(first: int) -> tuple[NDArray[np.uint16], Any]:
        counts = np.empty((min(CHUNK, lines - first), bands, samples), "<u2")
        pixels, extra = painter(first, len(counts))
        sensor.expose(spectra, pixels, key, first, counts)
        os.pwrite(file.fileno(), counts.data, first * bands * samples * 2)
        return counts, extra

    workers = len(os.sched_getaffinity(0))
    with _allocated(path, lines * bands * samples * 2) as file, ThreadPoolExecutor(workers) as pool:
        running: deque[Future[tuple[NDArray[np.uint16], Any]]] = deque()
        for first in range(0, lines, CHUNK):
            running.append(pool.submit(expose, first))
            if len(running) > 2 * workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


@contextmanager
def _allocated(path: Path, size: int) -> Iterator[BinaryIO]:
    """A new file of its full size. Raises RecordingError where the disk has no space for it."""
    with path.open("wb") as file:
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            path.unlink()
            raise RecordingError(f"{path} needs {size / 1e9:.1f} GB: {error.strerror}; render fewer lines") from error
        yield file


def _header(scene: BeltScene, lines: int) -> dict[str, str]:
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


def _identity(scene: BeltScene, spectra: NDArray[np.float32]) -> str:
    said = f"{RENDERER} {scene.model_dump_json()}".encode()
    return hashlib.sha256(said + spectra.tobytes()).hexdigest()


def _write_manifest(folder: Path, scene: BeltScene, identity: str, digests: dict[Path, str]) -> None:
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.name.removesuffix(path.suffix) in _stems(scene)):
        digest = digests.get(path) or hashlib.sha256(path.read_bytes()).hexdigest()
        files[str(path.relative_to(folder))] = {"bytes": path.stat().st_size, "sha256": digest}
    draft = folder / f"{MANIFEST}.new"
    draft.write_text(json.dumps({"identity": identity, "settings": scene.model_dump(), "files": files}, indent=1))
    draft.replace(folder / MANIFEST)


def _stems(scene: BeltScene) -> set[str]:
    name = scene.name
    return {name, f"DARKREF_{name}", f"WHITEREF_{name}", f"{name}_truth", f"{name}_stones"}


def _is_complete(folder: Path, identity: str) -> bool:
    """Whether the folder holds all files of this identity, with the sizes that they had."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        sizes = {name: said["bytes"] for name, said in manifest["files"].items()}
        return manifest["identity"] == identity and all((folder / n).stat().st_size == s for n, s in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
