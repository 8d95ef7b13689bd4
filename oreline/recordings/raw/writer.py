"""Raw recording as it grows: one folder, of one setting of the camera and one pair of references.

Dark and white lines become the files of the references. One that comes after the first line of the scene, and any other
setting, begins another recording; references that are not taken anew are linked into it, so that each folder is whole.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from oreline.messages import Gap, Kind, RawLine, StreamInfo
from oreline.recordings.appended import AppendedFile
from oreline.recordings.names import CAPTURE, HEADER
from oreline.recordings.raw import gaps, manifest
from oreline.recordings.raw.layout import MANIFEST, OF_A_VIEW, drop, files_of, gaps_of, kinds_in, path_of
from oreline.recordings.raw.syncer import Syncer
from oreline.recordings.raw.view import ViewWriter

REFERENCES = Kind.DARK, Kind.WHITE


class RawWriter:
    """Appends lines and gaps to a recording. What was there at a `flush` is found again by `resume`."""

    def __init__(
        self, folder: Path, said: manifest.Manifest, views: dict[Kind, ViewWriter], gap_bytes: int, *, packed: bool
    ) -> None:
        """`packed`: whether views that begin are."""
        self.folder, self._said, self._views, self._packed = folder, said, views, packed
        self._gaps = AppendedFile(gaps_of(folder), gap_bytes)
        self._syncer = Syncer(lambda: [*(file for view in [*views.values()] for file in view.files), self._gaps])

    @classmethod
    def create(
        cls, folder: Path, info: StreamInfo, part: int, references: Path | None, *, packed: bool = False
    ) -> Self:
        """Start a recording. `references`: one of the same run whose references serve until others come."""
        (folder / CAPTURE).mkdir(parents=True)
        gaps_of(folder).write_bytes(gaps.HEAD)
        said = manifest.begun(folder, info, part)
        if references is not None:
            said["views"] = _carried(references, folder)
        manifest.write(folder, said)
        writer = cls(folder, said, {}, len(gaps.HEAD), packed=packed)
        writer.see(info)
        return writer

    @classmethod
    def resume(cls, folder: Path, before: int, *, packed: bool = False) -> Self:
        """Go on after the lines whose sequence numbers are lower; what the files hold beyond them is cut off. Raises
        RecordingError where they are not whole."""
        said = manifest.read(folder) | {"complete": False}
        own = [kind for kind in kinds_in(folder) if "from" not in said["views"].get(kind.name.lower(), {})]
        views: dict[Kind, ViewWriter] = {}
        with ExitStack() as opened:
            for kind in own:
                views[kind] = ViewWriter.resume(path_of(folder, kind, ""), before)
                opened.callback(views[kind].abandon)
            manifest.write(folder, said)
            writer = cls(folder, said, views, gaps.size_before(gaps_of(folder), before), packed=packed)
            opened.pop_all()
        return writer

    @property
    def lines(self) -> int:
        """Lines that were written to it, those of its references with them."""
        return sum(view.lines for view in self._views.values())

    @property
    def header(self) -> Path:
        """Its manifest."""
        return self.folder / MANIFEST

    @property
    def data(self) -> Path:
        """What is said to be missing where one of its files is."""
        return self.folder

    def suits(self, info: StreamInfo) -> bool:
        """Whether lines of that setting and view can be appended."""
        view, scene = self._views.get(info.kind), self._views.get(Kind.SCENE)
        if info.kind is not Kind.SCENE and scene is not None and scene.lines:
            return False
        setting = manifest.setting_of(info).items()
        return view is None or not view.lines or setting <= self._said["views"][info.kind.name.lower()].items()

    def see(self, info: StreamInfo) -> None:
        """The camera sees this from now on. Starts the files of its view, unless they are there."""
        name, view = info.kind.name.lower(), self._views.get(info.kind)
        if view is None or not view.lines:
            if view is not None:
                view.abandon()
            drop(self.folder, info.kind)
            stem = path_of(self.folder, info.kind, "")
            self._views[info.kind] = ViewWriter.create(stem, info, packed=self._packed)
            self._said["views"][name] = manifest.setting_of(info) | {"temperatures_c": []}
        self._said["views"][name]["temperatures_c"] += manifest.temperature_of(info)
        manifest.write(self.folder, self._said, durable=view is None)

    def write(self, line: RawLine) -> None:
        """Append a line to its view, which was announced. Raises OSError where the disk takes no more."""
        self._views[line.kind].write(line)

    def gap(self, gap: Gap) -> None:
        """Note down lines that do not come."""
        self._gaps.write(gaps.row(gaps.Missing(gap.first, gap.n, gap.reason.name.lower())))

    def flush(self) -> None:
        """Write what is not with the kernel yet. Raises OSError, also where the disk has failed since."""
        if self._syncer.failed is not None:
            raise self._syncer.failed
        for view in self._views.values():
            view.flush()

    def refuse_gone(self) -> None:
        """Raise SystemRefused where a file is not in its place any more."""
        for one in self._parts:
            one.refuse_gone()

    def put_back(self) -> bool:
        """Put files in their places that were removed, see `AppendedFile.put_back`. Returns whether there were any."""
        put = [one.put_back() for one in self._parts]
        if any(put):
            manifest.write(self.folder, self._said)
        return any(put)

    def close(self) -> None:
        """Wait for the disk, drop views that got no line, and seal the manifest. Can be called again."""
        if self._gaps.closed:
            return
        self._syncer.close()
        known = {view.data: view.close() for view in self._views.values()}
        self._gaps.close()
        for kind, view in self._views.items():
            if not view.lines:
                drop(self.folder, kind)
        hashes = {path: sha256 for path, sha256 in known.items() if sha256}
        manifest.write(self.folder, manifest.sealed(self.folder, self._said, hashes))

    def abandon(self) -> None:
        """Let go of the files as they are."""
        self._syncer.abandon()
        for one in self._parts:
            one.abandon()

    @property
    def _parts(self) -> list[ViewWriter | AppendedFile]:
        return [*self._views.values(), self._gaps]


def cut_off(folder: Path, seq: int) -> None:
    """Of a recording that nobody writes, cut off what comes after the lines before a sequence number, and seal it,
    unless it is."""
    said, path = manifest.read(folder), gaps_of(folder)
    has_more = manifest.next_of(said) > seq or path.stat().st_size > gaps.size_before(path, seq)
    if has_more or not said["complete"]:
        RawWriter.resume(folder, seq).close()


def discard(folder: Path) -> None:
    """Remove a recording that has no line of its own, and nothing else that lies there."""
    for path in (*files_of(folder), folder / MANIFEST):
        path.unlink(missing_ok=True)
    for place in (folder / CAPTURE, folder):
        with suppress(OSError):
            place.rmdir()


def _carried(references: Path, folder: Path) -> dict[str, object]:
    """Link the references of a recording into another; copy them where a file can have one name only. Returns what its
    manifest says of them."""
    views = manifest.read(references)["views"]
    kinds = [kind for kind in REFERENCES if path_of(references, kind, HEADER).is_file()]
    for kind in kinds:
        for suffix in OF_A_VIEW:
            source, target = path_of(references, kind, suffix), path_of(folder, kind, suffix)
            try:
                os.link(source, target)
            except FileNotFoundError:
                continue
            except OSError:
                shutil.copyfile(source, target)
    origin = {kind: views[kind.name.lower()].get("from", references.name) for kind in kinds}
    return {kind.name.lower(): views[kind.name.lower()] | {"from": origin[kind]} for kind in kinds}
