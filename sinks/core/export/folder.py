"""Folder of exported files: made whole, and then said in `manifest.json` with the hash of each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import Any

from oreline.errors import ConfigError
from oreline.files import write_whole
from oreline.guard import refusal

MANIFEST = "manifest.json"
_DRAFT = ".draft"


@contextmanager
def exported(folder: Path, told: Mapping[str, Any]) -> Iterator[Path]:
    """A draft to make files in: they go to `folder` when the block ends, and none does where it fails. Files of the
    same names are replaced. The manifest, `told` with each file's sha256 and size, goes first and comes back last: a
    folder without one was not finished. Who calls it holds the folder. Raises ConfigError where it holds
    another hole, SystemRefused, or StoreFailed where the disk is full."""
    _refuse_other(folder, told)
    draft = folder / _DRAFT
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        yield draft
        files = {path.name: _entry(path) for path in sorted(draft.iterdir())}
        (folder / MANIFEST).unlink(missing_ok=True)
        for name in files:
            (draft / name).replace(folder / name)
        write_whole(folder / MANIFEST, json.dumps({**told, "files": files}, indent=1).encode() + b"\n")
    except OSError as error:
        raise refusal(error, folder) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _refuse_other(folder: Path, told: Mapping[str, Any]) -> None:
    """Raises ConfigError where a folder holds files of another hole, as its manifest says."""
    try:
        there = json.loads((folder / MANIFEST).read_bytes()).get("hole")
    except (OSError, ValueError, AttributeError):
        return
    if there != told.get("hole"):
        raise ConfigError(f"{folder} holds files of hole {there}: name another folder for those of {told.get('hole')}")


def _entry(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}
