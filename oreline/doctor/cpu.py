"""CPU: cores, their clock, and who shares them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from oreline.doctor.answer import ALARM, WARNING, Answer, Check, bad, good, unknown
from oreline.doctor.link import cards
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs

LEAST_CORES = 2
_UNITS = "etc/systemd/system/oreline-{}@*.service.d/*.conf"
_AFFINITY = re.compile(r"^\s*CPUAffinity\s*=\s*(\S[^#\n]*)", re.MULTILINE)


def cores_in(text: str) -> set[int]:
    """Cores of a list such as "0-2,5" or "0 1 2"; empty where it is none."""
    found = re.findall(r"(\d+)(?:-(\d+))?", text)
    return {core for first, last in found for core in range(int(first), int(last or first) + 1)}


def _allowed(machine: Machine) -> set[int]:
    return cores_in(machine.fields("proc/self/status").get("Cpus_allowed_list", ""))


def governor(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Cores that do not slow down between lines."""
    paths = machine.names("sys/devices/system/cpu/cpu*/cpufreq/scaling_governor")
    others = sorted({machine.read(path) or "?" for path in paths} - {"performance"})
    if not paths:
        yield unknown("the kernel does not scale the cores' clock here, as in a virtual machine")
    elif others:
        yield bad(
            f"cores are clocked by {', '.join(others)}, which takes milliseconds to speed up",
            "cpupower frequency-set -g performance",
        )
    else:
        yield good(f"{len(paths)} cores are clocked by performance")


def cores(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Cores that a line may use: of the process, and of its control group."""
    allowed = len(_allowed(machine))
    if not allowed:
        yield unknown("/proc/self/status does not tell the cores")
        return
    quota = _quota(machine)
    if quota is not None and quota < LEAST_CORES:
        yield bad(
            f"its control group gives it {quota:g} cores (cpu.max), and a line needs {LEAST_CORES}",
            "give the container or slice more: `docker update --cpus 4 NAME`, or CPUQuota= of the unit",
        )
    elif allowed < LEAST_CORES:
        yield bad(
            f"it may use {allowed} core, and a line needs {LEAST_CORES}", "taskset -pc 0-3 $$, or start it elsewhere"
        )
    else:
        yield good(f"it may use {allowed} cores" + (f", {quota:g} at a time" if quota else ""))


def _quota(machine: Machine) -> float | None:
    """Cores that the control group, or one above it, gives; None where that is no limit."""
    group = next((line[3:] for line in (machine.read("proc/self/cgroup") or "").splitlines() if line[:3] == "0::"), "/")
    parts = [part for part in group.split("/") if part]
    quotas = []
    for depth in range(len(parts) + 1):
        quota, _, period = (machine.read("/".join(["sys/fs/cgroup", *parts[:depth], "cpu.max"])) or "max 1").partition(
            " "
        )
        if quota.isdigit() and period.isdigit() and int(period):
            quotas.append(int(quota) / int(period))
    return min(quotas, default=None)


def shared_cores(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Cores of the units of acquisition and inference, as drop-ins set them."""
    own = {name: _affinity(machine, name) for name in ("acquisition", "inference")}
    isolated = cores_in(machine.read("sys/devices/system/cpu/isolated") or "")
    if not all(own.values()):
        yield unknown("units have no CPUAffinity= here: any core may take any of them")
    elif both := own["acquisition"] & own["inference"]:
        free = sorted(_allowed(machine) - own["acquisition"])
        yield bad(
            f"acquisition and inference share core {', '.join(map(str, sorted(both)))}",
            f"systemctl edit oreline-inference@NAME.service: CPUAffinity={' '.join(map(str, free)) or 'another core'}",
        )
    else:
        words = {name: ", ".join(map(str, sorted(cores))) for name, cores in own.items()}
        kept = f"; isolated are {', '.join(map(str, sorted(isolated)))}" if isolated else ""
        yield good(f"acquisition has core {words['acquisition']}, inference {words['inference']}{kept}")


def _affinity(machine: Machine, name: str) -> set[int]:
    texts = (machine.read(path) or "" for path in machine.names(_UNITS.format(name)))
    return {core for text in texts for cores in _AFFINITY.findall(text) for core in cores_in(cores)}


def near_card(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Cores at the memory to which the camera's card writes."""
    nodes = {card: machine.number(f"sys/class/net/{card}/device/numa_node") for card in cards(machine, needs)}
    known = {card: node for card, node in nodes.items() if node is not None and node >= 0}
    if not needs.on_network or len(machine.names("sys/devices/system/node/node[0-9]*")) < 2:
        yield good("all cores are as near")
    elif not known:
        yield unknown("no card tells at which node it is")
    for card, node in known.items() if needs.on_network else ():
        listed = machine.read(f"sys/devices/system/node/node{node}/cpulist") or ""
        if listed and not cores_in(listed) & _allowed(machine):
            yield bad(
                f"{card} is at node {node}, whose cores {listed} it may not use", f"taskset -c {listed} oreline run"
            )


CHECKS = (
    Check("CPU", "clock of cores", "every core's scaling_governor is performance", WARNING, governor),
    Check("CPU", "cores", f"affinity and cpu.max leave {LEAST_CORES} cores", ALARM, cores),
    Check("CPU", "shared cores", "CPUAffinity= of acquisition and inference do not overlap", WARNING, shared_cores),
    Check("CPU", "near the card", "some core is at the NUMA node of the camera's card", WARNING, near_card),
)
