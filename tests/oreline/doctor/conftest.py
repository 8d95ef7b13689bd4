"""A machine on which all is good, to plant faults in, and the file of a line that it is fit for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acquisition.producer import find_producer
from hwsim.plant import VirtualPlc
from inference.models import SHIPPED
from oreline import keys
from oreline.cli import doctor
from oreline.doctor import Check, Machine, Verdict, sockets
from oreline.doctor.machine import DiskTimes
from tests.ports import free_port
from tests.sinks.conftest import RunningPlc

SLOW = ("cameras", "model")
"""Asked in processes of their own; each has a test of its own."""
LIMITS = """Limit                     Soft Limit           Hard Limit           Units
Max locked memory         unlimited            unlimited            bytes
Max realtime priority     50                   50
"""
HOST = {
    "proc/self/limits": LIMITS,
    "proc/self/status": "Name:\tpython\nCapEff:\t0000000000000000\nCpus_allowed_list:\t0-3\n",
    "proc/self/cgroup": "0::/system.slice\n",
    "proc/meminfo": "MemTotal: 16000000 kB\nMemAvailable:   12000000 kB\nSwapTotal:       2000000 kB\n",
    "proc/cpuinfo": "processor: 0\nflags\t\t: sse avx avx2 avx512_bf16\n",
    "proc/mounts": "/dev/sda1 / ext4 rw 0 0\n",
    "proc/net/route": "Iface\tDestination\tGateway\neth0\t00000000\t0101A8C0\n",
    "proc/net/snmp": "Udp: InDatagrams NoPorts RcvbufErrors\nUdp: 10 0 3\n",
    "proc/sys/net/core/rmem_max": "33554432",
    "proc/sys/net/core/netdev_max_backlog": "3000",
    "proc/sys/kernel/sched_rt_runtime_us": "950000",
    "proc/sys/vm/swappiness": "1",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
    "sys/fs/cgroup/cpu.max": "max 100000",
    "sys/fs/cgroup/system.slice/cpu.max": "max 100000",
    "sys/devices/system/cpu/isolated": "2-3",
    "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance",
    "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor": "performance",
    "sys/devices/system/node/node0/cpulist": "0-3",
    "sys/devices/system/node/node1/cpulist": "4-7",
    "sys/class/net/lo/operstate": "unknown",
    "sys/class/net/lo/mtu": "65536",
    "sys/class/net/eth0/operstate": "up",
    "sys/class/net/eth0/mtu": "1500",
    "sys/class/net/eth1/operstate": "up",
    "sys/class/net/eth1/mtu": "9000",
    "sys/class/net/eth1/speed": "10000",
    "sys/class/net/eth1/device/numa_node": "0",
    "etc/systemd/system/oreline-acquisition@a.service.d/cores.conf": "[Service]\nCPUAffinity=2\n",
    "etc/systemd/system/oreline-inference@a.service.d/cores.conf": "[Service]\nCPUAffinity=3\n",
}
LINE = """
[line]
name = "site"
output = "{here}/out"
state = "{here}/state"
keys = "{here}/keys"

[acquisition]
producer = "{here}/vendor/camera.cti"
preset = "swir288"
ring_lines = 512
metrics_port = {ports[0]}
features = [["AcquisitionFrameRate", 450.0]]
steps = [{{ kind = "dark", lines = 50 }}, {{ kind = "white", lines = 50 }}, {{ kind = "scene" }}]

[inference]
model = "{here}/model"
metrics_port = {ports[1]}

[sinks.log]
metrics_port = {ports[2]}

[sinks.record]
what = "raw"
packed = true
metrics_port = {ports[3]}

[sinks.conveyor]
port = {plc}
distance_counts = 900
metrics_port = {ports[4]}

[sinks.conveyor.recipe]
ore = ["white mica"]
min_fraction = 0.5
min_pixels = 20
"""


class OtherMachine(Machine):
    """A machine whose files are under a folder, and whose clock and disks are what a test says."""

    synchronised = True
    times = DiskTimes(mean_s=1e-3, worst_s=0.01, sync_s=0.02, bytes_per_s=1e9)

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.rooms: dict[Path, tuple[int, int]] = {}
        for path, text in HOST.items():
            self.write(path, text)

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def clock(self) -> tuple[bool, float]:
        return self.synchronised, 0.004

    def room(self, folder: Path) -> tuple[int, int]:
        return self.rooms.get(folder, (10**13, 2 * 10**13))

    def disk_times(self, _folder: Path) -> DiskTimes:
        return self.times


@pytest.fixture
def machine(tmp_path: Path) -> OtherMachine:
    return OtherMachine(tmp_path / "root")


@pytest.fixture
def plc() -> Iterator[RunningPlc]:
    running = RunningPlc(VirtualPlc())
    running.start()
    yield running
    running.halt()


@pytest.fixture
def line(tmp_path: Path, plc: RunningPlc) -> Path:
    """File of a line with a vendor's camera, a sorter, a log and a recorder; the things that it names are there."""
    (tmp_path / "vendor").mkdir()
    shutil.copy(find_producer("simcam"), tmp_path / "vendor" / "camera.cti")
    shutil.copytree(SHIPPED / "swir288", tmp_path / "model")
    keys.save(tmp_path / "keys", "acquisition", keys.Pair(b"a" * 40, b"b" * 40))
    path = tmp_path / "line.toml"
    path.write_text(LINE.format(here=tmp_path, plc=plc.port, ports=[free_port() for _ in range(5)]))
    return path


Wrong = Callable[[], dict[str, str]]


@pytest.fixture
def wrong(line: Path, machine: OtherMachine, monkeypatch: pytest.MonkeyPatch) -> Wrong:
    """What doctor finds bad just now: the cure of each by its name."""
    monkeypatch.setattr(sockets, "WATCHED_S", 0.0)
    quick: list[Check] = [check for check in doctor.checks() if check.name not in SLOW]
    monkeypatch.setattr(doctor, "checks", lambda: quick)

    def look() -> dict[str, str]:
        found = doctor.examine(line, machine=machine)
        wrong = [one for one in found if one.answer.verdict is Verdict.BAD]
        return {f"{one.check.subject}: {one.check.name}": one.answer.cure for one in wrong}

    return look
