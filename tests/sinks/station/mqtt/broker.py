"""A broker of the plant: Debian's mosquitto, and somebody who listens there."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiomqtt
import pytest

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
needs_broker = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed: sh tests/install_packages.sh")
OPEN = "allow_anonymous true\n"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Broker:
    """Broker at a port of this host, whose settings may be changed while it is down."""

    def __init__(self, folder: Path, settings: str = OPEN) -> None:
        self.folder, self.port, self.settings = folder, free_port(), settings
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert MOSQUITTO is not None
        path = self.folder / "broker.conf"
        path.write_text(
            f"listener {self.port} 127.0.0.1\npersistence false\nuser root\n{self.settings}", encoding="utf-8"
        )
        with (self.folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", str(path)], stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "broker.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def broker_at(folder: Path, settings: str = OPEN) -> Iterator[Broker]:
    broker = Broker(folder, settings)
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


class Listener:
    """Listener to all topics: `last` by topic, None where it was cleared, and `heard`, all in order. `times`: how often
    it has subscribed."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._port, self._tls = port, tls
        self.last: dict[str, Any] = {}
        self.heard: list[tuple[str, Any]] = []
        self._task: asyncio.Task[None] | None = None
        self._subscribed = asyncio.Event()
        self.times = 0

    async def __aenter__(self) -> Listener:
        self._task = asyncio.create_task(self._listen())
        await asyncio.wait_for(self._subscribed.wait(), 20)
        return self

    async def __aexit__(self, *_what: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except aiomqtt.MqttError:
                await asyncio.sleep(0.1)

    async def _hear(self) -> None:
        async with aiomqtt.Client(
            "127.0.0.1", self._port, protocol=aiomqtt.ProtocolVersion.V5, tls_context=self._tls
        ) as client:
            await client.subscribe("#", qos=1)
            self._subscribed.set()
            self.times += 1
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                body = json.loads(message.payload) if message.payload else None
                self.last[str(message.topic)] = body
                self.heard.append((str(message.topic), body))

    def bodies(self, topic: str) -> list[Any]:
        return [body for heard, body in self.heard if heard == topic]

    async def until(self, what: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not what():
            assert time.monotonic() < deadline, self.last
            await asyncio.sleep(0.02)


def certificates(folder: Path, *names: str) -> None:
    """An authority, and certificates of it: NAME.pem and NAME.key each."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    _run(*make, "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem", "-subj", "/CN=ca")
    for name in names:
        alternative = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
        signed = ["-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca.key"]
        _run(
            *make,
            *signed,
            *alternative,
            "-keyout",
            f"{folder}/{name}.key",
            "-out",
            f"{folder}/{name}.pem",
            "-subj",
            f"/CN={name}",
        )
        (folder / f"{name}.key").chmod(0o600)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
