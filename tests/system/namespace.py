"""Runs in a mount namespace with a /dev/shm of its own: `python -m tests.system.namespace STEPS.json`.

A step is a list of commands that run side by side, each by a user in a folder. The exit code is the
first that is not 0.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

READ = "+dac_read_search"
"""Python may lie in root's home: users may read what others keep for themselves, and no more than that."""


def begun(user: int, folder: str, command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    other = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", f"--inh-caps={READ}"]
    home = {"HOME": folder, "NUMBA_CACHE_DIR": f"{folder}/numba", **environment}
    words = [*other, f"--ambient-caps={READ}", "--", *command]
    return subprocess.Popen(words, cwd=folder, env=os.environ | home, umask=0)


def main(steps: list[list[Any]]) -> int:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777,size=2g", "tmpfs", "/dev/shm"], check=True)
    for commands in steps:
        codes = [process.wait() for process in [begun(*command) for command in commands]]
        if any(codes):
            return next(filter(None, codes))
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
