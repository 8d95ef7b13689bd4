"""Store of recipes: one folder, a file a version, which nobody changes once it is there.

    NAME.vN.json    a version of a recipe: {"name", "version", "at", "by", "note", "recipe"}
    active.json     the order: which version a sorter is to use, by whom and since when
    in-force.json   the answer: which one a sorter uses

A version is known by the sha256 of its file, which the order names: a file that was changed is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from oreline.errors import ConfigError, nearest
from oreline.files import make_private, write_private
from oreline.guard import refusal
from oreline.moment import now
from oreline.orders import OrderFile
from oreline.ownership import open_own, refuse_strangers

LINE = "line"
"""Name of the recipe that stands in the line's own file; it has version 0."""
ACTIVE, IN_FORCE = "active.json", "in-force.json"
MOST = 1 << 16
"""Bytes of a file."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_FILE = re.compile(rf"({_NAME.pattern})\.v([1-9][0-9]{{0,8}})\.json")


@dataclass(frozen=True, slots=True)
class Version:
    """Version of a recipe: its name and number, sha256 of its file in hex digits, who wrote it and when, and the table
    `recipe`. Of the line's own, only the name and the table are there."""

    name: str = LINE
    version: int = 0
    sha256: str = ""
    by: str = ""
    at: str = ""
    note: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f"{self.name} v{self.version}"


@dataclass(frozen=True, slots=True)
class Choice:
    """Choice of a version: an order to use it, `by` whom and `at` what time; or the answer, which says `since` when it
    is in force, in `words` what it does, its `cut_off`, None where it has none, and which order after it was `refused`
    and why, with the time of that order."""

    name: str
    version: int
    sha256: str = ""
    by: str = ""
    at: str = ""
    since: str = ""
    words: str = ""
    cut_off: float | None = None
    refused: str = ""
    refused_at: str = ""

    @classmethod
    def of(cls, order: Mapping[str, Any]) -> Self:
        """Raises ConfigError where it is none."""
        known = {name: order[name] for name in cls.__dataclass_fields__ if name in order}
        name, number = known.get("name"), known.get("version")
        texts = (
            known.get(one, "") for one in ("name", "sha256", "by", "at", "since", "words", "refused", "refused_at")
        )
        if not (
            name
            and type(number) is int
            and number >= 0
            and all(isinstance(one, str) for one in texts)
            and isinstance(known.get("cut_off"), int | float | None)
        ):
            raise ConfigError("it does not say the name and the version of a recipe")
        return cls(**known)

    @property
    def title(self) -> str:
        return f"{self.name} v{self.version}"


class Store:
    """Store in a folder, which is made with the first version."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.order, self.answer = OrderFile(folder / ACTIVE), OrderFile(folder / IN_FORCE)

    def versions(self) -> dict[str, list[int]]:
        """Numbers of the versions that are there, by name, in order."""
        found: dict[str, list[int]] = {}
        for name, number in sorted(self._found()):
            found.setdefault(name, []).append(number)
        return found

    def read(self, name: str, number: int | None = None, sha256: str = "") -> Version:
        """A version; the newest where no number is given. Raises ConfigError where there is none, or it is not the one
        that `sha256` names."""
        versions = self.versions()
        if name not in versions:
            known = ", ".join(sorted(versions)) or "none is saved"
            raise ConfigError(f"no recipe {name!r} in {self.folder}: {known}.{nearest(name, versions)}")
        number = versions[name][-1] if number is None else number
        if number not in versions[name]:
            raise ConfigError(f"recipe {name!r} has no version {number}: {', '.join(map(str, versions[name]))}")
        return self._read(name, number, sha256)

    def save(self, name: str, recipe: Mapping[str, Any], by: str, note: str = "") -> Version:
        """Write a new version, whole or not at all. Raises ConfigError for a name that is none, SystemRefused."""
        if not _NAME.fullmatch(name) or name == LINE:
            raise ConfigError(f"{name!r} is no name for a recipe: up to 32 letters, digits, - and _, and not {LINE!r}")
        number = self.versions().get(name, [0])[-1] + 1
        facts = {"name": name, "at": now().text, "by": by, "note": note, "recipe": dict(recipe)}
        try:
            self._make_folder()
            while not self._add(name, number, facts):
                number += 1
        except OSError as error:
            raise refusal(error, self.folder) from None
        return self._read(name, number)

    def use(self, version: Version, by: str) -> Choice:
        """Have the sorter use a version from the next stone on. Raises SystemRefused."""
        choice = Choice(version.name, version.version, version.sha256, by, now().text)
        order = asdict(choice)
        self._write(self.order, {name: order[name] for name in ("name", "version", "sha256", "by", "at")})
        return choice

    def say(self, answer: Choice) -> None:
        """Say what is in force. Raises SystemRefused."""
        self._write(self.answer, asdict(answer))

    def in_force(self) -> Choice | None:
        """What a sorter has said that it uses; None where none has said anything."""
        try:
            return Choice.of(self.answer.read())
        except ConfigError:
            return None

    def _write(self, file: OrderFile, content: Mapping[str, Any]) -> None:
        try:
            self._make_folder()
            file.write(content)
        except OSError as error:
            raise refusal(error, self.folder) from None

    def _make_folder(self) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        make_private(self.folder)
        refuse_strangers(self.folder)

    def _found(self) -> Iterator[tuple[str, int]]:
        names = [path.name for path in self.folder.iterdir()] if self.folder.is_dir() else ()
        for match in filter(None, map(_FILE.fullmatch, names)):
            yield match[1], int(match[2])

    def _path(self, name: str, number: int) -> Path:
        return self.folder / f"{name}.v{number}.json"

    def _add(self, name: str, number: int, facts: Mapping[str, Any]) -> bool:
        """Add a file; False where that version is there already."""
        path = self._path(name, number)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        content = json.dumps({**facts, "version": number}, ensure_ascii=False, allow_nan=False, indent=1)
        write_private(draft, content.encode())
        try:
            draft.chmod(0o400)
            os.link(draft, path)
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def _read(self, name: str, number: int, sha256: str = "") -> Version:
        path = self._path(name, number)
        try:
            with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
                content = file.read(MOST + 1)
            found = hashlib.sha256(content).hexdigest()
            if sha256 and found != sha256:
                raise ConfigError(f"{path} is not what it was when it was chosen: its sha256 is another")
            facts = json.loads(content) if len(content) <= MOST else None
        except (OSError, ValueError, RecursionError) as error:
            raise error if isinstance(error, ConfigError) else ConfigError(f"{path} cannot be read: {error}") from None
        if not isinstance(facts, dict) or not isinstance(facts.get("recipe"), dict):
            raise ConfigError(f"{path} is no recipe: save it anew")
        said = {key: str(facts.get(key, "")) for key in ("by", "at", "note")}
        return Version(name, number, found, recipe=facts["recipe"], **said)
