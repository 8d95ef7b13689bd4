"""Runs in a mount namespace with a /dev/shm of its own: `python -m tests.system.namespace VICTIM ATTACKER FOLDER`.

A second user does his worst by the script `worst.py` of the folder, and then the first runs what `command.json` of it
says, in its `site`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

READ = "+dac_read_search"
"""Python may lie in root's home: they may read what others keep for themselves, and no more than that."""


def as_user(uid: int, command: list[str], cwd: Path, **environment: str) -> int:
    other = ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", f"--inh-caps={READ}"]
    home = {"HOME": str(cwd), "NUMBA_CACHE_DIR": str(cwd / f"numba-{uid}"), **environment}
    words = [*other, f"--ambient-caps={READ}", "--", *command]
    return subprocess.run(words, cwd=cwd, env=os.environ | home, umask=0, check=False).returncode


def main(victim: int, attacker: int, folder: Path) -> int:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=1777,size=2g", "tmpfs", "/dev/shm"], check=True)
    if as_user(attacker, [sys.executable, str(folder / "worst.py")], folder):
        return 99
    command, environment = json.loads((folder / "command.json").read_text())
    return as_user(victim, command, folder / "site", **environment)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
