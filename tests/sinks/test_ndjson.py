"""The sink that shows how one is made: one file, one line of a table, and nothing else knows of it."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from oreline.config import Config
from oreline.errors import RecordingError, StoreFailed
from oreline.expected import Expected
from oreline.findings import Findings
from oreline.messages import BACKGROUND, UNKNOWN, Gap, Reason
from oreline.testing import LAYERS, RUN, SinkContract, label_line, stone_record, stream_info
from sinks.check import check
from sinks.ndjson import Ndjson, NdjsonSettings
from sinks.settings import schema
from tests.deploy.unit import ROOT
from tests.sinks.disk import room

FILE = "lines.ndjson"
OWN = {
    "sinks/ndjson.py", "sinks/__init__.py", "tests/sinks/test_ndjson.py", "docs/how-to/add-a-sink.md",
    "tests/sinks/conveyor/test_stone_stream.py",
}  # fmt: skip
GENERATED = re.compile(r"<!-- table: .*?<!-- end -->", re.DOTALL)
MOST_LINES = 120


def objects(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / FILE).read_text().splitlines()]


class TestNdjsonContract(SinkContract):
    sink = Ndjson

    def delivered(self, output: Path, run: bytes) -> list[int]:
        return [one["first"] for one in objects(output) if one["run"] == run.hex() and "classes" in one]


class TestNdjsonOfStonesContract(TestNdjsonContract):
    settings: ClassVar[dict[str, Any]] = {"stream": "stones"}


def opened(output: Path, **settings: Any) -> Ndjson:
    sink = Ndjson.open(NdjsonSettings(**settings), output)
    sink.resume()
    return sink


def test_an_object_says_where_a_line_is_and_how_many_samples_each_class_has_or_why_it_is_not_there(
    tmp_path: Path,
) -> None:
    sink, info = opened(tmp_path), stream_info()
    labels = [0] * 5 + [2] * 7 + [BACKGROUND] * 20
    sink.consume([info, label_line(0, info, labels, t_ns=17), Gap(RUN, 1, 1, 3, Reason.DROPPED)])
    sink.commit()
    classes = {"calcite": 5, "gypsum": 7}
    assert objects(tmp_path) == [
        {"run": RUN.hex(), "first": 0, "n": 1, "t_ns": 17, "encoder": 0, "classes": classes},
        {"run": RUN.hex(), "first": 1, "n": 3, "reason": "dropped"},
    ]
    sink.close()


def test_an_object_of_a_stone_says_what_it_is_and_what_became_of_it(tmp_path: Path) -> None:
    sink, info = opened(tmp_path, stream="stones"), stream_info()
    stone = stone_record(3, info, t_ns=17, measure=float("nan"), valves=0b110)
    sink.consume([info, Gap(RUN, 1, 0, 3, Reason.RING_FULL), stone])
    sink.commit()
    gap, one = objects(tmp_path)
    assert (gap["first"], gap["n"], gap["reason"]) == (0, 3, "ring_full")
    assert (one["first"], one["t_ns"], one["decision"], one["valves"], one["measure"]) == (
        3,
        17,
        "ejected",
        [1, 2],
        None,
    )
    assert one["classes"] == {"calcite": 12}
    assert (one["first_line"], one["pixels"], one["recipe"]) == (stone.first_line, 12, stone.recipe)
    sink.close()


def test_stones_that_nothing_makes_are_refused(tmp_path: Path) -> None:
    line, rows = {"state": str(tmp_path), "output": str(tmp_path)}, {"sink": "ndjson", "stream": "stones"}
    for sinks, refused in (({"rows": rows}, True), ({"rows": rows, "conveyor": {}}, False)):
        findings = Findings()
        check(Config({"line": line, "sinks": sinks}), Expected(), findings)
        assert any("it reads stones, which nothing makes" in str(one) for one in findings) is refused


def test_an_object_counts_groups_and_reasons_too_where_lines_tell_them(tmp_path: Path) -> None:
    sink, info = opened(tmp_path), stream_info(layers=LAYERS)
    layers = np.full((8, 32), UNKNOWN, np.uint8)
    layers[0, :7], layers[4, 7:10] = 1, 1
    sink.consume([info, label_line(0, info, [1] * 7 + [UNKNOWN] * 25, layers=layers)])
    sink.commit()
    (one,) = objects(tmp_path)
    assert (one["classes"], one["group"], one["bands"], one["reason"]) == (
        {"kaolinite": 7},
        {"kaolin": 7},
        {},
        {"unsure": 3},
    )
    assert "probability" not in one
    sink.close()


def test_an_object_that_a_kill_has_halved_is_cut_off_and_comes_again(tmp_path: Path) -> None:
    sink, info = opened(tmp_path), stream_info()
    sink.consume([info, *(label_line(seq, info) for seq in range(3))])
    sink.commit()
    sink.close()
    whole = (tmp_path / FILE).read_bytes()
    for end in (len(whole) - 1, len(whole) - 30, len(whole)):
        (tmp_path / FILE).write_bytes(whole[:end])
        again = Ndjson.open(NdjsonSettings(), tmp_path)
        assert again.resume() == (RUN, 3 if end == len(whole) else 2)
        assert len(objects(tmp_path)) == (3 if end == len(whole) else 2)
        again.close()


@pytest.mark.parametrize("theirs", [b"notes", b"notes\n", b'{"a": 1}\n', b"x" * 70_000])
def test_a_file_of_somebody_elses_is_refused_and_stays_as_it_is(tmp_path: Path, theirs: bytes) -> None:
    (tmp_path / FILE).write_bytes(theirs)
    sink = Ndjson.open(NdjsonSettings(), tmp_path)
    with pytest.raises(RecordingError, match="no file of this sink: move it away"):
        sink.resume()
    sink.close()
    assert (tmp_path / FILE).read_bytes() == theirs


def test_a_disk_that_is_full_keeps_what_was_consumed_for_the_next_commit(tmp_path: Path) -> None:
    sink, info = opened(tmp_path), stream_info()
    sink.consume([info, *(label_line(seq, info) for seq in range(3))])
    with room(100), pytest.raises(StoreFailed, match=FILE):
        sink.commit()
    assert objects(tmp_path) == []
    sink.commit()
    assert [one["first"] for one in objects(tmp_path)] == [0, 1, 2]
    sink.close()


def test_it_is_one_short_file_and_one_line_of_a_table_and_no_other_file_names_it() -> None:
    assert len((ROOT / "sinks" / "ndjson.py").read_text().splitlines()) <= MOST_LINES
    assert len(re.findall("ndjson", (ROOT / "sinks" / "__init__.py").read_text())) == 2
    assert (ROOT / "sinks" / "__init__.py").read_text().count('"ndjson": "sinks.ndjson:Ndjson",\n') == 1
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text()
    assert "| `ndjson` | A file of JSON objects" in page
    assert "### ndjson\n" in page
    assert "without `.ndjson`" in json.dumps(schema())
    listed = subprocess.run(["git", "grep", "-il", "ndjson"], cwd=ROOT, capture_output=True, text=True, check=True)
    others = {*listed.stdout.split()} - OWN
    assert [name for name in others if "ndjson" in GENERATED.sub("", (ROOT / name).read_text()).lower()] == []
