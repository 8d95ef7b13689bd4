"""The `oreline` command. All else is loaded under its guard: Ctrl-C in the first second is one line, too. While
the guard itself is loaded, it ends the process without a word; before, while Python begins, it is Python's to say."""

from __future__ import annotations

import atexit
import signal
import sys
from importlib import import_module


def main() -> None:
    """Run the command line."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    guard = import_module("oreline.guard")
    try:
        sys.exit(guard.guarded(lambda: import_module("oreline.cli.main").commands(), "oreline"))
    finally:
        atexit.register(import_module("oreline.stops").ignore)


if __name__ == "__main__":
    main()
