"""A line that sorts, and an engineer who holds it, has it go on and ends it by OPC UA."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.system.line import Line

pytest.importorskip("asyncua")
from asyncua import Client, ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from cryptography.x509.oid import ExtendedKeyUsageOID

URI, WORD = "urn:plant:mes", "correct horse battery"
MACHINE = "ns=3;s=Line.VisionStateMachine"
MODE = f"{MACHINE}.AutomaticModeStateMachine"
NOTHING = [ua.Variant()] * 5
CAUSE = (ua.Variant(0, ua.VariantType.Int32), "shift ends")


def served(line: Line, folder: Path) -> str:
    """The line with a server, an engineer's account, and a client's certificate that it trusts. Returns its address."""
    accounts, port, trusted = folder / "accounts.json", free_port(), line.output / "opcua" / "trusted"
    command = [sys.executable, "-m", "oreline", "accounts", "add", accounts, "mes", "--role", "engineer"]
    subprocess.run(command, input=f"{WORD}\n", text=True, check=True, capture_output=True)
    line.tables["simulator"]["loop"] = True
    line.tables["acquisition"]["steps"][-1]["lines"] = 100_000
    line.tables["sinks"]["station"] = {"accounts": str(accounts), "web": {"port": 0}, "opcua": {"port": port}}
    for place in (line.output, line.output / "opcua", trusted):
        place.mkdir(mode=0o700, exist_ok=True)
    use = [ExtendedKeyUsageOID.CLIENT_AUTH]
    made = setup_self_signed_certificate(folder / "key.pem", trusted / "mes.der", URI, "mes", use, {})
    asyncio.run(made)
    return f"opc.tcp://127.0.0.1:{port}"


async def goes_on(run: subprocess.Popen[str]) -> None:
    """Returns when the line has ended."""
    while run.poll() is None:
        await asyncio.sleep(0.1)


async def connected(url: str, folder: Path, certificate: Path) -> Client:
    """The client, as soon as there is a server."""
    while True:
        client = Client(url)
        client.application_uri = URI
        client.set_user("mes")
        client.set_password(WORD)
        try:
            await client.set_security(SecurityPolicyBasic256Sha256, certificate, folder / "key.pem")
            await client.connect()
        except (OSError, TimeoutError):
            await asyncio.sleep(0.2)
        else:
            return client


async def until(look: Callable[[], Awaitable[Any]], wanted: str) -> None:
    while (await look()) != wanted:
        await asyncio.sleep(0.05)


async def walk(url: str, folder: Path, certificate: Path) -> str:
    """Hold, go on, end. Returns the run that it said."""
    client = await connected(url, folder, certificate)
    machine, mode = client.get_node(MACHINE), client.get_node(MODE)

    async def state() -> str:
        value = await client.get_node(f"{MODE}.CurrentState").read_data_value(raise_on_bad_status=False)
        return "" if value.Value.Value is None else str(value.Value.Value.Text)

    try:
        await until(state, "ContinuousExecution")
        await mode.call_method("2:Stop", *CAUSE)
        await until(state, "Ready")
        job, _ = await mode.call_method("2:StartContinuous", *NOTHING)
        await until(state, "ContinuousExecution")
        await machine.call_method("2:Halt", *CAUSE)
        return str(job.Body[4:].decode())  # Its only field, a string behind its length.
    finally:
        with suppress(OSError, TimeoutError, ua.UaError):  # The server has gone, or goes.
            await client.disconnect()


async def walked(run: subprocess.Popen[str], *arguments: Any) -> str:
    """The run that the walk said; fails where the line has ended before."""
    walking, ending = asyncio.ensure_future(walk(*arguments)), asyncio.ensure_future(goes_on(run))
    done, _ = await asyncio.wait([walking, ending], timeout=120, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    assert walking in done, "the line ended before"
    return walking.result()


@pytest.mark.long
def test_an_engineer_holds_a_line_has_it_go_on_and_ends_it(line: Line, tmp_path: Path) -> None:
    url = served(line, tmp_path)
    run = line.start()
    with run:
        try:
            certificate = line.output / "opcua" / "trusted" / "mes.der"
            job = asyncio.run(walked(run, url, tmp_path, certificate))
            output = run.communicate(timeout=60)[0]
        finally:
            run.kill()
    assert run.returncode == 0, output
    assert [identity.hex() for identity, _, _ in line.runs()] == [job]
    assert line.report()["unaccounted"] == 0
    audit = (line.output / "audit.jsonl").read_text()
    assert [verb in audit for verb in ('"hold"', '"resume"', '"stop"')] == [True] * 3
