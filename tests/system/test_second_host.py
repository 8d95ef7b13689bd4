"""Processes of one line on several hosts: folders of their own, and tcp with keys between them."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from oreline import keys
from oreline.errors import SecurityError, StreamError
from oreline.messages import Reason
from oreline.stream.curve import new_pair
from tests.ports import free_port
from tests.system.line import ROOT

PAGE = ROOT / "docs" / "how-to" / "second-host.md"
STEP = re.compile(
    r"^## In the (\w+)|`(\w+\.toml)`(?:(?!```).)*\n```toml\n(.*?)^```|^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL
)
LIMIT_S = 90


def free_address() -> str:
    return f"tcp://127.0.0.1:{free_port()}"


def journalled(path: Path) -> list[Any]:
    """Lines and gaps of a journal, as they are."""
    with sqlite3.connect(path) as db:
        lines = db.execute("SELECT run, seq, t_ns, encoder, labels, confidence FROM lines ORDER BY seq").fetchall()
        gaps = db.execute("SELECT first, n, reason FROM gaps ORDER BY first").fetchall()
    db.close()
    return [lines, gaps]


@dataclass
class Host:
    """A folder with a shell in it."""

    folder: Path
    service: subprocess.Popen[str]

    def does(self, commands: str) -> str:
        """What they print. Fails where one of them does."""
        assert self.service.stdin
        assert self.service.stdout
        self.service.stdin.write(f"{commands}\necho finished >&1\n")
        self.service.stdin.flush()
        said = []
        for line in self.service.stdout:
            if line == "finished\n":
                return "".join(said)
            said.append(line)
        pytest.fail(f"{self.folder.name}: {commands}\n{''.join(said)}")


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[dict[str, Host]]:
    """`plant` and `office`, with an Oreline in each, and an scp between them."""
    network = tmp_path / "bin"
    network.mkdir()
    (network / "scp").write_text(f'#!/bin/sh\nexec cp "$1" "{tmp_path}/$(echo "$2" | tr : /)"\n')
    (network / "scp").chmod(0o755)
    made = {}
    for name in ("plant", "office"):
        folder = tmp_path / name
        (folder / ".venv" / "bin").mkdir(parents=True)
        for program, module in (("oreline", "-m oreline.cli.main"), ("python", "")):
            path = folder / ".venv" / "bin" / program
            path.write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n')
            path.chmod(0o755)
        environment = {**os.environ, "PATH": f"{network}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
        service = subprocess.Popen(
            ["bash", "-e"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd=folder, env=environment, start_new_session=True,
        )  # fmt: skip
        made[name] = Host(folder, service)
    yield made
    for host in made.values():
        with host.service:
            os.killpg(host.service.pid, 9)


@pytest.mark.long
def test_the_page_works_as_it_stands(hosts: dict[str, Host]) -> None:
    address, said = free_address(), dict.fromkeys(hosts, "")
    text = PAGE.read_text().replace("tcp://10.0.0.5:7402", address)
    host = hosts["plant"]
    for where, name, toml, commands in STEP.findall(text):
        if where:
            host = hosts[where]
        elif name:
            state = f'[line]\nstate = "{host.folder}/state"'
            (host.folder / name).write_text(toml.replace("[line]", state))
        else:
            said[host.folder.name] += host.does(commands)
    assert "unaccounted 0" in said["plant"]
    assert "acquired 800 = labelled 800" in said["plant"]
    assert re.search(r"^inference +allowed", said["office"], re.M)
    near, far = (hosts[name].folder / "out" / name / "journal.sqlite" for name in hosts)
    assert journalled(near) == journalled(far)
    assert len(journalled(far)[0]) == 800
    account = json.loads((far.parent / "archive.json").read_text())["account"]
    assert (account["lines"], account["lost"], account["unaccounted"]) == (800, 0, 0)


@dataclass
class Three:
    """Camera and acquisition, inference, and a log, each with a state folder, an output folder and keys of its own."""

    folder: Path
    recording: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def prepare(self) -> None:
        raw, labels = free_address(), free_address()
        steps = [
            {"kind": "dark", "lines": 100, "features": [["Shutter", "Closed"]]},
            {"kind": "white", "lines": 100, "features": [["Shutter", "Open"], ["TargetSelector", "White"]]},
            {"kind": "scene", "lines": 300, "features": [["TargetSelector", "Scene"]]},
        ]
        acquisition = {"preset": "swir288", "steps": steps, "features": [["PixelFormat", "Mono12"]], "listen": raw}
        simulator = {"recording": str(self.recording), "frame_rate": 200.0}
        self.write("camera", simulator=simulator, acquisition=acquisition)
        self.write("inference", inference={"model": "swir288", "remote": raw, "listen": {"labels": labels}})
        self.write("log", sinks={"log": {"remote": labels}})
        for host, name in (("camera", "acquisition"), ("inference", "inference"), ("log", "log")):
            keys.save(self.keys(host), name, new_pair())
        for host, other, name in (
            ("camera", "inference", "inference"),
            ("inference", "camera", "acquisition"),
            ("inference", "log", "log"),
            ("log", "inference", "inference"),
        ):
            keys.allow(self.keys(host), self.keys(other) / f"{name}.key")

    def keys(self, host: str) -> Path:
        return self.folder / host / "keys"

    def write(self, host: str, **tables: Any) -> None:
        place = self.folder / host
        place.mkdir()
        line = {name: str(place / name) for name in ("output", "state", "keys")}
        (place / "line.json").write_text(json.dumps({"line": line, **tables}))

    def start(self, host: str, *command: str, **environment: str) -> subprocess.Popen[str]:
        place = self.folder / host
        environment |= {**os.environ, "ORELINE_SIMCAM": str(self.folder / "camera" / "cameras")}
        command = (sys.executable, "-m", *command, str(place / "line.json"))
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.started.append(process)
        return process

    def plug_in(self) -> None:
        """Start the camera, and wait until it is there."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.bind(str(self.folder / "notify"))
            notified.settimeout(LIMIT_S)
            self.start("camera", "hwsim", "camera", NOTIFY_SOCKET=str(self.folder / "notify"))
            while b"READY=1" not in notified.recv(4096):
                pass

    def ends(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        """Exit code and words of a process that ends by itself."""
        said = process.communicate(timeout=LIMIT_S)[0]
        return process.returncode, said

    def run(self, host: str, *command: str) -> tuple[int, str]:
        return self.ends(self.start(host, *command))


@pytest.fixture
def three(tmp_path: Path, short_belt: Path) -> Iterator[Three]:
    made = Three(tmp_path, short_belt)
    made.prepare()
    yield made
    for process in made.started:
        process.kill()
        with process:
            pass


def count(path: Path) -> int:
    try:
        return len(journalled(path)[0]) if path.is_file() else 0
    except sqlite3.OperationalError:
        return 0


def test_three_hosts_make_one_line_and_a_killed_log_goes_on_where_it_was(three: Three) -> None:
    journal = three.folder / "log" / "output" / "journal.sqlite"
    log, inference = three.start("log", "sinks", "log"), three.start("inference", "inference")
    three.plug_in()
    acquisition = three.start("camera", "acquisition")
    until = monotonic() + LIMIT_S
    while count(journal) < 50:
        assert monotonic() < until
        assert acquisition.poll() in (None, 0), three.ends(acquisition)
    log.kill()
    log.wait()
    for process in (three.start("log", "sinks", "log"), inference, acquisition):
        code, said = three.ends(process)
        assert code == 0, said
    lines, gaps = journalled(journal)
    assert [row[1] for row in lines] == list(range(200, 500))
    assert {gap[2] for gap in gaps} == {Reason.REFERENCE}
    assert sum(gap[1] for gap in gaps) == 200


def test_an_open_address_without_keys_is_refused_at_the_start(three: Three) -> None:
    path = three.folder / "inference" / "line.json"
    tables = json.loads(path.read_text())
    del tables["line"]["keys"]
    tables["inference"] |= {"listen": {"labels": "tcp://0.0.0.0:7402"}}
    tables["inference"].pop("remote")
    path.write_text(json.dumps(tables))
    code, said = three.run("inference", "inference")
    assert code == SecurityError.exit_code == 63
    assert said.count("\n") == 1
    assert "oreline keys make" in said


def test_a_secret_that_others_can_read_is_refused_at_the_start(three: Three) -> None:
    (three.keys("log") / "log.secret").chmod(0o644)
    code, said = three.run("log", "sinks", "log")
    assert code == SecurityError.exit_code
    assert f"chmod 600 {three.keys('log') / 'log.secret'}" in said


def test_a_conveyor_on_another_host_is_refused(three: Three) -> None:
    conveyor = {"remote": free_address(), "distance_counts": 1, "recipe": {"ore": ["talc"]}}
    path = three.folder / "log" / "line.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sinks": {"conveyor": conveyor}}))
    code, said = three.run("log", "sinks", "conveyor")
    assert code == 3
    assert "acts on the plant, so it must be on the host of its camera" in said


@pytest.mark.long
def test_a_sink_that_is_not_called_as_its_key_is_refused_by_the_other_host(three: Three) -> None:
    path = three.folder / "log" / "line.json"
    tables = json.loads(path.read_text())
    tables["sinks"] = {"thief": {"sink": "log", **tables["sinks"]["log"]}}
    path.write_text(json.dumps(tables))
    for half in ("secret", "key"):
        (three.keys("log") / f"log.{half}").rename(three.keys("log") / f"thief.{half}")
    three.start("inference", "inference")
    code, said = three.run("log", "sinks", "thief")
    assert code == StreamError.exit_code
    assert "its key is that of 'log'" in said
