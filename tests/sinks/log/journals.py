"""The journal of an output folder, as SQLite alone has it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any


def journal_rows(output: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(output / "journal.sqlite")) as db:
        return db.execute(query, values).fetchall()
