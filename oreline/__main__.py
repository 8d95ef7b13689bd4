"""The `oreline` command. All else is loaded under its guard: Ctrl-C in the first second is one line, too."""

from __future__ import annotations

import sys
from importlib import import_module

from oreline.guard import guarded


def main() -> None:
    """Run the command line."""
    sys.exit(guarded(lambda: import_module("oreline.cli").commands(), "oreline"))


if __name__ == "__main__":
    main()
