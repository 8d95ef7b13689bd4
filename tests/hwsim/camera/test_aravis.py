"""The simulated camera in the hands of aravis (https://github.com/AravisProject/aravis), a GenTL host from 0.9 on that
shares no code with harvesters. What it does is also a row of test_producer_orders.py, for where there is no aravis."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hwsim.camera.sim_camera import PRODUCER
from tests.hwsim.host import Plug, recording

pytestmark = pytest.mark.long
SPACE = "{http://www.genicam.org/GenApi/Version_1_1}"


def aravis(tool: str, cameras: Path, *arguments: str) -> str:
    """What a tool of aravis prints."""
    path = shutil.which(f"{tool}-0.10")
    if path is None:
        pytest.skip(f"no {tool}-0.10: aravis below 0.9, such as Debian 12's and 13's, is no GenTL host")
    environment = {"ORELINE_SIMCAM": str(cameras), "GENICAM_GENTL64_PATH": str(PRODUCER)}
    environment["ARV_DEBUG"] = "device:1,stream:1,chunk:1"
    done = subprocess.run(
        [path, *arguments], capture_output=True, text=True, env=os.environ | environment, timeout=60, check=True
    )
    assert "🆆" not in done.stdout + done.stderr, done.stderr
    return done.stdout


def features() -> list[str]:
    """Those that the categories of the node map hold, chunks aside."""
    root = ElementTree.parse(PRODUCER.parent / "producer" / "camera.xml").getroot()
    categories = {node.get("Name"): node for node in root.iter(f"{SPACE}Category")}
    names = [entry.text for node in categories.values() for entry in node.iter(f"{SPACE}pFeature") if entry.text]
    chunks = {node.get("Name") for node in root if (node.findtext(f"{SPACE}pPort") or "").startswith("Chunk")}
    return [name for name in names if name not in categories and name not in chunks]


def test_arv_tool_reads_every_feature(tmp_path: Path, plug: Plug) -> None:
    plug("ARAVIS1", scene=recording(tmp_path / "scene"), frame_rate=321.0, user_id="belt", temperature=17.5)
    said = aravis("arv-tool", tmp_path, "-n", "ARAVIS1", "values")
    values = dict(re.findall(r"\[R[OW]\] '(\w+)'(?: = (.*))?$", said, re.MULTILINE))
    assert list(values) == features()
    wanted = {"DeviceSerialNumber": "'ARAVIS1'", "DeviceUserID": "'belt'", "DeviceTemperature": "17.5 C"}
    wanted |= {"Width": "20", "Height": "6", "PayloadSize": "240 B", "PixelFormat": "'Mono12'", "Shutter": "'Open'"}
    wanted |= {"AcquisitionFrameRate": "321 Hz", "ChunkModeActive": "false"}
    assert {name: values[name] for name in wanted} == wanted


def test_aravis_takes_200_frames_with_their_chunks(tmp_path: Path, plug: Plug) -> None:
    scene = recording(tmp_path / "scene", lines=200)
    camera = plug("ARAVIS1", scene=scene, frame_rate=500, patient=True, counts_per_line=3.0, encoder_start=-50)
    chunks = ("ChunkFrameID", "ChunkTimestamp", "ChunkEncoderValue")
    names = ",".join(chunk.removeprefix("Chunk") for chunk in chunks)
    said = aravis("arv-camera-test", tmp_path, "-n", "ARAVIS1", f"--chunks={names}", "--duration=3")
    assert "n_completed_buffers    = 200" in said
    lines = re.findall(r"^(Chunk\w+) = (-?\d+)$", said, re.MULTILINE)[: 200 * len(chunks)]
    assert [name for name, _ in lines] == list(chunks) * 200
    ids, times, encoder = ([int(value) for name, value in lines if name == chunk] for chunk in chunks)
    assert ids == list(range(200))
    assert encoder == [3 * i - 50 for i in ids]
    assert [t - times[0] for t in times] == [2_000_000 * i for i in ids]
    counters = camera.counters()
    assert (counters["delivered"], counters["underruns"]) == (200, 0)
