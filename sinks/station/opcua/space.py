"""Address space of a line: a vision system of OPC 40100-1, its alarms, and variables of Oreline's own."""

from __future__ import annotations

import gzip
from importlib import metadata
from importlib.resources import files
from typing import Any

from asyncua import Server, ua
from asyncua.common.instantiate_util import instantiate

from sinks.station.opcua.conditions import ALARM_TYPE, fields
from sinks.station.opcua.nodes import OURS, Nodes, type_id
from sinks.station.opcua.variables import VARIABLES, Unit

VISION = "http://opcfoundation.org/UA/MachineVision"
DI, MACHINERY = "http://opcfoundation.org/UA/DI/", "http://opcfoundation.org/UA/Machinery/"
IDENTIFICATION = "Identification"
_IDENTIFICATION_TYPE, _MACHINES = 1012, 1001
"""Numbers of nodes in the namespace of Machinery."""
MACHINE, MODE = "VisionStateMachine", "VisionStateMachine.AutomaticModeStateMachine"
RECIPES, RESULTS = "RecipeManagement", "ResultManagement"
_PARTS = ((MACHINE, MODE, 1021), ("", RECIPES, 1004), ("", RESULTS, 1007))
"""Parts of a vision system that it may have, and this one has: below what, path, and number of the type."""
_OPTIONAL = ((MACHINE, "SelectModeAutomatic", 7095), (MACHINE, "ConfirmAll", 7066))
_IDENTITIES = (
    ("RecipeIdExternalDataType", 5002, 3002),
    ("RecipeIdInternalDataType", 5268, 3013),
    ("ConfigurationIdDataType", 5090, 3008),
)
PRODUCT, MAKER = "urn:oreline", "Oreline"
VARIABLES_IN, REFUSAL = "Oreline", "LastRefusal"


async def build(server: Server, name: str) -> tuple[Nodes, int]:
    """Make all nodes of a line of a name. Returns them, and the index of the vision namespace."""
    await _import(server, "MachineVision")
    vision = await server.get_namespace_index(VISION)
    _identities(vision)
    nodes = Nodes(server, await server.register_namespace(OURS))
    await _system(server, nodes, vision, name)
    await _alarms(server, nodes)
    await _variables(nodes)
    await _identify(server, nodes, name)
    return nodes, vision


async def _import(server: Server, name: str) -> None:
    packed = files("sinks.station.opcua").joinpath(f"nodesets/Opc.Ua.{name}.NodeSet2.xml.gz").read_bytes()
    await server.import_xml(xmlstring=gzip.decompress(packed).decode())


def _identities(vision: int) -> None:
    """Types of identities, which have no fields beyond those of their base: asyncua passes them over."""
    for name, encoding, kind in _IDENTITIES:
        made = type(name, (ua.BinaryIdBaseDataType,), {"data_type": ua.NodeId(kind, vision)})
        ua.register_extension_object(name, ua.NodeId(encoding, vision), made, ua.NodeId(kind, vision))


async def _system(server: Server, nodes: Nodes, vision: int, name: str) -> None:
    called = ua.QualifiedName(name, nodes.ours)
    await _instance(server, server.nodes.objects, ua.NodeId(1003, vision), nodes.id(), called)
    for above, path, kind in _PARTS:
        called = ua.QualifiedName(path.rpartition(".")[2], vision)
        await _instance(server, nodes.node(above), ua.NodeId(kind, vision), nodes.id(path), called)
    for above, method, kind in _OPTIONAL:
        await _method(server, nodes, above, method, ua.NodeId(kind, vision))
    await server.nodes.server.add_reference(nodes.id(), type_id("HasNotifier"))
    await nodes.node("").set_event_notifier([ua.EventNotifier.SubscribeToEvents])
    await server.nodes.server.set_event_notifier([ua.EventNotifier.SubscribeToEvents])


async def _instance(server: Server, above: Any, kind: ua.NodeId, node: ua.NodeId, name: ua.QualifiedName) -> None:
    """An instance of a type with all that it must have."""
    text = ua.LocalizedText(name.Name)
    await instantiate(above, server.get_node(kind), node, name, text, instantiate_optional=False)


async def _method(server: Server, nodes: Nodes, above: str, name: str, kind: ua.NodeId) -> None:
    """A method that a type may have, with the arguments that it has there."""
    found: dict[str, list[Any]] = {"InputArguments": [], "OutputArguments": []}
    for one in await server.get_node(kind).get_children():
        found[(await one.read_browse_name()).Name] = await one.read_value()
    called = ua.QualifiedName(name, kind.NamespaceIndex)
    await nodes.node(above).add_method(nodes.id(f"{above}.{name}"), called, _nothing, *found.values())


def _nothing(*_arguments: object) -> ua.StatusCode:
    return ua.StatusCode(ua.StatusCodes.BadNotImplemented)


async def _alarms(server: Server, nodes: Nodes) -> None:
    """The type of alarms, with what a rule says of one, and the folder of those that have come."""
    above = server.get_node(type_id("OffNormalAlarmType"))
    kind = await above.add_object_type(ua.NodeId(ALARM_TYPE, nodes.ours), ua.QualifiedName(ALARM_TYPE, nodes.ours))
    for field in fields(nodes.ours):
        if field.namespace == nodes.ours:
            called = ua.QualifiedName(field.path, nodes.ours)
            blank = ua.Variant(ua.get_default_value(field.kind), field.kind)
            one = await kind.add_property(ua.NodeId(f"{ALARM_TYPE}.{field.path}", nodes.ours), called, blank)
            await one.set_modelling_rule(True)
    await nodes.object("", "Alarms", "Alarms")


async def _variables(nodes: Nodes) -> None:
    made: set[str] = set()
    await nodes.object("", VARIABLES_IN, VARIABLES_IN)
    words = "Why the last call by OPC UA was refused"
    await nodes.variable(VARIABLES_IN, REFUSAL, ua.Variant("", ua.VariantType.String), words=words)
    for variable in VARIABLES:
        folder, _, name = variable.path.rpartition("/")
        if folder and folder not in made:
            await nodes.object(VARIABLES_IN, f"{VARIABLES_IN}.{folder}", folder)
            made.add(folder)
        place = f"{VARIABLES_IN}.{folder}" if folder else VARIABLES_IN
        kind = ua.VariantType[variable.kind]
        blank = ua.Variant([] if variable.array else ua.get_default_value(kind), kind, is_array=variable.array)
        node = await nodes.variable(place, name, blank, words=variable.words)
        if variable.array:
            await node.write_value_rank(ua.ValueRank.OneDimension)
        if variable.unit is not None:
            unit = ua.Variant(_unit(variable.unit), ua.VariantType.ExtensionObject)
            await nodes.variable(f"{place}.{name}", "EngineeringUnits", unit, 0)


def _unit(unit: Unit) -> ua.EUInformation:
    words = ua.LocalizedText(unit.symbol), ua.LocalizedText(unit.name)
    return ua.EUInformation("http://www.opcfoundation.org/UA/units/un/cefact", unit.number, *words)


async def _identify(server: Server, nodes: Nodes, name: str) -> None:
    """Say which machine this is, where clients of any machine look: OPC 40001-1. Its types come last, so that the
    namespaces of the others keep their numbers."""
    for one in ("Di", "Machinery"):
        await _import(server, one)
    di, machinery = [await server.get_namespace_index(uri) for uri in (DI, MACHINERY)]
    kind = ua.NodeId(_IDENTIFICATION_TYPE, machinery)
    await nodes.object("", IDENTIFICATION, IDENTIFICATION, kind, di, reference="HasAddIn")
    release = metadata.version("oreline")
    told = {"ProductInstanceUri": f"{PRODUCT}:{name}", "SerialNumber": name, "SoftwareRevision": release}
    for key, text in told.items():
        await nodes.variable(IDENTIFICATION, key, ua.Variant(text, ua.VariantType.String), di)
    for key, text in (("Manufacturer", MAKER), ("Model", MAKER)):
        words = ua.Variant(ua.LocalizedText(text, "en"), ua.VariantType.LocalizedText)
        await nodes.variable(IDENTIFICATION, key, words, di)
    machines = server.get_node(ua.NodeId(_MACHINES, machinery))
    await machines.add_reference(nodes.id(), type_id("Organizes"))
