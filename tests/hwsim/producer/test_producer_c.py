"""The producer below harvesters: its C test under the sanitizers, its exports, and one layout in three languages."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from hwsim.camera import layout
from hwsim.camera.sim_camera import PRODUCER

SOURCES = PRODUCER.parent / "producer"
TEST = Path(__file__).with_name("producer_test.c")
COMPILER = shutil.which(os.environ.get("CC", "cc"))


def compile_c(output: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    assert COMPILER, "a C compiler is needed to install Oreline, and for this test"
    flags = ["-std=gnu11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{SOURCES}"]
    command = [COMPILER, *flags, *map(str, arguments), "-o", str(output), "-pthread", "-lm", "-ldl"]
    return subprocess.run(command, capture_output=True, text=True)


def run_c(program: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, timeout=120)


def sanitizer_missing(folder: Path, flag: str) -> str:
    """Why a program cannot be built and run with `flag`; empty where it can."""
    probe = folder / "probe.c"
    probe.write_text("int main(void) { return 0; }\n")
    built = compile_c(folder / "probe", flag, probe)
    return built.stderr if built.returncode else run_c(folder / "probe").stderr


def test_no_error_and_no_leak_under_the_sanitizers(tmp_path: Path) -> None:
    flag = "-fsanitize=address,undefined"
    if reason := sanitizer_missing(tmp_path, flag):
        pytest.skip(f"the compiler has no sanitizers: {reason.splitlines()[0]}")
    built = compile_c(tmp_path / "test", flag, "-fno-sanitize-recover=all", *sorted(SOURCES.glob("*.c")), TEST)
    assert not built.returncode, built.stderr
    result = run_c(tmp_path / "test", ORELINE_SIMCAM=str(tmp_path), ASAN_OPTIONS="detect_leaks=1")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "all passed\n"


def members(dtype: np.dtype[np.void], path: str = "") -> Iterator[tuple[str, int, int]]:
    """Every field down to the numbers: path, offset from the start of `dtype`, bytes."""
    assert dtype.fields is not None
    for name, (field, offset, *_) in dtype.fields.items():
        yield f"{path}{name}", offset, field.itemsize
        if field.names:
            for inner, inner_offset, size in members(field, f"{path}{name}."):
                yield inner, offset + inner_offset, size


def test_the_layout_of_python_is_that_of_c(tmp_path: Path) -> None:
    parts = {"simcam_file": layout.FILE, "simcam_source": layout.SOURCE, "simcam_slot": layout.SLOT}
    parts |= {"simcam_event": layout.EVENT, "simcam_outcome": layout.OUTCOME}
    fields = [(struct, *member) for struct, dtype in parts.items() for member in members(dtype)]
    prints = "".join(
        f'printf("%zu %zu\\n", offsetof(struct {struct}, {path}), sizeof(((struct {struct} *)0)->{path}));\n'
        for struct, path, _, _ in fields
    )
    sizes = "".join(f'printf("%zu\\n", sizeof(struct {struct}));\n' for struct in parts)
    program = tmp_path / "layout.c"
    program.write_text(
        f'#include <stddef.h>\n#include <stdio.h>\n#include "layout.h"\nint main(void) {{\n{prints}{sizes}}}\n'
    )
    built = compile_c(tmp_path / "layout", program)
    assert not built.returncode, built.stderr
    answers = run_c(tmp_path / "layout").stdout.splitlines()
    assert answers == [f"{offset} {size}" for _, _, offset, size in fields] + [
        str(dtype.itemsize) for dtype in parts.values()
    ]


def test_the_numbers_that_c_and_python_share_are_equal() -> None:
    enums: dict[str, int] = {}
    for body in re.findall(r"enum \{ ([A-Z_0-9,\s]+) \}", (SOURCES / "layout.h").read_text()):
        enums |= {name: number for number, name in enumerate(re.split(r",\s+", body))}
    shared: list[tuple[str, int]] = [(f"LINK_{link.name}", link) for link in layout.Link]
    shared += [(f"FAULT_{kind.name}", kind) for kind in layout.FaultKind]
    shared += [("FAULTS", len(layout.FaultKind)), ("SOURCES", layout.ANY_VIEW)]
    assert [(name, enums[name]) for name, _ in shared] == [(name, int(number)) for name, number in shared]
    assert enums["LOCK_SIMULATOR"] == layout.LOCK_SIMULATOR


def test_every_register_of_the_node_map_has_the_address_of_its_field() -> None:
    space = "{http://www.genicam.org/GenApi/Version_1_1}"
    root = ElementTree.parse(SOURCES / "camera.xml").getroot()
    found = {}
    for node in root:
        port, address = node.find(f"{space}pPort"), node.find(f"{space}Address")
        if port is not None and address is not None and port.text == "Device" and address.text:
            found[node.attrib["Name"].removesuffix("Reg")] = int(address.text, 16)
    fields = layout.REGISTERS.fields
    assert fields is not None
    assert found == {name: field[1] for name, field in fields.items() if name != "reserved"}


def test_the_interface_is_visible_and_nothing_else() -> None:
    library = ctypes.CDLL(str(PRODUCER))
    declared = re.findall(r"^GC_API (\w+)\(", (SOURCES / "gentl.h").read_text(), re.MULTILINE)
    assert len(declared) == 64
    assert [name for name in declared if not hasattr(library, name)] == []
    inside = re.findall(r"^[\w ]+[ *](\w+)\(", (SOURCES / "simcam.h").read_text(), re.MULTILINE)
    assert len(inside) > 40
    assert [name for name in inside if hasattr(library, name)] == []
