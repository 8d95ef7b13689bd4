"""`oreline doctor` on this machine: what it prints, its exit code, and that it changes nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import pytest

from acquisition import doctor as acquisition
from inference import doctor as inference
from oreline.cli import doctor
from oreline.cli.doctor import Found
from oreline.doctor import Check, Machine, Needs, Verdict, bad, good
from oreline.errors import MachineDoubtful, MachineUnfit
from oreline.incidents import Severity

ROOT = Path(__file__).parents[3]


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_line_is_examined_and_nothing_is_changed(tmp_path: Path) -> None:
    line = tmp_path / "line.toml"
    line.write_text((ROOT / "deploy/examples/demo.toml").read_text().partition("[inference]")[0])
    before = hashes(tmp_path), sorted(ROOT.iterdir())
    command = [sys.executable, "-m", "oreline", "doctor", str(line), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode in (0, MachineUnfit.exit_code, MachineDoubtful.exit_code)
    assert (hashes(tmp_path), sorted(ROOT.iterdir())) == before
    answers = {(one["subject"], one["check"]): one for one in report["answers"]}
    assert answers["file", "line"]["verdict"] == "good"
    assert answers["producer", "library"]["verdict"] == "good"
    assert len(answers) == len(doctor.checks())
    assert all(one["cure"] for one in report["answers"] if one["verdict"] == "bad")


def test_a_file_that_is_not_right_is_found_and_the_machine_is_examined_all_the_same(tmp_path: Path) -> None:
    line = tmp_path / "line.toml"
    line.write_text("[acquisition]\nbuffer = 3\n")
    found = [one.facts for one in doctor.examine(line) if one.check.subject == "file"]
    assert [one["verdict"] for one in found] == ["bad"]
    assert "Did you mean 'buffers'?" in str(found[0]["words"])


def _found(*severities: Severity) -> list[Found]:
    checks = [Check("a", str(severity), "", severity, lambda _machine, _needs: iter(())) for severity in severities]
    return [Found(check, bad("it is bad", "do this")) for check in checks]


def test_the_exit_code_is_of_the_worst() -> None:
    with pytest.raises(MachineUnfit, match="a: alarm"):
        doctor._refuse(_found(Severity.WARNING, Severity.ALARM))
    with pytest.raises(MachineDoubtful, match="a: warning"):
        doctor._refuse(_found(Severity.WARNING, Severity.INFO))
    doctor._refuse(_found(Severity.INFO))


def test_a_check_that_never_answers_is_said_so_and_holds_up_nobody() -> None:
    never = Event()
    hangs = Check("a", "hangs", "", Severity.ALARM, lambda _m, _n: iter([good("late")] if never.wait() else []))
    quick = Check("a", "quick", "", Severity.ALARM, lambda _m, _n: iter([good("soon")]))
    found = doctor._asked([hangs, quick], Machine(), Needs(), time.monotonic() + 0.2)
    never.set()
    assert [one.answer.verdict for one in found] == [Verdict.UNKNOWN, Verdict.GOOD]


def test_the_model_answers_as_where_it_was_made_and_the_producer_lists_its_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = tmp_path / "line.toml"
    line.write_text('[acquisition]\nproducer = "viky"\n[inference]\nmodel = "swir288"\n')
    needs = Needs()
    list(doctor._read(line, needs))
    needs.is_right = True
    monkeypatch.setattr(inference, "PATIENCE_S", 120.0)
    said = [*inference.golden(Machine(), needs), *acquisition.cameras(Machine(), needs)]
    assert [one.verdict for one in said] == [Verdict.GOOD] * 2, said


HARDSHIP = """
mount -t sysfs none /sys && mount -t tmpfs -o size=16m none {state} || exit
ip link add eth7 type veth peer name eth8 && ip link set eth7 up && ip link set eth8 up || exit
exec {python} -m oreline doctor {line} --card eth7 --json
"""


@pytest.mark.long
def test_a_small_disk_in_memory_and_a_card_of_small_packets_are_found_for_real(tmp_path: Path) -> None:
    line, state = tmp_path / "line.json", tmp_path / "state"
    state.mkdir(mode=0o700)
    cti = shutil.copy(ROOT / "hwsim" / "simcam.cti", tmp_path / "camera.cti")
    tables = {"line": {"output": "out", "state": str(state)}, "acquisition": {"producer": str(cti), "preset": "nir224"}}
    line.write_text(json.dumps(tables))
    script = HARDSHIP.format(state=state, python=sys.executable, line=line)
    done = subprocess.run(["unshare", "-rmn", "sh", "-c", script], capture_output=True, text=True, cwd=tmp_path)
    if not done.stdout:
        pytest.skip(f"no namespaces here: {done.stderr}")
    bad = {one["check"]: one["cure"] for one in json.loads(done.stdout)["answers"] if one["verdict"] == "bad"}
    assert {"room for rings", "packets"} <= set(bad)
    assert bad["packets"] == "ip link set eth7 mtu 9000"
    assert done.returncode == MachineUnfit.exit_code
