"""Orders to a process of a line: small JSON files, written whole, that it looks at a few times in 100 ms.

An order stands until the next one takes its place: who is started again finds what is in force. Only files of the same
user, that nobody else may write to, are believed.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from oreline.files import replacing, write_private
from oreline.incidents import report
from oreline.ownership import open_own

POLL_NS = 20_000_000
MOST = 1 << 16
"""Bytes of an order."""


class Part(BaseModel):
    """Part of an order, or of what is said of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(Part):
    """What a process says of its orders."""

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """What stands in its file; nothing was said where that makes no sense."""
        try:
            return cls.model_validate(said)
        except ValidationError:
            return cls()


class OrderFile:
    """File of orders, for who gives them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, order: Mapping[str, Any]) -> None:
        """Give an order in place of the last. Raises OSError, and ValueError for a number that JSON has not."""
        content = json.dumps(dict(order), ensure_ascii=False, allow_nan=False).encode()
        with replacing(self.path, f".{os.getpid()}.new") as draft:
            write_private(draft, content)

    def read(self) -> dict[str, Any]:
        """The order that stands; empty where there is none, or none that is understood."""
        try:
            return _parsed(_read(self.path)[1])
        except (OSError, ValueError):
            return {}


class OrderReader:
    """Reader of one file of orders, for who follows them. `clock`: CLOCK_MONOTONIC in ns."""

    def __init__(self, path: Path, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self.path, self._clock = path, clock
        self._next_ns = 0
        self._seen: tuple[int, ...] = ()

    def poll(self) -> dict[str, Any] | None:
        """The order, once, where there is a new one; the one that stands at the first call. None: nothing is new, which
        costs a `stat` each 20 ms. One that is not understood is reported, and nothing is new."""
        now = self._clock()
        if now < self._next_ns:
            return None
        self._next_ns = now + POLL_NS
        try:
            seen = _identity(self.path.lstat())
            if seen == self._seen:
                return None
            self._seen = seen
            self._seen, content = _read(self.path)
            return _parsed(content)
        except FileNotFoundError:
            return None
        except OSError as error:
            self.refuse(error.strerror or str(error))
        except ValueError as error:
            self.refuse(str(error))
        return None

    def refuse(self, why: str) -> None:
        """Say that an order is not followed: what was in force before it stays."""
        report("", "asked", f"{self.path} is not followed: {why}")


def _read(path: Path) -> tuple[tuple[int, ...], bytes]:
    with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
        content = file.read(MOST + 1)
        return _identity(os.fstat(file.fileno())), content


def _parsed(content: bytes) -> dict[str, Any]:
    """Raises ValueError where it is no order."""
    if len(content) > MOST:
        raise ValueError(f"it has more than {MOST} bytes")
    try:
        order = json.loads(content)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(order, dict):
        raise ValueError("it is no JSON object")
    return order


def _identity(status: os.stat_result) -> tuple[int, ...]:
    return status.st_ino, status.st_mtime_ns, status.st_size, status.st_uid, status.st_mode
