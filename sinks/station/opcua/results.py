"""Results of a line after OPC 40100-1: each is a minute of it, whose content is the summary that MQTT tells, as JSON.

Identities and filters are compared by their `Id`; one that is empty, or null, asks for any.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from asyncua import ua

from sinks.station.commands import Refused
from sinks.station.status import Status

V = ua.VariantType
COMPLETED = 1
"""Of ResultStateDataType."""
KEPT = 1440
"""Minutes: a day."""
MOST = 100
"""Results in one answer."""
FILTERS = (
    "MeasId", "PartId", "ExternalRecipeId", "InternalRecipeId", "ExternalConfigurationId", "InternalConfigurationId",
    "ProductId", "JobId",
)  # fmt: skip
"""By what a list is asked for, in the order of the method's arguments, after the state."""
KINDS = {
    "HasTransferableDataOnFile": V.Boolean, "IsPartial": V.Boolean, "IsSimulated": V.Boolean, "ResultState": V.Int32,
    "MeasId": V.ExtensionObject, "PartId": V.ExtensionObject, "ExternalRecipeId": V.ExtensionObject,
    "InternalRecipeId": V.ExtensionObject, "ProductId": V.ExtensionObject, "ExternalConfigurationId": V.ExtensionObject,
    "InternalConfigurationId": V.ExtensionObject, "JobId": V.ExtensionObject, "CreationTime": V.DateTime,
    "ProcessingTimes": V.ExtensionObject, "ResultContent": V.Variant,
}  # fmt: skip
"""Components of a result, in the order of the method's answer."""


class Results:
    """Results of the last day, as far as this server has seen it."""

    def __init__(self) -> None:
        self._by_id: OrderedDict[str, Any] = OrderedDict()

    def take(self, minute: Mapping[str, Any], status: Status) -> Any:
        """A minute is over. Returns its result."""
        part = f" part {minute['part']}" if minute["part"] > 1 else ""
        result = ua.ResultDataType(
            ResultId=ua.ResultIdDataType(Id=f"{minute['start']}{part}"),
            IsPartial=False,
            ResultState=COMPLETED,
            InternalRecipeId=_recipe(status),
            InternalConfigurationId=ua.ConfigurationIdDataType(Id=status.model),
            JobId=ua.JobIdDataType(Id=status.run),
            CreationTime=datetime.now(UTC),
            ResultContent=[ua.Variant(json.dumps(minute), V.String)],
        )
        self._by_id[result.ResultId.Id] = result
        if len(self._by_id) > KEPT:
            self._by_id.popitem(last=False)
        return result

    def find(self, identity: Any) -> Any:
        """The one of an identity. Raises Refused."""
        found = self._by_id.get(_id(identity))
        if found is None:
            raise Refused(
                "argument", f"there is no result {_id(identity)!r}: the last {len(self._by_id)} minutes are kept"
            )
        return found

    def like(self, state: Any, *wanted: Any) -> list[Any]:
        """Those that are as wanted, the oldest first: of a state, 0 or null for any, and of `FILTERS`."""
        asked = {name: _id(one) for name, one in zip(FILTERS, wanted, strict=True) if _id(one)}
        return [
            one
            for one in self._by_id.values()
            if state in (None, 0, one.ResultState)
            and all(_id(getattr(one, name)) == identity for name, identity in asked.items())
        ]


def components(result: Any) -> dict[str, ua.Variant]:
    """Components of a result, by name."""
    return {
        name: ua.Variant(value, kind, is_array=name == "ResultContent") if value is not None else ua.Variant()
        for name, kind in KINDS.items()
        for value in (getattr(result, name),)
    }


def page(found: Sequence[Any], most: Any, first: Any) -> tuple[Sequence[Any], bool]:
    """Of what was found, what one answer tells, and whether it tells all behind the first. `most`: 0 for all there is
    room for. Raises Refused."""
    if not all(isinstance(one, int) and one >= 0 for one in (most, first)):
        raise Refused("argument", "MaxResults and StartIndex are whole numbers from 0 on")
    told = found[first : first + min(most or MOST, MOST)]
    return told, first + len(told) >= len(found)


def _recipe(status: Status) -> Any:
    recipe = status.recipe
    return ua.RecipeIdInternalDataType(Id=recipe.name, Version=str(recipe.version))


def _id(identity: Any) -> str:
    return str(getattr(identity, "Id", None) or "")
