"""What a second user of the machine can do to a line by names that he knows before: it is refused, or runs as it
should, and none of his code runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hwsim.render.scene import render
from hwsim.scenes.belt import BeltScene
from oreline.errors import SecurityError
from oreline.places import name_of
from tests.system.line import ROOT

NOBODY, SOMEBODY = 65_534, 61_234
AGAINST_ROOT, AGAINST_A_USER = (0, NOBODY), (NOBODY, SOMEBODY)

EVIL = """
import os, pathlib
for place in {places!r}:
    place = pathlib.Path(place)
    place.mkdir(0o777, parents=True, exist_ok=True)
    place.chmod({mode})
    for name in ("acquisition", "inference", "sinks", "hwsim", "oreline", "numpy"):
        (place / name).mkdir(exist_ok=True)
        (place / name / "__init__.py").write_text("open({pwned!r}, 'w')")
        (place / name / "__main__.py").write_text("open({pwned!r}, 'w')")
    (place / "line.json").write_text({config!r})
    (place / "line.lock").touch()
    (place / "raw.ring").write_bytes(bytes(8192))
    (place / "cwd").symlink_to(place)
for place, target in {links!r}:
    os.makedirs(os.path.dirname(place), exist_ok=True)
    os.symlink(target, place)
"""


def against(pair: tuple[int, int], *, long: tuple[int, int]) -> pytest.MarkDecorator:
    """A test of one victim and attacker for every change, and of another in `make test-long`."""
    others = pytest.param(*long, marks=pytest.mark.long)
    return pytest.mark.parametrize(("victim", "attacker"), [pair, others])


def oreline(*words: object) -> list[str]:
    return [sys.executable, "-P", "-m", "oreline", *map(str, words)]


def in_namespace(folder: Path, *steps: list[Any]) -> subprocess.CompletedProcess[str]:
    """Each step's commands side by side, each by a user in a folder with an environment; and what they said."""
    path = folder / "steps.json"
    path.write_text(json.dumps(steps))
    return subprocess.run(
        ["unshare", "-m", sys.executable, "-m", "tests.system.namespace", str(path)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False, timeout=250,
    )  # fmt: skip


class Site(NamedTuple):
    """`folder` is anybody's, `site` in it the victim's, `evil` the attacker's."""

    folder: Path
    site: Path
    evil: Path
    victim: int
    attacker: int

    def run(
        self, *words: object, places: list[Path] | None = None, links: list[tuple[Path, Path]] | None = None,
        mode: int = 0o777, cwd: Path | None = None, **environment: object,
    ) -> subprocess.CompletedProcess[str]:  # fmt: skip
        """The attacker squats on `places`, of that mode, and makes `links`, then the victim runs the command."""
        config = {"line": {"output": "out"}, "acquisition": {"producer": "evil.so"}}
        worst = EVIL.format(
            places=[str(place) for place in places or []],
            links=[(str(link), str(target)) for link, target in links or []],
            pwned=str(self.pwned),
            mode=mode,
            config=json.dumps(config),
        )
        (self.folder / "worst.py").write_text(worst)
        squat = self.attacker, str(self.evil), [sys.executable, str(self.folder / "worst.py")], {}
        run = self.victim, str(cwd or self.site), oreline(*words), {name: str(v) for name, v in environment.items()}
        return in_namespace(self.folder, [squat], [run])

    @property
    def pwned(self) -> Path:
        return self.folder / "pwned"

    @property
    def state(self) -> str:
        """The name of the folder of a line that is called "belt" and writes to `site/out`."""
        return name_of("belt", self.site / "out")


@pytest.fixture(scope="module")
def recording() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="oreline-belt-") as name:
        render(BeltScene(lines=60, seed=6), Path(name))
        subprocess.run(["chmod", "-R", "a+rX", name], check=True)
        yield Path(name)


@pytest.fixture
def anybodys() -> Iterator[Path]:
    """A folder that anybody can write to, as /tmp is."""
    if os.geteuid():
        pytest.skip("only root can be two other users")
    if subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("a /dev/shm of its own takes the right to mount")
    with tempfile.TemporaryDirectory(prefix="oreline-strangers-") as name:
        Path(name).chmod(0o1777)
        yield Path(name)


def given(folder: Path, name: str, user: int) -> Path:
    (folder / name).mkdir()
    os.chown(folder / name, user, user)
    return folder / name


@pytest.fixture
def site(victim: int, attacker: int, anybodys: Path) -> Site:
    folder = anybodys
    return Site(folder, given(folder, "site", victim), given(folder, "evil", attacker), victim, attacker)


@pytest.fixture(autouse=True)
def no_code_runs(anybodys: Path) -> Iterator[None]:
    yield
    assert not (anybodys / "pwned").exists()


def line(folder: Path, recording: Path, **settings: Any) -> Path:
    """The file of a line that is called "belt" and plays a recording."""
    path = folder / "belt.json"
    steps = [
        {"kind": "dark", "lines": 20, "features": [["Shutter", "Closed"]]},
        {"kind": "white", "lines": 20, "features": [["Shutter", "Open"], ["TargetSelector", "White"]]},
        {"kind": "scene", "lines": 60, "features": [["TargetSelector", "Scene"]]},
    ]
    tables = {
        "line": {"name": "belt", **settings},
        "simulator": {"recording": str(recording), "frame_rate": 100.0},
        "acquisition": {"preset": "swir288", "steps": steps, "features": [["PixelFormat", "Mono12"]]},
        "inference": {"model": "swir288", "limits": {"refuse": False}},
        "sinks": {"log": {}},
    }
    path.write_text(json.dumps(tables))
    path.chmod(0o644)
    return path


def refused(ran: subprocess.CompletedProcess[str], place: Path) -> None:
    assert ran.returncode == SecurityError.exit_code, ran.stdout + ran.stderr
    (said,) = ran.stderr.splitlines()
    assert str(place) in said


@against(AGAINST_A_USER, long=AGAINST_ROOT)
def test_who_takes_the_users_folder_in_shared_memory_gets_a_refusal(site: Site, recording: Path) -> None:
    ours = Path(f"/dev/shm/oreline-{site.victim}")
    file = line(site.folder, recording, output="out")
    refused(site.run("run", file, places=[ours, ours / site.state]), ours)
    refused(site.run("run", file, links=[(ours, site.evil)]), ours)
    refused(site.run("replay", recording, "--reflectance", "r.hdr", places=[ours]), ours)
    refused(site.run("sim", "camera", "--recording", recording, places=[ours / "cameras"]), ours)


@against(AGAINST_A_USER, long=AGAINST_ROOT)
def test_so_does_who_takes_a_folder_that_the_lines_file_names(site: Site, recording: Path) -> None:
    state, output = site.folder / "state", site.folder / "out"
    refused(site.run("run", line(site.folder, recording, state=str(state)), places=[state], mode=0o755), state)
    refused(site.run("run", line(site.folder, recording, state=str(output / "state")), places=[output]), output)
    results = site.folder / "results"
    refused(site.run("run", line(site.folder, recording, output=str(results)), places=[results]), results)


@pytest.mark.long  # A user without a home compiles every kernel.
@pytest.mark.parametrize(("victim", "attacker"), [AGAINST_ROOT, AGAINST_A_USER])
def test_in_the_middle_of_it_all_a_line_runs_as_it_should(site: Site, recording: Path) -> None:
    ran = site.run(
        "run", line(site.folder, recording, output=str(site.site / "out")), "--json", site.site / "report.json",
        places=[site.evil, Path("/dev/shm/oreline-belt"), site.folder / "oreline-belt", site.folder / "oreline-simcam"],
        cwd=site.evil, XDG_RUNTIME_DIR=site.evil, TMPDIR=site.folder,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = json.loads((site.site / "report.json").read_text())
    assert (report["labelled"], report["unaccounted"]) == (60, 0)
    owners = {path.stat().st_uid for path in (site.site / "out").rglob("*")}
    assert owners == {site.victim}


@pytest.mark.long
def test_two_users_and_two_checkouts_run_lines_of_one_name_side_by_side(anybodys: Path, recording: Path) -> None:
    file = line(anybodys, recording, output="out")
    users = {"one": NOBODY, "two": SOMEBODY, "other checkout of two": SOMEBODY}
    command = oreline("run", file, "--json", "report.json")
    ran = in_namespace(
        anybodys, [(user, str(given(anybodys, name, user)), command, {}) for name, user in users.items()]
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for name in users:
        report = json.loads((anybodys / name / "report.json").read_text())
        assert (report["labelled"], report["unaccounted"]) == (60, 0)
