"""Store of a line's references on disk, and which of them is chosen.

Each is a folder of its id; `current` is a link to the one that is chosen, and `history.jsonl` has a line for whatever
happened to one: captured, imported, refused, used, reverted, or in force from a line on. A dark that has no white yet
waits in `waiting.npz`, and so does a white.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inference.references.files import MANIFEST, load, read_manifest, save
from inference.references.findings import of_entry
from inference.references.measurement import PartialReference
from inference.references.reference import Reference
from oreline.errors import OrelineError, ReferenceRefused, nearest
from oreline.guard import refusal

CHOOSING = ("captured", "imported", "used")
CHOICES = (*CHOOSING, "reverted")


class Store:
    """The folder of a line's references."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder = folder.absolute()
        self._link = folder / "current"
        self._history = folder / "history.jsonl"
        self._waiting = folder / "waiting.npz"

    @property
    def chosen(self) -> str:
        """Id of the reference that is chosen; empty where none is. Raises SystemRefused where the folder cannot be
        read."""
        try:
            return self._link.readlink().name
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.EINVAL):
                return ""
            raise self._unreadable(error) from None

    def ids(self) -> list[str]:
        """Of all references that are kept, refused ones included. Raises SystemRefused where the folder cannot be
        read: that is not as if it held none."""
        try:
            os.scandir(self.folder).close()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._unreadable(error) from None
        return sorted(path.parent.name for path in self.folder.glob(f"*/{MANIFEST}") if not path.parent.is_symlink())

    def _unreadable(self, error: OSError) -> OrelineError:
        return refusal(error, f"the references in {self.folder} cannot be read")

    def load(self, identity: str) -> Reference:
        """A reference that is kept. Raises ReferenceRefused."""
        if identity not in self.ids():
            raise ReferenceRefused(
                f"no reference {identity!r} in {self.folder}: `oreline calibrate list` shows them."
                f"{nearest(identity, self.ids())}",
                "unknown",
            )
        return load(self.folder / identity)

    def keep(self, reference: Reference) -> None:
        """Save a reference, and choose nothing."""
        save(reference, self.folder / reference.id)

    def choose(self, identity: str, what: str, **facts: Any) -> None:
        """Make a reference that is kept the chosen one."""
        new = self._link.with_name("current.new")
        new.unlink(missing_ok=True)
        new.symlink_to(identity)
        self.note(what, identity, **facts)
        new.replace(self._link)

    def note(self, what: str, identity: str, **facts: Any) -> None:
        """Add to the history."""
        self.folder.mkdir(parents=True, exist_ok=True)
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        with self._history.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"at": now, "what": what, "id": identity, **facts}) + "\n")

    def note_in_force(self, identity: str, run: str, line: int) -> None:
        """It is in force from a line of a run on; one that was so already, before a process was started again, is not
        noted twice. It is where it was chosen since, though it be the same: somebody waits to hear of it."""
        changes = [entry for entry in self.history() if entry["what"] in CHOICES or entry.get("run") == run]
        if not changes or (changes[-1]["what"], changes[-1]["id"]) != ("in_force", identity):
            self.note("in_force", identity, run=run, line=line)

    def history(self) -> list[dict[str, Any]]:
        """Entries of what happened, oldest first; a line that a kill cut short is passed over."""
        entries = []
        for text in self._history.read_text(encoding="utf-8").splitlines() if self._history.is_file() else ():
            try:
                entry = json.loads(text)
            except ValueError:
                continue
            if isinstance(entry, dict) and {"at", "what", "id"} <= set(entry):
                entries.append(entry)
        return entries

    def since(self, at: datetime) -> list[dict[str, Any]]:
        """Entries of what has happened since a moment, oldest first."""
        return [entry for entry in self.history() if datetime.fromisoformat(entry["at"]) >= at]

    def overview(self) -> list[tuple[str, ...]]:
        """Rows, one a reference, oldest first: if it is chosen, its id, when and how it was taken, its last news."""
        last: dict[str, dict[str, Any]] = {entry["id"]: entry for entry in self.history()}
        rows = []
        for identity in self.ids():
            manifest = read_manifest(self.folder / identity / MANIFEST)
            dark, white = manifest.measurements["dark"], manifest.measurements["white"]
            became = _became(last.get(identity, {}))
            captured = manifest.captured.replace("T", " ").replace("+00:00", " UTC")
            rows.append((manifest.captured, "*" if identity == self.chosen else "", identity, captured,
                         str(dark.lines), str(white.lines), _exposure(white.exposure_us),
                         f"{manifest.camera} {manifest.serial}", became))  # fmt: skip
        return [row[1:] for row in sorted(rows)]

    def before(self) -> str:
        """Id of the reference that was chosen before the one that is. Raises ReferenceRefused."""
        path = _path(self.history())
        if len(path) < 2:
            raise ReferenceRefused(f"no reference was chosen before {self.chosen or 'this'}: nothing to go back to")
        return path[-2]

    def wait(self, partial: PartialReference) -> None:
        """Keep half a reference until the other half comes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        partial.save(self._waiting)

    def waiting(self) -> PartialReference | None:
        """Half a reference that waits, where one does."""
        return PartialReference.load(self._waiting) if self._waiting.is_file() else None

    def waits_no_longer(self) -> None:
        self._waiting.unlink(missing_ok=True)


def _exposure(exposure_us: float | None) -> str:
    return "not known" if exposure_us is None else f"{exposure_us:g} us"


def _became(entry: dict[str, Any]) -> str:
    what = entry.get("what", "")
    if what == "in_force":
        return f"in force from line {entry['line']} of run {entry['run'][:12]}"
    return f"{what}: {', '.join(finding.code for finding in of_entry(entry))}".rstrip(": ")


def _path(history: Iterable[dict[str, Any]]) -> list[str]:
    """The ids that were chosen one after another; going back takes off the last."""
    path: list[str] = []
    for entry in history:
        if entry["what"] in CHOOSING and path[-1:] != [entry["id"]]:
            path.append(entry["id"])
        elif entry["what"] == "reverted" and entry["id"] in path:
            while path[-1] != entry["id"]:
                path.pop()
    return path
