"""What can be done to the processes of a running line. Each returns whether it could be done here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from oreline.config import Config
from tests.faults.plan import Event
from tests.faults.proxy import Proxy

CGROUPS = Path("/sys/fs/cgroup")
MEMORY_BYTES = 20 << 20
"""Less than any process of a line needs to start."""
CPU_SHARE = 0.1
PATIENCE_S = 15.0
ASIDE = ("nice", "-n", "19")
"""What somebody starts beside a line leaves it the cores that it needs, as it does in a plant, where a line's processes
go first: what is judged is what he does, and not the second of a core that Python takes to start."""
LOOK_S = 0.005


class Hands:
    """`config`: the file that the line's processes were started with, by which they are found."""

    def __init__(self, config: Path, disk: Path, proxy: Proxy) -> None:
        self._config, self._disk, self._proxy = os.fsencode(config), disk, proxy
        self.second_starts: list[int] = []
        """How each second start of the line ended."""
        self._deeds: dict[str, Callable[[str, float], bool]] = {
            "kill": self.kill,
            "freeze": self.freeze,
            "starve_cpu": self.starve_cpu,
            "starve_memory": self.starve_memory,
            "fill_disk": self.fill_disk,
            "cut_tcp": lambda _, seconds: self._network(proxy.cut, seconds),
            "visit": self.visit,
            "second_start": self.second_start,
            "drop_tcp": lambda _, seconds: self._network(proxy.swallow, seconds),
        }

    def do(self, event: Event) -> bool:
        return self._deeds[event.kind](event.target, event.seconds)

    def pid(self, name: str) -> int | None:
        """Process id of a stage, None while it is away."""
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if self._config in words and name.encode() in words and b"-m" in words:
                    return int(entry.name)
        return None

    def spare(self, name: str) -> None:
        """Let it run before all others: the PLC of a plant has a processor of its own."""
        pid = self.pid(name)
        with suppress(OSError):
            if pid is not None:
                os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))

    def kill(self, name: str, _seconds: float = 0.0) -> bool:
        return self._signal(self._awaited(name), signal.SIGKILL)

    def freeze(self, name: str, seconds: float) -> bool:
        """Stop it, and let it go on after a while, unless somebody has killed it."""
        pid = self._awaited(name)
        stopped = self._signal(pid, signal.SIGSTOP)
        time.sleep(seconds)
        self._signal(pid, signal.SIGCONT)
        return stopped

    def starve_cpu(self, name: str, seconds: float) -> bool:
        """Leave it a tenth of a core."""
        group = self._group("cpu", name)
        if group is None:
            return False
        (group / "cpu.cfs_period_us").write_text("20000")
        (group / "cpu.cfs_quota_us").write_text(str(int(20_000 * CPU_SHARE)))
        joined = self._join(group, self._awaited(name))
        time.sleep(seconds)
        self._leave("cpu", group)
        return joined

    def starve_memory(self, name: str, _seconds: float) -> bool:
        """Kill it, and let the kernel kill its successor, which gets less memory than it needs to start."""
        group = self._group("memory", name)
        if group is None:
            return False
        (group / "memory.limit_in_bytes").write_text(str(MEMORY_BYTES))
        before = self._awaited(name)
        self._signal(before, signal.SIGKILL)
        successor = self._awaited(name, other_than=before)
        joined = self._join(group, successor)
        gone = joined and self._gone(successor)
        self._leave("memory", group)
        return gone

    def fill_disk(self, _name: str, seconds: float) -> bool:
        """Take all that is left of the disk on which the journal is, where that is a small one made for it."""
        if not os.path.ismount(self._disk):
            return False
        ballast = self._disk / f"ballast{time.monotonic_ns()}"
        with suppress(OSError), ballast.open("wb", 0) as file:
            while file.write(bytes(1 << 16)):
                pass
        time.sleep(seconds)
        ballast.unlink(missing_ok=True)
        return True

    def visit(self, stream: str, seconds: float) -> bool:
        """A consumer that the line does not know comes, and leaves in the middle of what it was sent."""
        line = Config.load(Path(os.fsdecode(self._config))).line
        where = [line.endpoint(stream), str(line.ring(stream)), str(seconds), f"visitor-{time.monotonic_ns() % 10}"]
        command = [*ASIDE, sys.executable, "-m", "tests.faults.visitor", *where]
        return subprocess.run(command, check=False).returncode == 0

    def second_start(self, _name: str, _seconds: float) -> bool:
        """Somebody starts the line though it runs."""
        command = [*ASIDE, sys.executable, "-m", "oreline.cli.main", "run", os.fsdecode(self._config)]
        self.second_starts.append(subprocess.run(command, capture_output=True, check=False).returncode)
        return True

    def _network(self, harm: Callable[[], None], seconds: float) -> bool:
        harm()
        time.sleep(seconds)
        self._proxy.heal()
        return True

    def _awaited(self, name: str, other_than: int | None = None) -> int | None:
        deadline = time.monotonic() + PATIENCE_S
        while (pid := self.pid(name)) in (None, other_than) and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        return None if pid == other_than else pid

    def _gone(self, pid: int | None) -> bool:
        deadline = time.monotonic() + PATIENCE_S
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        return not Path(f"/proc/{pid}").exists()

    @staticmethod
    def _signal(pid: int | None, number: int) -> bool:
        if pid is None:
            return False
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return False
        return True

    @staticmethod
    def _group(controller: str, name: str) -> Path | None:
        group = CGROUPS / controller / f"oreline-{os.getpid()}-{name}"
        try:
            group.mkdir(exist_ok=True)
        except OSError:
            return None
        return group if (group / "cgroup.procs").exists() else None

    @staticmethod
    def _join(group: Path, pid: int | None) -> bool:
        try:
            (group / "cgroup.procs").write_text(str(pid))
        except OSError:
            return False
        return True

    @staticmethod
    def _leave(controller: str, group: Path) -> None:
        with suppress(OSError):
            for pid in (group / "cgroup.procs").read_text().split():
                (CGROUPS / controller / "cgroup.procs").write_text(pid)
            group.rmdir()


def small_disk(folder: Path, bytes_: int) -> bool:
    """Mount a disk of this size, where that is allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={bytes_}", "oreline", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def take_away(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)
