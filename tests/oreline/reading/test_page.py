"""The examples of the page, run as they stand beside a line that serves labels."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from oreline.messages import Flag, Gap, Reason
from oreline.testing import RUN, end_of_stream, label_line, stream_info
from sinks.core.hole_folder import HoleFolder
from tests.oreline.reading.test_journals import write
from tests.oreline.reading.test_live import Owner

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "read-from-python.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
HEADER = """ENVI
samples = 32
lines = 120
bands = 3
data type = 4
interleave = bil
byte order = 0
wavelength units = Nanometers
wavelength = {1400, 2200, 2300}
"""


@pytest.fixture
def folder(tmp_path: Path, hole: HoleFolder, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As a user's is, with a file of a line, its output, and a recording."""
    monkeypatch.chdir(tmp_path)
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    (tmp_path / "line.toml").write_text(f'[line]\noutput = "out/line"\nstate = "{state}"\n')
    scene = tmp_path / "out" / "line" / "scene"
    scene.mkdir(parents=True)
    (tmp_path / "out" / "core").symlink_to(hole.output)
    (scene / "box.hdr").write_text(HEADER)
    np.full((120, 3, 32), 0.5, "<f4").tofile(scene / "box.raw")
    return tmp_path


def test_every_example_of_the_page_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    info = stream_info()
    flags = {3: Flag.LAMP}
    labels = [label_line(seq, info, np.zeros(32), flags=flags.get(seq, Flag.NONE)) for seq in (*range(5), 7)]
    told = [info, *labels[:5], Gap(RUN, 1, 5, 2, Reason.DROPPED), labels[5], end_of_stream(info, 8, 2)]
    write(folder / "out" / "line", *told)
    said = []
    with closing(Owner(folder / "line.toml")) as owner:
        owner.put(*told)
        for example in EXAMPLES:
            exec(compile(example, PAGE.name, "exec"), {})
            said.append(capsys.readouterr().out)
    _, counted, resumed, table, box, cube, placed = said
    assert float(box) > 0.95
    assert "calcite 192" in counted
    assert "lines that did not come: {<Reason.DROPPED: 1>: 2}" in counted
    assert resumed.split()[::2] == ["4", "7"]
    assert table.startswith("(6, 32) ")
    assert "calcite 1.0" in table
    assert cube.startswith("(120, 3, 32) float32 (1400.0, 2200.0, 2300.0)\n[0.5 0.5 0.5]")
    assert "wavelength" in placed
    assert "encoder" in placed
