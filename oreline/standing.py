"""Names of files that a process has open, and must keep: what goes on into a file without a name is lost."""

from __future__ import annotations

from pathlib import Path

from oreline.errors import SystemRefused


class Standing:
    """Files as they are when this is made; a name that leads to none is passed over."""

    def __init__(self, *paths: Path) -> None:
        self._keys = {path: key for path in paths if (key := identity(path))}

    @property
    def gone(self) -> list[Path]:
        """Those that were removed, moved or replaced since."""
        return [path for path, key in self._keys.items() if identity(path) != key]

    def refuse_gone(self) -> None:
        """Raise SystemRefused where one is."""
        if gone := self.gone:
            raise SystemRefused(f"{gone[0]} was removed, moved or replaced while it was written: leave it where it is")


def identity(path: Path) -> tuple[int, int] | None:
    """Of the file that a name leads to; None where it leads to none."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino
