"""Files of earlier releases made those of this one: keys that have another name now get it; nothing else changes."""

from __future__ import annotations

import importlib
import json
import re
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from oreline.config import SETTINGS, Config
from oreline.errors import ConfigError
from oreline.files import try_to_write, write_whole
from oreline.mistakes import RENAMED, renamed_in
from oreline.text import decode_marked

Place = tuple[str | int, ...]
"""Of a key in the tables of a file."""
OLD = ".old"
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[A-Za-z0-9_-]+', re.DOTALL
)
"""Of TOML: strings and comments as a whole, and bare words, which are keys where they are not numbers or so."""
_KEY_FOLLOWS = re.compile(r"[ \t]*[.=]")


def migrate(path: Path, out: Path | None = None) -> Iterator[str]:
    """Write a line's file with the names of this release to `out`, or in its place, with the file as it was beside it;
    says in words what it does. Raises ConfigError where a file cannot be rewritten: nothing is written then."""
    config = Config.load(path)
    places = list(_renamed(config))
    if not places:
        yield f"{path} has the names of this release: nothing to change"
        return
    wanted = _with_new_names(config.tables, places, path)
    content = _json(wanted) if path.suffix == ".json" else _toml(path, wanted, places)
    target, kept = out or path, path.with_name(path.name + OLD)
    if target == path:
        _keep(path, kept)
    try_to_write(target)
    write_whole(target, content)
    yield from (f"{_words(place)} is {RENAMED[str(place[-1])]} now" for place in places)
    yield f"wrote {target}" + (f"; the file as it was is {kept}" if target == path else "")


def _renamed(config: Config) -> Iterator[Place]:
    """Keys that are refused because they have another name now."""
    for name in config.tables.keys() & SETTINGS.keys():
        yield from ((name, *place) for place in renamed_in(SETTINGS[name](), config.tables[name]))
    sinks = importlib.import_module("sinks.settings")
    for name, table in config.tables.get("sinks", {}).items():
        own = {key: value for key, value in table.items() if key not in sinks.Common.model_fields}
        model = sinks.find(config.kinds[name]).Settings
        yield from (("sinks", name, *place) for place in renamed_in(model, own))


def _with_new_names(tables: dict[str, Any], places: list[Place], path: Path) -> dict[str, Any]:
    """The same tables, in the same order. Raises ConfigError where one has both names. What lies deeper comes first:
    its own place has the old names."""
    made = deepcopy(tables)
    for place in sorted(places, key=len, reverse=True):
        table: Any = made
        for part in place[:-1]:
            table = table[part]
        old = str(place[-1])
        if RENAMED[old] in table:
            raise ConfigError(
                f"{path}: {_words(place)} is called {RENAMED[old]!r} now, and that is there, too: keep one"
            )
        items = [(RENAMED[key] if key == old else key, value) for key, value in table.items()]
        table.clear()
        table.update(items)
    return made


def _json(tables: dict[str, Any]) -> bytes:
    return f"{json.dumps(tables, indent=2, ensure_ascii=False)}\n".encode()


def _toml(path: Path, wanted: dict[str, Any], places: list[Place]) -> bytes:
    """The text with new names for its keys, whose comments and order stay. Raises ConfigError where that is not what is
    wanted, as where a name of the user's own is like an old key."""
    text = decode_marked(path.read_bytes())
    made = _TOKEN.sub(lambda found: _renamed_token(found, text), text)
    try:
        same = tomllib.loads(made) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        words = ", ".join(f"{_words(place)} to {RENAMED[str(place[-1])]}" for place in places)
        raise ConfigError(f"{path} cannot be rewritten without touching other names: change by hand {words}")
    return made.encode()


def _renamed_token(found: re.Match[str], text: str) -> str:
    token = found[0]
    if token in RENAMED:
        return RENAMED[token]
    bare = token[1:-1]
    is_key = token[0] in "\"'" and bare in RENAMED and _KEY_FOLLOWS.match(text, found.end())
    return f"{token[0]}{RENAMED[bare]}{token[0]}" if is_key else token


def _keep(path: Path, kept: Path) -> None:
    """Raises ConfigError where another file is kept there already."""
    content = path.read_bytes()
    if kept.exists() and kept.read_bytes() != content:
        raise ConfigError(
            f"{kept} is there already, of an earlier change: move it away, or write to another with --out"
        )
    write_whole(kept, content)


def _words(place: Place) -> str:
    return ".".join(map(str, place))
