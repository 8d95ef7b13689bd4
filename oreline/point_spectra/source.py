"""A file that may hold point spectra: as much of it as a format needs to know it by."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from oreline.errors import SpectraRefused
from oreline.recordings.envi_text import LINE_BREAK
from oreline.text import decode

HEAD = 1 << 16
LARGEST_TEXT = 64 << 20
LARGEST_BINARY = 512 << 20


class Source:
    """A regular file, of which only the head is read until somebody asks for more. Raises SpectraRefused where it is no
    file, or has nothing in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise SpectraRefused(f"{path} is not a file: give a file of spectra")
        with path.open("rb") as file:
            self.size = os.fstat(file.fileno()).st_size
            self.head = file.read(HEAD)
        if not self.head:
            raise SpectraRefused(f"{path} is empty")

    def refusal(self, why: str) -> SpectraRefused:
        return SpectraRefused(f"{self.path}: {why}")

    @cached_property
    def head_lines(self) -> list[str]:
        """The first lines as text; none of what is binary."""
        try:
            text = decode(self.head[: len(self.head) & ~3])
        except UnicodeDecodeError:
            return []
        return [] if "\0" in text else LINE_BREAK.split(text)

    def content(self, largest: int = LARGEST_BINARY) -> bytes:
        """All of its bytes. Raises SpectraRefused where there are more than `largest`."""
        if self.size > largest:
            raise self.refusal(f"it has {self.size >> 20} MiB, more than {largest >> 20}: divide it")
        return self.path.read_bytes()

    @cached_property
    def lines(self) -> list[str]:
        """The lines of a text. Raises SpectraRefused where it is none, or has more than LARGEST_TEXT bytes."""
        try:
            text = decode(self.content(LARGEST_TEXT))
        except UnicodeDecodeError as error:
            raise self.refusal(f"its text is damaged: {error.reason}") from None
        if "\0" in text:
            raise self.refusal("it begins like text, but has bytes in it that no text has: it is damaged")
        return LINE_BREAK.split(text)

    def beside(self, name: str) -> Path | None:
        """The file of that name in the same folder, whatever the case of its letters; None where there is none."""
        exact = self.path.with_name(name)
        if exact.is_file():
            return exact
        alike = [one for one in self.path.parent.iterdir() if one.name.lower() == name.lower() and one.is_file()]
        return alike[0] if alike else None
