"""Software: what is installed, against what was tested together, and what the processor can."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from oreline.doctor.answer import ALARM, WARNING, Answer, Check, bad, good, unknown
from oreline.doctor.machine import Machine
from oreline.doctor.needs import Needs
from oreline.shipped import ROOT

PACKAGES = ("oreline", "acquisition", "inference", "sinks", "hwsim")
LOCK = ROOT / "constraints.txt"
_PIN = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)


def ours(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """The packages of Oreline, and none of another with such a name."""
    specs = {name: importlib.util.find_spec(name) for name in PACKAGES}
    homes = {name: Path(spec.origin).parents[1] for name, spec in specs.items() if spec and spec.origin}
    home = homes["oreline"]
    others = [name for name in PACKAGES if homes.get(name) != home]
    for name in others:
        yield bad(
            f"the package {name} is {homes.get(name, 'missing')}, and not Oreline's of {home}",
            f"{sys.executable} -m pip uninstall {name}, and install Oreline again",
        )
    if not others:
        yield good(f"all of {home}")


def pins(text: str) -> dict[str, str]:
    """Versions of a file of constraints by the name of the package."""
    return dict(_PIN.findall(text))


def versions(machine: Machine, needs: Needs) -> Iterator[Answer]:  # noqa: ARG001
    """Versions of what Oreline stands on, against those that were tested together."""
    try:
        pinned = pins(LOCK.read_text(encoding="utf-8"))
    except OSError:
        yield unknown(f"there is no {LOCK}, of what was tested together")
        return
    there = {name: _version(name) for name in pinned}
    skewed = {name: has for name, has in there.items() if has and _public(has) != _public(pinned[name])}
    for name, has in skewed.items():
        yield bad(
            f"{name} is {has}, and {pinned[name]} was tested",
            f"{sys.executable} -m pip install {name}=={pinned[name]}",
        )
    if not skewed:
        yield good(f"{sum(map(bool, there.values()))} packages are of the versions that were tested together")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _public(version: str) -> str:
    """A version without what an index adds to it, such as "+cpu"."""
    return version.partition("+")[0]


def instructions(machine: Machine, needs: Needs) -> Iterator[Answer]:
    """Instructions that the kernels and the network are quick by."""
    fields = machine.fields("proc/cpuinfo")
    if "flags" not in fields:
        yield unknown("the processor does not tell its instructions")
        return
    flags = set(fields["flags"].split())
    if "avx2" not in flags:
        yield bad("the processor has no AVX2: kernels are several times slower", "another host, or a lower line rate")
    elif needs.bfloat16 and not {"avx512_bf16", "amx_bf16"} & flags:
        yield bad("the processor has no bfloat16", 'inference.precision = "float32"')
    else:
        yield good(
            "AVX2" + (", bfloat16" if {"avx512_bf16", "amx_bf16"} & flags else "; no bfloat16, which is not asked for")
        )


CHECKS = (
    Check("software", "our packages", "each of Oreline's packages is its own", ALARM, ours),
    Check("software", "versions", "what is installed is what was tested together (constraints.txt)", WARNING, versions),
    Check(
        "software", "instructions", "the processor has AVX2, and bfloat16 where it is asked for", WARNING, instructions
    ),
)
