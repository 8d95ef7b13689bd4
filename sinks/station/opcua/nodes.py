"""Nodes of a line under Oreline's namespace, by paths, which are their NodeIds: so these are the same for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from asyncua import Server, ua

V = ua.VariantType
LINE = "Line"
OURS = "urn:oreline:station"
_PROPERTIES = frozenset((
    "EventId", "EventType", "SourceNode", "SourceName", "Time", "ReceiveTime", "Message", "Severity", "Id",
    "ConditionClassId", "ConditionClassName", "ConditionName", "BranchId", "Retain", "SourceTimestamp", "ClientUserId",
    "InputNode", "SuppressedOrShelved", "NormalState", "UnshelveTime", "EngineeringUnits", "Manufacturer", "Model",
    "ProductInstanceUri", "SerialNumber", "SoftwareRevision",
))  # fmt: skip
"""Names of what is a property, of the standard's own types; all others are components."""


def type_id(name: str) -> ua.NodeId:
    """NodeId of a node of the standard, by its name."""
    return ua.NodeId(getattr(ua.ObjectIds, name))


class Nodes:
    """Nodes of a server, below that of the line. `ours`: index of Oreline's namespace."""

    def __init__(self, server: Server, ours: int) -> None:
        self._server, self.ours = server, ours

    def id(self, path: str = "") -> ua.NodeId:
        """NodeId of a path below the line; of "" that of the line itself."""
        return ua.NodeId(f"{LINE}.{path.replace('/', '.')}" if path else LINE, self.ours)

    def node(self, path: str) -> Any:
        return self._server.get_node(self.id(path))

    async def object(
        self, above: str, path: str, name: str, kind: str | ua.NodeId = "FolderType", namespace: int = -1,
        reference: str = "HasComponent",
    ) -> None:  # fmt: skip
        """A new object below another, of a type, but without what the type has."""
        item = ua.AddNodesItem()
        item.ParentNodeId, item.RequestedNewNodeId = self.id(above), self.id(path)
        item.ReferenceTypeId, item.NodeClass = type_id(reference), ua.NodeClass.Object
        item.BrowseName = ua.QualifiedName(name, self.ours if namespace < 0 else namespace)
        item.TypeDefinition = type_id(kind) if isinstance(kind, str) else kind
        item.NodeAttributes = ua.ObjectAttributes(DisplayName=ua.LocalizedText(name))
        for result in await self._server.iserver.isession.add_nodes([item]):
            result.StatusCode.check()

    async def variable(self, above: str, name: str, value: ua.Variant, namespace: int = -1, words: str = "") -> Any:
        """A new variable below another node."""
        called = ua.QualifiedName(name, self.ours if namespace < 0 else namespace)
        add = self.node(above).add_property if name in _PROPERTIES else self.node(above).add_variable
        path = f"{above}/{name}" if above else name
        node = await add(self.id(path), called, value, value.VariantType)
        if words:
            text = ua.DataValue(ua.Variant(ua.LocalizedText(words, "en"), V.LocalizedText))
            await node.write_attribute(ua.AttributeIds.Description, text)
        return node

    async def link(self, above: str, node: ua.NodeId) -> None:
        """Have a node of the standard below one of these."""
        reference = ua.AddReferencesItem(
            self.id(above), ua.NodeId(ua.ObjectIds.HasComponent), True, TargetNodeId=node,
            TargetNodeClass=ua.NodeClass.Method,
        )  # fmt: skip
        for result in await self._server.iserver.isession.add_references([reference]):
            result.check()

    async def write(self, path: str, value: ua.Variant | ua.DataValue) -> None:
        """Write a variable, where it is another value."""
        await write(self._server, self.id(path), value)


def valued(value: Any, kind: ua.VariantType, *, array: bool = False) -> ua.DataValue:
    """Value for clients; one that nobody knows is bad."""
    if value is None:
        return ua.DataValue(StatusCode=ua.StatusCode(ua.StatusCodes.BadNoDataAvailable))
    return ua.DataValue(ua.Variant(value, kind, is_array=array))


async def write(server: Server, node: ua.NodeId, value: ua.Variant | ua.DataValue) -> None:
    """Write a variable, where it is another value."""
    fresh = value if isinstance(value, ua.DataValue) else ua.DataValue(value)
    before = server.read_attribute_value(node)
    if before.Value != fresh.Value or before.StatusCode != fresh.StatusCode:
        await server.write_attribute_value(node, replace(fresh, SourceTimestamp=datetime.now(UTC)))
