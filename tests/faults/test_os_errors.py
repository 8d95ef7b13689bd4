"""What the operating system refuses is one sentence that names the place and says what to do, before work is done."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from hwsim.camera.recording_source import prepare
from oreline.__main__ import main
from oreline.errors import STOPPED, ConfigError, RecordingError, StoreFailed, SystemRefused
from oreline.guard import guarded
from oreline.recordings.envi_writer import EnviWriter
from oreline.recordings.finding import find_recording
from tests.faults.hands import small_disk, take_away
from tests.system.line import ROOT

Said = Callable[..., tuple[int, str]]
Refusal = type[SystemRefused | StoreFailed]
Spoil = Callable[[Path], Refusal]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Said:
    """Runs the command line in `tmp_path`: its exit code and what it said on stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["oreline", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        assert isinstance(end.value.code, int)
        return end.value.code, capsys.readouterr().err

    return run


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording with its references."""
    for name in ("DARKREF_rock", "WHITEREF_rock", "rock"):
        with EnviWriter.create(
            tmp_path / "rec" / f"{name}.hdr", samples=8, bands=4, dtype=np.uint16, suffix=".raw",
            wavelengths_nm=[1000.0, 1200.0, 1400.0, 1600.0],
        ) as file:  # fmt: skip
            for _ in range(20):
                file.write(np.full((4, 8), 900, np.uint16))
    return tmp_path / "rec"


@pytest.fixture
def line(tmp_path: Path) -> Path:
    path = tmp_path / "line.toml"
    path.write_text('[line]\noutput = "out"\n[acquisition]\npreset = "swir288"\n')
    return path


def folder_there(path: Path) -> Iterator[Refusal]:
    path.mkdir(parents=True)
    yield SystemRefused


def file_above(path: Path) -> Iterator[Refusal]:
    path.parent.parent.mkdir(parents=True, exist_ok=True)
    path.parent.write_text("a file")
    yield SystemRefused


def full(path: Path) -> Iterator[Refusal]:
    if not small_disk(path.parent, 65_536):
        pytest.skip("a disk that can be filled is mounted by root only")
    (path.parent / "ballast").write_bytes(bytes(65_536))
    yield StoreFailed
    take_away(path.parent)


def read_only(path: Path) -> Iterator[Refusal]:
    path.parent.mkdir(parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "ro", "oreline", str(path.parent)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a disk is mounted by root only")
    yield SystemRefused
    take_away(path.parent)


@pytest.fixture(params=[folder_there, file_above, full, read_only], ids=lambda place: place.__name__)
def refusing(request: pytest.FixtureRequest) -> Spoil:
    """Makes a path that takes no file; the answer is the refusal that is right for it."""

    def spoil(path: Path) -> Refusal:
        spoiling: Iterator[Refusal] = request.param(path)
        request.addfinalizer(lambda: next(spoiling, None))
        return next(spoiling)

    return spoil


TARGETS = {
    "replay --reflectance": ("bad/r.hdr", "replay rec --reflectance bad/r.hdr"),
    "replay --labels": ("bad/l.hdr", "replay rec --labels bad/l.hdr --model swir288"),
    "replay --uncertainty": ("bad/u.hdr", "replay rec --reflectance good.hdr --uncertainty bad/u.hdr"),
    "the data beside the header": ("bad/r.img", "replay rec --reflectance bad/r.hdr"),
    "replay --json": ("bad/x.json", "replay rec --reflectance good.hdr --json bad/x.json"),
    "replay --output": ("bad/line.json", "replay rec --reflectance good.hdr --output bad"),
    "run --json": ("bad/x.json", "run line.toml --json bad/x.json"),
    "demo --output": ("bad/line.json", "demo --output bad"),
    "bench --json": ("bad/x.json", "bench --json bad/x.json"),
    "sim scene --out": ("bad/scene/manifest.json", "sim scene --out bad/scene --lines 20"),
    "sim scene --preview": ("bad/scene.png", "sim scene --out scene --lines 20 --preview bad/scene.png"),
    "sim camera": ("out/sim/sim-camera.json", "sim camera --recording rec"),
    "keys make": ("bad/keys/acquisition.key", "keys make acquisition --folder bad/keys"),
    "train --out": ("bad/model/model.pt", "train swir288 --data nothing.npz --out bad/model"),
    "calibrate report --out": ("bad/page.html", "calibrate report line.toml --out bad/page.html"),
}
"""What cannot be made, and the command that would."""


@pytest.mark.parametrize("target", TARGETS)
def test_what_cannot_be_written_is_said_before_any_work(
    target: str, refusing: Spoil, said: Said, recording: Path, line: Path, tmp_path: Path
) -> None:
    place, command = TARGETS[target]
    kind = refusing(tmp_path / place)
    made = set(tmp_path.rglob("*"))
    code, words = said(*command.split())
    assert code == kind.exit_code, words
    assert str(Path(place).parent) in words
    assert words.count("\n") == 1, words
    assert set(tmp_path.rglob("*")) == made


def test_a_result_does_not_replace_its_recording_nor_another_result(said: Said, recording: Path) -> None:
    before = {path: path.read_bytes() for path in recording.iterdir()}
    for name in ("rock.hdr", "DARKREF_rock.img", "rock"):
        code, words = said("replay", "rec", "--reflectance", f"rec/{name}")
        assert (code, "the recording itself" in words) == (ConfigError.exit_code, True), words
    code, words = said("replay", "rec", "--reflectance", "r.hdr", "--uncertainty", "./r.img")
    assert (code, "give each its own" in words) == (ConfigError.exit_code, True), words
    assert {path: path.read_bytes() for path in recording.iterdir()} == before


@pytest.mark.parametrize("hidden", ["rock.hdr", "rock.raw", "DARKREF_rock.raw"])
def test_what_may_not_be_read_is_said(hidden: str, recording: Path, tmp_path: Path) -> None:
    (recording / hidden).chmod(0)
    done = unprivileged(tmp_path, "replay", "rec", "--reflectance", "r.hdr")
    assert done.returncode in (SystemRefused.exit_code, RecordingError.exit_code), done.stderr
    assert f"rec/{hidden}" in done.stderr
    assert "Permission denied" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "r.img").exists()


def unprivileged(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user whom modes of files bind, which they do not root."""
    binding = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
    command = [*([] if os.getuid() else binding), sys.executable, "-m", "oreline", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_disk_that_is_full_while_a_recording_is_converted_keeps_no_draft(tmp_path: Path, recording: Path) -> None:
    disk = tmp_path / "disk"
    if not small_disk(disk, 65_536):
        pytest.skip("a disk that can be filled is mounted by root only")
    (tmp_path / "wide.hdr").write_text(
        "ENVI\nsamples = 640\nbands = 20\nlines = 10\ndata type = 12\ninterleave = bsq\nbyte order = 0\n"
    )
    (tmp_path / "wide.raw").write_bytes(bytes(640 * 20 * 10 * 2))
    with pytest.raises(StoreFailed, match=r"disk/made/wide.*: No space left on device; free space"):
        prepare(find_recording(tmp_path / "wide.hdr"), disk / "made")
    left = [path for path in disk.rglob("*") if path.is_file()]
    take_away(disk)
    assert left == []


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("oreline.cli.main", "config check line.toml"),
        ("numpy", "config check line.toml"),
        ("hwsim.cli", "config check line.toml"),
        ("zmq", "config check line.toml"),
        ("hwsim.render.preview", "sim scene --lines 20"),
        ("inference.training.train", "train swir288 --data x.npz --out model"),
    ],
)
def test_ctrl_c_in_the_first_second_is_one_line(module: str, command: str, tmp_path: Path, line: Path) -> None:
    """While that module is looked for."""
    code = f"""
import os, signal, sys
class Interrupt:
    def find_spec(self, name, *_):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from oreline.__main__ import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", code, *command.split()], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (STOPPED, "oreline: stopped\n")


def test_a_metrics_port_that_is_in_use_is_said_before_a_line_comes(line: Path, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        line.write_text(
            f'[line]\noutput = "out"\nstate = "state"\n[sinks.log]\nmetrics_port = {port}\n', encoding="utf-8"
        )
        done = subprocess.run(
            [sys.executable, "-m", "sinks", "log", "line.toml"], cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == SystemRefused.exit_code
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith(
        f" alarm log refused: SystemRefused: metrics_port {port} cannot be opened: Address already in use; stop the "
        "program that has it, or set another one (0 takes one that is free)\n"
    )


def test_a_folder_whose_sockets_would_have_too_long_a_path_is_refused_by_its_bytes(said: Said, line: Path) -> None:
    line.write_text(f'[line]\nstate = "{"ä" * 50}"\n', encoding="utf-8")
    for command in ("config check", "run"):
        code, words = said(*command.split(), line)
        assert (code, "bytes, too many for a socket" in words) == (ConfigError.exit_code, True), words


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO, errno.ECONNRESET, 0])
def test_any_other_error_of_the_system_is_a_sentence_too(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number)) if number else OSError("AF_UNIX path too long")

    assert guarded(fail) == SystemRefused.exit_code
    assert capsys.readouterr().err.startswith("SystemRefused: the operating system refused: ")
