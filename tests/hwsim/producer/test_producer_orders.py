"""The producer's calls in every order that a host makes them in: what the GenTL standard allows works, also where no
other host does it; what it forbids is answered by the standard's code and leaves everything as it was."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hwsim.camera.sim_camera import PRODUCER, SimCamera
from tests.hwsim.host import recording
from tests.hwsim.producer.test_producer_c import SOURCES, compile_c, run_c, sanitizer_missing

HOST = Path(__file__).with_name("gentl_host.c")
NUMBERS = {}
for body in re.findall(r"enum \{([^}]+)\}", (SOURCES / "gentl.h").read_text()):
    following = 0
    for name, number in re.findall(r"(\w+)(?: = (-?\w+))?", body):
        NUMBERS[name] = int(number, 0) if number else following
        following = NUMBERS[name] + 1
CODES = {number: name.removeprefix("GC_ERR_") for name, number in NUMBERS.items() if name.startswith("GC_ERR_")}

SYSTEM = "GCInitLib TLOpen "
LISTED = SYSTEM + "TLUpdateInterfaceList TLOpenInterface IFUpdateDeviceList "
DEVICE = LISTED + "IFOpenDevice DevGetPort "
STREAM = DEVICE + "DevOpenDataStream GCRegisterEvent "
QUEUED = STREAM + "DSAllocAndAnnounceBuffer DSQueueBuffer "
GRABBING = QUEUED + "DSStartAcquisition AcquisitionStart "
END = "AcquisitionStop DSStopAcquisition DSFlushQueue(ACQ_QUEUE_ALL_DISCARD) "
DISCOVERY = (
    SYSTEM + "TLUpdateInterfaceList TLGetNumInterfaces=1 TLGetInterfaceID TLGetInterfaceInfo TLOpenInterface "
    "IFUpdateDeviceList IFGetNumDevices=2 IFGetDeviceID TLGetInfo IFGetDeviceInfo IFClose TLClose "
)

ALLOWED = {
    "a device is opened by the id that was listed before the interface was closed": LISTED
    + "IFClose TLOpenInterface IFOpenDevice DevGetPort GCReadPort",
    "and before the system was closed": LISTED + "IFClose TLClose TLOpen TLOpenInterface IFOpenDevice",
    "and before the library was closed": LISTED + "GCCloseLib GCInitLib TLOpen TLOpenInterface IFOpenDevice",
    "an interface and a device are opened by ids that were never listed": SYSTEM + "TLOpenInterface IFOpenDevice",
    "a device is asked about that was never listed": SYSTEM + "TLOpenInterface IFGetDeviceInfo=1",
    "a device whose info was asked is opened without a list": SYSTEM
    + "TLOpenInterface IFGetDeviceInfo IFOpenDevice IFGetDeviceInfo=5 DevGetInfo=5 DevClose IFGetDeviceInfo=1",
    "a new list keeps what is open": DEVICE + "IFUpdateDeviceList TLUpdateInterfaceList GCReadPort IFGetDeviceInfo=5",
    "a list changes only where it is updated": LISTED
    + "IFGetNumDevices=2 IFUpdateDeviceList=0 IFClose TLOpenInterface IFGetNumDevices=0 IFUpdateDeviceList=1",
    "the interfaces are news once for each opened system": SYSTEM
    + "TLUpdateInterfaceList=1 TLUpdateInterfaceList=0 TLClose TLOpen TLUpdateInterfaceList=1",
    "a device is closed and opened again": DEVICE + "DevClose IFOpenDevice DevGetPort GCReadPort",
    "a stream is closed and opened again": GRABBING
    + "NextFrame DSClose DevOpenDataStream GCRegisterEvent DSAnnounceBuffer DSQueueBuffer DSStartAcquisition NextFrame",
    "two devices are open": STREAM + "IFOpenDevice(B) DevGetPort GCReadPort DSGetInfo(STREAM_INFO_NUM_QUEUED)=0",
    "everything ends with the system": GRABBING + "NextFrame TLClose TLOpen TLOpenInterface IFOpenDevice",
    "everything ends with the library": GRABBING + "GCCloseLib GCInitLib TLOpen TLOpenInterface IFOpenDevice",
    "the stream is started before the event is registered": DEVICE
    + "DevOpenDataStream DSAllocAndAnnounceBuffer DSQueueBuffer DSStartAcquisition AcquisitionStart "
    + "GCRegisterEvent NextFrame",
    "the camera is started before the stream": QUEUED + "AcquisitionStart DSStartAcquisition NextFrame",
    "a buffer is queued after the start": STREAM
    + "DSAllocAndAnnounceBuffer DSStartAcquisition AcquisitionStart DSQueueBuffer NextFrame",
    "a buffer is announced after the start": GRABBING
    + "NextFrame DSAllocAndAnnounceBuffer DSQueueBuffer NextFrame DSQueueBuffer NextFrame",
    "a buffer is revoked after the start": GRABBING + "NextFrame DSRevokeBuffer DSGetInfo(STREAM_INFO_NUM_ANNOUNCED)=0",
    "the stream is stopped before the camera": GRABBING + "NextFrame DSStopAcquisition AcquisitionStop",
    "what was filled is fetched after the stop": QUEUED
    + "StartFor(1) AcquisitionStart NextFrame DSQueueBuffer DSStopAcquisition DSStartAcquisition NextFrame",
    "buffers stay queued from one start to the next": GRABBING
    + "NextFrame DSQueueBuffer AcquisitionStop DSStopAcquisition DSStartAcquisition AcquisitionStart NextFrame",
    "a frame is skipped, and its buffer is the host's again": GRABBING
    + "SkipFrame DSGetBufferInfo(BUFFER_INFO_IS_QUEUED)=0 DSQueueBuffer NextFrame",
    "an event that ends lets go of what was filled": QUEUED
    + "DSStartAcquisition DSFlushQueue(ACQ_QUEUE_INPUT_TO_OUTPUT) GCUnregisterEvent "
    + "DSGetBufferInfo(BUFFER_INFO_IS_QUEUED)=0 DSRevokeBuffer",
    "a flush without a frame has no new data": QUEUED
    + "DSFlushQueue(ACQ_QUEUE_INPUT_TO_OUTPUT) NextFrame DSGetBufferInfo(BUFFER_INFO_NEW_DATA)=0",
    "an event is registered again without the kills of before": STREAM
    + "EventKill GCUnregisterEvent GCRegisterEvent EventGetData(0)=TIMEOUT",
    "each kill ends one wait, also where a frame is there": QUEUED
    + "DSFlushQueue(ACQ_QUEUE_INPUT_TO_OUTPUT) EventKill EventKill EventGetData(0)=ABORT EventGetData(0)=ABORT "
    + "NextFrame",
    "buffers move up where one of them is revoked": STREAM
    + "DSAllocAndAnnounceBuffer(100) DSAllocAndAnnounceBuffer(200) DSAllocAndAnnounceBuffer(300) "
    + "DSGetBufferID(0) DSRevokeBuffer DSGetBufferID(0) DSGetBufferInfo(BUFFER_INFO_SIZE)=200 "
    + "DSGetBufferID(1) DSGetBufferInfo(BUFFER_INFO_SIZE)=300 DSRevokeBuffer DSGetBufferID(1)=INVALID_INDEX",
    "starts and lost frames count from the opening of the stream, deliveries from the start": GRABBING
    + "NextFrame "
    + END
    + "DSGetInfo(STREAM_INFO_NUM_STARTED)=1 DSStartAcquisition DSGetInfo(STREAM_INFO_NUM_STARTED)=1 "
    + "DSGetInfo(STREAM_INFO_NUM_DELIVERED)=0 DSClose DevOpenDataStream DSGetInfo(STREAM_INFO_NUM_STARTED)=0",
    "the parents are known": STREAM + "IFGetParentTL DevGetParentIF DSGetParentDev",
    "chunk mode makes the payload larger, by four chunks and five trailers": DEVICE
    + "DevOpenDataStream DSGetInfo(STREAM_INFO_PAYLOAD_SIZE)=240 ChunkModeActive "
    + "DSGetInfo(STREAM_INFO_PAYLOAD_SIZE)=312 DSGetInfo(STREAM_INFO_NUM_CHUNKS_MAX)=4",
    "aravis looks for devices, closes everything, opens the one and reads its chunks by their trailers": DISCOVERY
    + "TLOpen TLOpenInterface IFOpenDevice DevGetPort GCGetPortURLInfo GCReadPort DevGetInfo "
    + "DevGetDataStreamID DevOpenDataStream ChunkModeActive DSAllocAndAnnounceBuffer GCRegisterEvent DSQueueBuffer "
    + "DSStartAcquisition AcquisitionStart "
    + "NextFrame DSGetNumBufferParts=NO_DATA ChunkByTrailer(1)=0 ChunkByTrailer(4)=1000 DSQueueBuffer "
    + "NextFrame DSGetBufferChunkData ChunkByTrailer(1)=1 ChunkByTrailer(4)=1007 ChunkByTrailer(6)=NO_DATA "
    + "AcquisitionStop DSStopAcquisition EventKill EventGetData(0)=ABORT GCUnregisterEvent "
    + "DSFlushQueue(ACQ_QUEUE_ALL_DISCARD) DSRevokeBuffer DSClose DevClose IFClose TLClose GCCloseLib",
}

FORBIDDEN = {
    "nothing is done before the library is": "GCCloseLib=NOT_INITIALIZED TLOpen=NOT_INITIALIZED "
    "GCGetInfo=NOT_INITIALIZED GCGetLastError=NOT_INITIALIZED TLClose=NOT_INITIALIZED "
    "TLOpenInterface=NOT_INITIALIZED IFOpenDevice=NOT_INITIALIZED DevOpenDataStream=NOT_INITIALIZED "
    "DSQueueBuffer=NOT_INITIALIZED GCRegisterEvent=NOT_INITIALIZED EventGetData=NOT_INITIALIZED "
    "GCReadPort=NOT_INITIALIZED GCGetPortInfo=NOT_INITIALIZED EventKill=NOT_INITIALIZED",
    "nor after it": STREAM + "GCCloseLib GCCloseLib=NOT_INITIALIZED TLGetInfo=NOT_INITIALIZED "
    "EventGetData=NOT_INITIALIZED DevClose=NOT_INITIALIZED TLOpen=NOT_INITIALIZED",
    "the library is not begun twice": "GCInitLib GCInitLib=RESOURCE_IN_USE",
    "NULL is no handle": "GCInitLib TLClose=INVALID_HANDLE TLGetInfo=INVALID_HANDLE TLOpenInterface=INVALID_HANDLE "
    "IFClose=INVALID_HANDLE IFOpenDevice=INVALID_HANDLE DevClose=INVALID_HANDLE DevGetPort=INVALID_HANDLE "
    "DevOpenDataStream=INVALID_HANDLE DSClose=INVALID_HANDLE DSQueueBuffer=INVALID_HANDLE "
    "DSGetBufferChunkData=INVALID_HANDLE GCRegisterEvent=INVALID_HANDLE GCUnregisterEvent=INVALID_HANDLE "
    "EventGetData=INVALID_HANDLE EventKill=INVALID_HANDLE GCReadPort=INVALID_HANDLE GCGetNumPortURLs=INVALID_HANDLE "
    "GCGetPortInfo=INVALID_HANDLE IFGetParentTL=INVALID_HANDLE DSGetParentDev=INVALID_HANDLE",
    "what is open is not opened twice": STREAM + "TLOpen=RESOURCE_IN_USE TLOpenInterface=RESOURCE_IN_USE "
    "IFOpenDevice=RESOURCE_IN_USE DevOpenDataStream=RESOURCE_IN_USE GCRegisterEvent=RESOURCE_IN_USE GCReadPort",
    "a closed system's handle is dead, and its children's": STREAM + "TLClose TLGetInfo=INVALID_HANDLE "
    "IFGetInfo=INVALID_HANDLE DevGetInfo=INVALID_HANDLE DSGetInfo=INVALID_HANDLE EventGetInfo=INVALID_HANDLE",
    "a closed interface's handle is dead, and its children's": STREAM + "IFClose IFOpenDevice=INVALID_HANDLE "
    "GCReadPort=INVALID_HANDLE DSGetInfo=INVALID_HANDLE EventKill=INVALID_HANDLE TLGetInfo",
    "a closed device's handle is dead, and its children's": QUEUED + "DevClose DevClose=INVALID_HANDLE "
    "GCReadPort=INVALID_HANDLE DSStartAcquisition=INVALID_HANDLE DSRevokeBuffer=INVALID_HANDLE "
    "GCUnregisterEvent=INVALID_HANDLE EventGetData=INVALID_HANDLE IFGetInfo",
    "a closed stream's handle is dead, and its children's": GRABBING + "DSClose DSStopAcquisition=INVALID_HANDLE "
    "DSGetBufferInfo=INVALID_HANDLE EventFlush=INVALID_HANDLE AcquisitionStop",
    "a dead handle stays dead when the module opens again": LISTED + "IFClose TLOpenInterface IFOpenDevice DevClose "
    "IFOpenDevice(B) DevClose DevClose=INVALID_HANDLE",
    "there is no such interface, device or stream": DEVICE + "TLOpenInterface(other)=INVALID_ID "
    "IFOpenDevice(C)=INVALID_ID IFGetDeviceInfo(C)=INVALID_ID DevOpenDataStream(other)=INVALID_ID",
    "an id is no path": LISTED + "IFOpenDevice(../A)=INVALID_ID IFOpenDevice(.A)=INVALID_ID "
    f"IFOpenDevice({'A' * 300})=INVALID_ID IFOpenDevice(./A)=INVALID_ID",
    "a file that is no camera is none by its id": LISTED + "IFOpenDevice(broken)=INVALID_ID",
    "an index has an end": DEVICE + "TLGetInterfaceID(1)=INVALID_INDEX IFGetDeviceID(2)=INVALID_INDEX "
    "DevGetDataStreamID(1)=INVALID_INDEX DevOpenDataStream DSGetBufferID=INVALID_INDEX",
    "devices are listed before they have an index": SYSTEM + "TLOpenInterface IFGetNumDevices=0 "
    "IFGetDeviceID=INVALID_INDEX",
    "access is read and write": LISTED + "OpenReadOnly=NOT_IMPLEMENTED OpenAs(0)=INVALID_PARAMETER "
    "OpenAs(99)=INVALID_PARAMETER",
    "the camera's port is no device and no source of events": STREAM + "DevCloseByPort=INVALID_HANDLE "
    "RegisterOfPort=INVALID_HANDLE RegisterOfDevice=NOT_IMPLEMENTED GCReadPort",
    "a buffer has no port": QUEUED + "BufferPortInfo=NOT_IMPLEMENTED",
    "an event ends once": STREAM + "GCUnregisterEvent GCUnregisterEvent=NOT_INITIALIZED EventGetData=INVALID_HANDLE",
    "nothing starts without buffers, or twice": STREAM + "DSStartAcquisition=INVALID_BUFFER DSAllocAndAnnounceBuffer "
    "StartFor(0)=INVALID_PARAMETER DSStartAcquisition(7)=NOT_IMPLEMENTED DSStartAcquisition "
    "DSStartAcquisition=RESOURCE_IN_USE DSGetInfo(STREAM_INFO_IS_GRABBING)=1",
    "nothing stops that was not started": STREAM + "DSStopAcquisition=RESOURCE_IN_USE DSAllocAndAnnounceBuffer "
    "DSStartAcquisition DSStopAcquisition(7)=NOT_IMPLEMENTED DSStopAcquisition DSStopAcquisition=RESOURCE_IN_USE",
    "a queued buffer is the producer's": QUEUED + "DSQueueBuffer=RESOURCE_IN_USE DSRevokeBuffer=BUSY "
    "DSFlushQueue(9)=NOT_IMPLEMENTED DSFlushQueue(ACQ_QUEUE_INPUT_TO_OUTPUT) DSQueueBuffer=RESOURCE_IN_USE "
    "DSRevokeBuffer=BUSY NextFrame DSRevokeBuffer DSQueueBuffer=INVALID_HANDLE DSGetBufferInfo=INVALID_HANDLE",
    "memory is announced once": STREAM + "DSAnnounceBuffer DSAnnounceBuffer=RESOURCE_IN_USE DSRevokeBuffer "
    "DSAnnounceBuffer",
    "a buffer that was not filled has no chunks and no parts": QUEUED + "DSGetBufferChunkData=NO_DATA "
    "DSGetNumBufferParts=NO_DATA DSGetBufferInfo(BUFFER_INFO_FILENAME)=NOT_AVAILABLE",
    "an unknown info is not implemented": QUEUED + "GCGetInfo(999)=NOT_IMPLEMENTED TLGetInfo(999)=NOT_IMPLEMENTED "
    "TLGetInterfaceInfo(999)=NOT_IMPLEMENTED IFGetInfo(999)=NOT_IMPLEMENTED DSGetInfo(999)=NOT_IMPLEMENTED "
    "DSGetBufferInfo(999)=NOT_IMPLEMENTED EventGetInfo(999)=NOT_IMPLEMENTED GCGetPortInfo(999)=NOT_IMPLEMENTED "
    "GCGetPortURLInfo(999)=NOT_IMPLEMENTED",
}


@pytest.fixture(scope="module", params=["installed", "sanitized"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The host with the producer as it is installed, and with one that the sanitizers watch."""
    folder = tmp_path_factory.mktemp("gentl")
    parts: list[str | Path] = [PRODUCER, f"-Wl,-rpath,{PRODUCER.parent}"]
    if request.param == "sanitized":
        flag = "-fsanitize=address,undefined"
        if reason := sanitizer_missing(folder, flag):
            pytest.skip(f"the compiler has no sanitizers: {reason.splitlines()[0]}")
        parts = [flag, "-fno-sanitize-recover=all", *sorted(SOURCES.glob("*.c"))]
    built = compile_c(folder / "host", HOST, *parts)
    assert not built.returncode, built.stderr
    return folder / "host"


@pytest.fixture
def cameras(tmp_path: Path) -> Iterator[Path]:
    """A folder with the cameras A and B, and a file that is none."""
    scene = recording(tmp_path / "scene")
    (tmp_path / "broken.simcam").write_bytes(b"no camera")
    belt = {"counts_per_line": 7.0, "encoder_start": 1000}
    with ExitStack() as stack:
        for serial in "AB":
            stack.enter_context(
                SimCamera.create(tmp_path, serial, scene=scene, frame_rate=500, lossless=True, loop=True, **belt)
            )
        yield tmp_path


def answers(host: Path, cameras: Path, calls: Iterable[str]) -> list[tuple[str, int]]:
    """(code, answer) of each call."""
    numbered = [re.sub(r"\((\w+)\)", lambda match: f"({NUMBERS.get(match[1], match[1])})", call) for call in calls]
    done = run_c(host, *numbered, ORELINE_SIMCAM=str(cameras))
    assert done.returncode == 0, done.stderr
    return [(CODES[int(code)], int(answer)) for code, answer in map(str.split, done.stdout.splitlines())]


@pytest.mark.parametrize("order", [*ALLOWED.values(), *FORBIDDEN.values()], ids=[*ALLOWED, *FORBIDDEN])
def test_an_order_of_calls(host: Path, cameras: Path, order: str) -> None:
    calls, _, wanted = zip(*(step.partition("=") for step in order.split()), strict=True)
    for call, result, (code, answer) in zip(calls, wanted, answers(host, cameras, calls), strict=True):
        assert (call, code) == (call, "SUCCESS" if not result or result.isdigit() else result)
        assert (call, answer) == (call, int(result) if result.isdigit() else answer)


NULLS = """
import ctypes, sys
producer = ctypes.CDLL(sys.argv[1])
for name in sys.argv[2:]:
    print(getattr(producer, name)(*[None] * 7))
"""


def test_every_call_knows_whether_the_library_is_ready_and_that_null_is_nothing() -> None:
    declared = re.findall(r"^GC_API (\w+)\(", (SOURCES / "gentl.h").read_text(), re.MULTILINE)
    calls = [name for name in declared if name not in ("GCInitLib", "GCCloseLib")]
    command = [sys.executable, "-c", NULLS, PRODUCER, *calls, "GCCloseLib", "GCInitLib", *calls]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    codes = [CODES[int(code)] for code in done.stdout.split()]
    before, (closed, begun), after = codes[: len(calls)], codes[len(calls) :][:2], codes[len(calls) + 2 :]
    assert {*before, closed} == {"NOT_INITIALIZED"}
    assert begun == "SUCCESS"
    without_handle = ("GCGetInfo", "GCGetLastError", "TLOpen")
    wanted = {call: "INVALID_PARAMETER" if call in without_handle else "INVALID_HANDLE" for call in calls}
    assert dict(zip(calls, after, strict=True)) == wanted


def random_calls(dice: random.Random, n: int) -> Iterator[str]:
    """Any calls, and among them now and then those that open what is closed and start it."""
    names = re.findall(r"^    (?:CALL|NAMED)\((\w+)\)", HOST.read_text(), re.MULTILINE)
    names = [name for name in names if name not in ("NextFrame", "SkipFrame")]  # which wait
    for name in dice.choices(names, [1 if "Close" in name else 20 for name in names], k=n):
        yield f"{name}({dice.choice(['', 0, 1, 2, 3, 4])})"
        if not dice.randrange(10):
            yield from GRABBING.split()


@pytest.mark.parametrize("seed", range(20))
def test_no_order_of_calls_does_harm(host: Path, cameras: Path, seed: int) -> None:
    walk = list(random_calls(random.Random(seed), 1000))
    codes = Counter(code for code, _ in answers(host, cameras, walk))
    assert codes["SUCCESS"] > 500
    assert {code for code, _ in answers(host, cameras, [*GRABBING.split(), "NextFrame"])} == {"SUCCESS"}
