"""Planted faults: doctor finds each, that one alone, and its advice cures it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from acquisition.producer import find_producer
from hwsim.plant import VirtualPlc
from inference.models import SHIPPED
from oreline.doctor import disk, sockets, software
from oreline.doctor.machine import DiskTimes
from oreline.locks import locked
from oreline.ring import Ring
from tests.oreline.doctor.conftest import HOST, LIMITS, OtherMachine, Wrong
from tests.sinks.conftest import RunningPlc


def test_on_a_good_machine_nothing_is_bad(wrong: Wrong) -> None:
    assert wrong() == {}


def test_a_small_disk_in_memory(wrong: Wrong, machine: OtherMachine, tmp_path: Path) -> None:
    machine.rooms[tmp_path / "state"] = (64 << 20, 64 << 20)
    assert "mount" not in wrong()["memory: room for rings"]
    machine.write("proc/mounts", f"/dev/sda1 / ext4 rw 0 0\nnone {tmp_path} tmpfs rw 0 0\n")
    found = wrong()
    assert f"M {tmp_path} " in found["memory: room for rings"]
    assert list(found) == ["memory: room for rings"]
    size = int(re.findall(r"size=(\d+)M", found["memory: room for rings"])[0]) << 20
    machine.rooms[tmp_path / "state"] = (size, size)
    assert wrong() == {}


@pytest.mark.parametrize(
    "content",
    [b"#!/bin/sh\n", b"MZ\x90\0", b"\x7fELF\x02\x01\x01" + bytes(11) + b"\x28\x00" + bytes(44), b""],
    ids=["a script", "of Windows", "of another processor", "empty"],
)
def test_a_wrong_producer(wrong: Wrong, tmp_path: Path, content: bytes) -> None:
    cti = tmp_path / "vendor" / "camera.cti"
    cti.write_bytes(content)
    assert list(wrong()) == ["producer: library"]
    shutil.copy(find_producer("simcam"), cti)
    assert wrong() == {}


def test_a_library_that_is_no_producer(wrong: Wrong, tmp_path: Path) -> None:
    library = next(Path(SHIPPED.parent).glob("backends/bfloat16/*.so"))
    shutil.copy(library, tmp_path / "vendor" / "camera.cti")
    assert list(wrong()) == ["producer: library"]


def test_a_key_that_others_can_read(wrong: Wrong, tmp_path: Path) -> None:
    secret = tmp_path / "keys" / "acquisition.secret"
    secret.chmod(0o644)
    found = wrong()
    assert list(found) == ["rights: secret keys"]
    mode, path = re.findall(r"^chmod (\d+) (\S+)$", found["rights: secret keys"])[0]
    Path(path).chmod(int(mode, 8))
    assert wrong() == {}


def test_small_packets_at_the_cameras_card(wrong: Wrong, machine: OtherMachine) -> None:
    machine.write("sys/class/net/eth1/mtu", "1500")
    found = wrong()
    assert list(found) == ["link: packets"]
    card, mtu = re.findall(r"^ip link set (\S+) mtu (\d+)$", found["link: packets"])[0]
    machine.write(f"sys/class/net/{card}/mtu", mtu)
    assert wrong() == {}


def test_a_card_that_is_too_slow_for_the_camera(wrong: Wrong, machine: OtherMachine) -> None:
    machine.write("sys/class/net/eth1/speed", "100")
    assert list(wrong()) == ["link: speed"]


def test_no_real_time_for_this_user(wrong: Wrong, machine: OtherMachine) -> None:
    machine.write("proc/self/limits", re.sub("priority     50 ", "priority     0 ", LIMITS))
    found = wrong()
    assert list(found) == ["real time: priority"]
    allowed = re.findall(r"rtprio (\d+)'", found["real time: priority"])[0]
    machine.write("proc/self/limits", re.sub("priority     50 ", f"priority     {allowed} ", LIMITS))
    assert wrong() == {}


def test_real_time_by_a_capability_needs_no_limit(wrong: Wrong, machine: OtherMachine) -> None:
    machine.write("proc/self/limits", re.sub("priority     50 ", "priority     0 ", LIMITS))
    machine.write("proc/self/status", HOST["proc/self/status"].replace("0000000000000000", f"{1 << 23:016x}"))
    assert wrong() == {}


def test_little_memory_that_may_be_locked(wrong: Wrong, machine: OtherMachine) -> None:
    machine.write("proc/self/limits", LIMITS.replace("unlimited ", "8388608 ", 1))
    found = wrong()
    assert list(found) == ["real time: locked memory"]
    assert "memlock unlimited" in found["real time: locked memory"]


def test_a_plc_that_is_off(wrong: Wrong, plc: RunningPlc) -> None:
    plc.halt()
    found = wrong()
    assert list(found) == ["peers: PLC"]
    assert "switch it on" in found["peers: PLC"]


class Stopped(VirtualPlc):
    """A PLC that answers, though its program does not run."""

    scanned = False

    def scan(self, registers: list[int]) -> None:
        if not self.scanned:
            super().scan(registers)
        self.scanned = True


def test_a_plc_whose_program_stands_still(wrong: Wrong, line: Path) -> None:
    frozen = RunningPlc(Stopped())
    frozen.start()
    text = line.read_text()
    now = tomllib.loads(text)["sinks"]["conveyor"]["port"]
    line.write_text(text.replace(f"port = {now}\n", f"port = {frozen.port}\n"))
    found = wrong()
    frozen.halt()
    assert list(found) == ["peers: PLC"]
    assert "RUN" in found["peers: PLC"]


def test_rings_of_a_dead_run(wrong: Wrong, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    Ring.open(state / "raw.ring", 64, 4096).close()
    found = wrong()
    assert list(found) == ["rights: rings left"]
    assert f"`oreline run {tmp_path / 'line.toml'}`" in found["rights: rings left"]
    shutil.rmtree(re.findall(r"rm -r (\S+)`", found["rights: rings left"])[0])
    assert wrong() == {}


def test_a_ring_that_others_can_write_to(wrong: Wrong, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    Ring.open(state / "raw.ring", 64, 4096).close()
    (state / "raw.ring").chmod(0o666)
    assert list(wrong()) == ["rights: rings left", "rights: rings of others"]


def test_rings_of_a_line_that_runs_are_no_fault_and_its_ports_are_its_own(
    wrong: Wrong, line: Path, tmp_path: Path
) -> None:
    for folder in (tmp_path / "state", tmp_path / "out"):
        folder.mkdir(mode=0o700)
    port = tomllib.loads(line.read_text())["inference"]["metrics_port"]
    with locked(tmp_path / "out"), socket.create_server(("127.0.0.1", port)):
        Ring.open(tmp_path / "state" / "raw.ring", 64, 4096).close()
        assert wrong() == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_does_not_judge_the_rings_of_the_lines_user(wrong: Wrong, tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    Ring.open(state / "raw.ring", 64, 4096).close()
    os.chown(state, 12_345, 12_345)
    assert not {"rights: rings left", "rights: rings of others"} & set(wrong())


def test_a_model_that_was_altered(wrong: Wrong, tmp_path: Path) -> None:
    network = tmp_path / "model" / "model.pt"
    whole = network.read_bytes()
    network.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert list(wrong()) == ["file: line"]
    network.write_bytes(whole)
    assert wrong() == {}


def test_a_full_disk(wrong: Wrong, machine: OtherMachine, tmp_path: Path) -> None:
    machine.rooms[tmp_path / "out"] = (10**9, 10**12)
    found = wrong()
    assert list(found) == ["disk: room"]
    assert str(tmp_path) in found["disk: room"]
    machine.rooms[tmp_path / "out"] = (9 * 10**12, 10**13)
    assert wrong() == {}


def test_a_port_that_is_taken(wrong: Wrong, line: Path) -> None:
    port = tomllib.loads(line.read_text())["inference"]["metrics_port"]
    with socket.create_server(("127.0.0.1", port)):
        found = wrong()
        assert list(found) == ["peers: ports"]
        assert f"sport = :{port}" in found["peers: ports"]
        assert "inference.metrics_port" in found["peers: ports"]
    assert wrong() == {}


def test_a_package_of_another_version(wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "constraints.txt"
    lock.write_text(f"numpy==1.0.0\nrich=={metadata.version('rich')}\nnot-installed==1.0\n")
    monkeypatch.setattr(software, "LOCK", lock)
    found = wrong()
    assert list(found) == ["software: versions"]
    assert found["software: versions"].endswith("-m pip install numpy==1.0.0")
    lock.write_text(f"numpy=={metadata.version('numpy')}+cpu\n")
    assert wrong() == {}


def test_a_slow_disk(wrong: Wrong, machine: OtherMachine) -> None:
    machine.times = DiskTimes(mean_s=0.1, worst_s=0.2, sync_s=0.2, bytes_per_s=3e6)
    assert list(wrong()) == ["disk: pace"]
    machine.times = DiskTimes(mean_s=1e-3, worst_s=0.01, sync_s=0.02, bytes_per_s=disk.MARGIN * 55e6)
    assert wrong() == {}


def test_a_disk_that_stops_for_longer_than_lines_can_wait(wrong: Wrong, machine: OtherMachine) -> None:
    machine.times = DiskTimes(mean_s=1e-3, worst_s=3.0, sync_s=0.02, bytes_per_s=1e9)
    found = wrong()
    assert list(found) == ["disk: pace"]
    assert "ring_lines" in found["disk: pace"]


def test_a_clock_that_nobody_keeps(wrong: Wrong, machine: OtherMachine) -> None:
    machine.synchronised = False
    assert list(wrong()) == ["clock: synchronised"]


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("proc/sys/net/core/rmem_max", "212992", "sockets: receive buffer"),
        ("proc/sys/net/core/netdev_max_backlog", "300", "sockets: backlog"),
        ("proc/sys/kernel/sched_rt_runtime_us", "0", "real time: share"),
        ("proc/sys/vm/swappiness", "60", "memory: swap"),
        ("proc/meminfo", "MemAvailable: 100000 kB\nSwapTotal: 0 kB\n", "memory: available"),
        ("proc/cpuinfo", "flags\t: sse sse2\n", "software: instructions"),
        ("proc/self/status", HOST["proc/self/status"].replace("0-3", "0"), "CPU: cores"),
        ("sys/fs/cgroup/cpu.max", "150000 100000", "CPU: cores"),
        ("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never", "memory: huge pages"),
        ("sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave", "CPU: clock of cores"),
        ("sys/class/net/eth1/device/numa_node", "1", "CPU: near the card"),
        (
            "etc/systemd/system/oreline-inference@a.service.d/cores.conf",
            "[Service]\nCPUAffinity=0-2\n",
            "CPU: shared cores",
        ),
    ],
)
def test_what_a_file_of_the_host_says(wrong: Wrong, machine: OtherMachine, path: str, text: str, found: str) -> None:
    machine.write(path, text)
    assert list(wrong()) == [found]
    if sysctl := re.findall(r"'([\w.]+) = (\d+)'", wrong()[found]):
        machine.write(f"proc/sys/{sysctl[0][0].replace('.', '/')}", sysctl[0][1])
        assert wrong() == {}


def test_datagrams_that_are_dropped_now(wrong: Wrong, machine: OtherMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    def drop(_seconds: float) -> None:
        machine.write("proc/net/snmp", HOST["proc/net/snmp"].replace(" 0 3\n", " 0 9\n"))

    monkeypatch.setattr(sockets.time, "sleep", drop)
    assert list(wrong()) == ["sockets: overruns"]


def test_what_a_host_does_not_tell_is_neither_good_nor_bad(wrong: Wrong, machine: OtherMachine) -> None:
    for path in HOST:
        machine.remove(path)
    assert wrong() == {}
