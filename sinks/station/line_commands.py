"""Commands to the line itself: a dark or white reference in between, and its end in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from functools import partial
from pathlib import Path

from oreline.metrics_port import noted_process
from sinks.station.commands import Actor, Refused, Role
from sinks.station.hub import Hub

TAKE_S = 120.0


def register(hub: Hub) -> None:
    """`dark` and `white` answer with the words of `oreline calibrate`, or are refused with them. `stop` has the line
    end as Ctrl-C does: what came before is delivered."""
    for kind in ("dark", "white"):
        hub.commands.register(kind, Role.OPERATOR, partial(_take, hub, kind))
    hub.commands.register("stop", Role.ENGINEER, partial(_stop, hub))


async def _take(hub: Hub, kind: str, actor: Actor) -> dict[str, str]:  # noqa: ARG001
    command = [sys.executable, "-P", "-m", "oreline", "calibrate", kind, str(hub.config.source), "--yes"]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        said, complained = await asyncio.wait_for(process.communicate(), TAKE_S)
    except TimeoutError:
        process.kill()
        raise Refused("state", f"nothing came of the {kind} reference within {TAKE_S:.0f} s") from None
    words = " ".join((said if process.returncode == 0 else complained).decode(errors="replace").split())
    if process.returncode:
        raise Refused("state", words or f"the {kind} reference was not taken")
    return {"words": words}


def _stop(hub: Hub, actor: Actor) -> None:  # noqa: ARG001
    pid = noted_process(hub.config.line.output, "acquisition")
    if pid is None or "acquisition" not in _command_of(pid):
        raise Refused("state", "this line's camera is not on this host: stop the line there")
    os.kill(pid, signal.SIGTERM)


def _command_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []
