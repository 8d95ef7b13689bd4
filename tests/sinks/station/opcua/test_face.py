"""The face to a client of the same library, and to what is no client."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Coroutine
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from asyncua import Client, ua
from asyncua.client.ua_client import UaClient
from asyncua.common.utils import ServiceError
from pydantic import ValidationError

from oreline.config import Config
from oreline.errors import ConfigError, SystemRefused
from sinks.station.hub import Hub
from sinks.station.opcua.face import OpcUa
from sinks.station.opcua.settings import OpcUaSettings
from sinks.station.opcua.space import MACHINERY
from sinks.station.opcua.variables import VARIABLES
from sinks.station.status import Phase

LINE = "ns=3;s=Line"
CAUSE = (ua.Variant(0, ua.VariantType.Int32), "shift ends")


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 60))


async def read(client: Client, path: str) -> Any:
    return await client.get_node(f"{LINE}.{path}").read_value()


async def refused(work: Any) -> str:
    """The name of the status with which something is refused."""
    with pytest.raises((ServiceError, ua.UaStatusCodeError)) as error:
        await work
    return ua.StatusCode(error.value.code).name


def test_every_variable_says_what_the_line_does(plant: Any) -> None:
    plant.set(phase=Phase.RUNNING, lines_per_s=670.0, shares={"quartz": 0.75, "calcite": 0.25})

    async def look() -> list[Any]:
        async with Client(plant.url) as client:
            nodes = [client.get_node(f"{LINE}.Oreline.{one.path.replace('/', '.')}") for one in VARIABLES]
            values = await client.read_attributes(nodes, ua.AttributeIds.Value)
            return [dict(zip([one.path for one in VARIABLES], values, strict=True))]

    (found,) = run(look())
    assert found["Phase"].Value.Value == "running"
    assert found["Rates/Lines"].Value.Value == 670.0
    assert found["Shares/Names"].Value.Value == ["quartz", "calcite"]
    assert found["Shares/Values"].Value.Value == [0.75, 0.25]
    assert found["Camera/Temperature"].StatusCode.name == "BadNoDataAvailable"
    for one in VARIABLES:
        value = found[one.path]
        assert value.StatusCode.is_good() is False or value.Value.VariantType.name == one.kind


def test_a_client_of_any_machine_finds_which_one_it_is(plant: Any) -> None:
    async def look() -> tuple[list[str], dict[str, Any]]:
        async with Client(plant.url) as client:
            machinery = await client.get_namespace_index(MACHINERY)
            (machine,) = await client.get_node(ua.NodeId(1001, machinery)).get_children()
            (found,) = await machine.get_references(ua.ObjectIds.HasAddIn)
            parts = await client.get_node(found.NodeId).get_properties()
            values = {(await one.read_browse_name()).Name: await one.read_value() for one in parts}
            return [machine.nodeid.to_string(), str(found.TypeDefinition.Identifier), found.BrowseName.Name], values

    found, values = run(look())
    assert found == [LINE, "1012", "Identification"]
    assert (values["ProductInstanceUri"], values["SerialNumber"]) == ("urn:oreline:pit", "pit")
    assert (values["Manufacturer"].Text, values["SoftwareRevision"]) == ("Oreline", metadata.version("oreline"))


def test_who_has_no_name_may_look_and_do_nothing(plant: Any) -> None:
    plant.set(phase=Phase.RUNNING)
    plant.hear("camera_lost")

    async def attempt() -> list[str]:
        async with Client(plant.url) as client:
            machine = client.get_node(f"{LINE}.VisionStateMachine")
            mode = client.get_node(f"{LINE}.VisionStateMachine.AutomaticModeStateMachine")
            alarm = client.get_node(f"{LINE}.Alarms.camera_lost")
            event = await alarm.get_child("0:EventId")
            name = client.get_node(f"{LINE}.Oreline.Phase")
            return [
                await refused(machine.call_method("2:Halt", *CAUSE)),
                await refused(mode.call_method("2:Stop", *CAUSE)),
                await refused(alarm.call_method("0:Acknowledge", await event.read_value(), ua.LocalizedText("x"))),
                await refused(name.write_value("held")),
                await refused(name.add_object(3, "mine")),
            ]

    assert run(attempt()) == ["BadUserAccessDenied"] * 3 + ["BadServiceUnsupported"] * 2
    assert [(act.verb, act.actor.name) for act in plant.audited()] == [
        (verb, "anonymous") for verb in ("stop", "hold", "acknowledge")
    ]


@pytest.mark.parametrize("name", ["admin", "Admin", "olga"])
def test_a_name_on_a_channel_without_encryption_is_not_let_in(plant: Any, name: str) -> None:
    client = Client(plant.url)
    client.set_user(name)
    client.set_password("correct horse")
    with pytest.raises((ServiceError, ua.UaStatusCodeError, ConnectionError, TimeoutError)):
        run(client.connect())


def test_nodes_are_the_same_after_the_face_was_opened_again(plant: Any) -> None:
    plant.hear("camera_lost")

    async def nodes() -> list[Any]:
        found = []
        async with Client(plant.url) as client:
            todo = [client.get_node(LINE)]
            while todo:
                node = todo.pop()
                found.append((node.nodeid.to_string(), (await node.read_browse_name()).to_string()))
                todo += await node.get_children()
            alarm = await read(client, "Alarms.camera_lost.EventId")
        return [sorted(found), alarm]

    before = run(nodes())
    plant.restart()
    assert run(nodes()) == before
    assert len(before[0]) > 150


def test_a_client_of_1000_subscriptions_has_eight_and_disturbs_nobody(plant: Any) -> None:
    async def attempt() -> tuple[int, str, Any]:
        async with Client(plant.url) as greedy, Client(plant.url) as other:
            made, why = 0, ""
            for _ in range(1000):
                try:
                    await greedy.create_subscription(0.001, None)
                except (ServiceError, ua.UaStatusCodeError) as error:
                    why = ua.StatusCode(error.code).name
                    break
                made += 1
            return made, why, await read(other, "Oreline.Phase")

    assert run(attempt()) == (8, "BadTooManySubscriptions", "starting")


def test_a_request_for_too_much_is_refused(plant: Any) -> None:
    async def attempt() -> str:
        async with Client(plant.url) as client:
            many = [client.get_node(LINE)] * 1001
            return await refused(client.read_attributes(many, ua.AttributeIds.BrowseName))

    assert run(attempt()) == "BadTooManyOperations"


@pytest.mark.parametrize(
    "noise",
    [
        b"GET / HTTP/1.1\r\nHost: pit\r\n\r\n",
        b"\x00" * 100,
        b"HELF" + (2**31).to_bytes(4, "little") + b"x" * 300_000,
        b"HELF\x08\x00\x00\x00",
        b"OPNF\x40\x00\x00\x00" + b"\xff" * 56,
        b"MSGF\x40\x00\x00\x00" + b"\x01" * 56,
    ],
)
def test_what_is_no_client_is_closed_and_forgotten(plant: Any, noise: bytes) -> None:
    with socket.create_connection(("127.0.0.1", plant.face.port), 20) as line:
        line.settimeout(20)
        try:
            line.sendall(noise)
            while line.recv(4096):
                pass
        except ConnectionResetError:
            pass

    async def look() -> Any:
        async with Client(plant.url) as client:
            return await read(client, "Oreline.Phase")

    assert run(look()) == "starting"


def test_nobody_may_ask_more_than_for_endpoints_where_anonymous_is_off(tmp_path: Path, plant: Any) -> None:
    """A channel without security that its endpoints do not offer."""
    secure = type(plant)(tmp_path)
    with secure:

        async def attempt() -> tuple[list[str], str]:
            client = Client(secure.url)
            ends = await client.connect_and_get_server_endpoints()
            raw = UaClient(20)
            await raw.connect_socket("127.0.0.1", secure.face.port)
            await raw.send_hello(secure.url)
            await raw.open_secure_channel(_opening())
            why = await refused(raw.create_session(ua.CreateSessionParameters()))
            raw.disconnect_socket()
            return [one.SecurityMode.name for one in ends], why

        assert run(attempt()) == (["SignAndEncrypt"], "BadSecurityModeInsufficient")


def _opening() -> ua.OpenSecureChannelParameters:
    opening = ua.OpenSecureChannelParameters()
    opening.RequestType, opening.RequestedLifetime = ua.SecurityTokenRequestType.Issue, 60_000
    opening.SecurityMode = ua.MessageSecurityMode.None_
    return opening


def test_anonymous_beyond_loopback_is_refused() -> None:
    with pytest.raises(ValidationError, match="anybody could look"):
        OpcUaSettings(bind="0.0.0.0", anonymous=True)


def test_a_face_that_nobody_could_use_is_refused(tmp_path: Path) -> None:
    hub = Hub(Config({"line": {"output": str(tmp_path)}, "sinks": {}}))
    with pytest.raises(ConfigError, match="nobody could log in"):
        OpcUa.open(OpcUaSettings(), hub)


def test_an_address_that_is_taken_is_refused_with_what_to_do(tmp_path: Path) -> None:
    hub = Hub(Config({"line": {"output": str(tmp_path)}, "sinks": {}}))
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SystemRefused, match="choose another"):
        OpcUa.open(OpcUaSettings(port=taken.getsockname()[1], anonymous=True), hub)
