"""Features of a camera, through its node map: written and read back, or read. `nodes` is genicam's map of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from genicam.genapi import AccessException
from genicam.genapi import GenericException as FeatureException
from genicam.gentl import GenericException as TransportException

from acquisition.dialects import LATE, Reading
from acquisition.retry import Wait
from oreline.errors import FeatureError, nearest

REFUSALS = (FeatureException, TransportException)
"""Errors of a node that cannot be read or written."""
READ_BACK_S, REREAD_S = 1.0, 0.005
"""A feature may take so long to read back as it was written, and is looked at so often meanwhile."""


def configure(nodes: Any, features: Sequence[tuple[str, Any]], settle_s: float, wait: Wait) -> None:
    """Write features in order and read each back, those that may change later again after `settle_s`; where `wait`
    says that nobody waits for it, none. Raises FeatureError that tells all failures."""
    failures = [failure for name, value in features if (failure := _set(nodes, name, value, wait))]
    late = {name: value for name, value in features if name in LATE}
    if late and not failures and wait(settle_s):
        failures = [failure for name, value in late.items() if (failure := _differs(nodes, name, value))]
    if failures:
        raise FeatureError("the camera did not take its settings:\n" + "\n".join(f"  {f}" for f in failures))


def read(nodes: Any, name: str) -> Reading | None:
    """A feature and its unit; None where there is none, or none now. Raises FeatureError for one that should be there
    and does not answer."""
    if not nodes.has_node(name):
        return None
    try:
        node = nodes.get_node(name)
        return Reading(_now(node), str(getattr(node, "unit", "")))
    except (AccessException, AttributeError):
        return None
    except REFUSALS as error:
        raise FeatureError(f"{name} cannot be read: {first_line(error)}") from None


def _set(nodes: Any, name: str, value: Any, wait: Wait) -> str:
    """Write one feature and read it back; the answer is what went wrong, or nothing."""
    if not nodes.has_node(name):
        return f"{name}: this camera has no such feature.{nearest(name, dir(nodes))}"
    node = nodes.get_node(name)
    try:
        if hasattr(node, "execute"):
            node.execute()
            return ""
        _write(node, value)
    except TypeError:
        return f"{name} = {value!r} was refused: its values are like {node.value!r}"
    except REFUSALS as error:
        return f"{name} = {value!r} was refused: {first_line(error)}"
    deadline = time.monotonic() + READ_BACK_S
    while (failure := _differs(nodes, name, value)) and time.monotonic() < deadline:
        if not wait(REREAD_S):
            return ""
    return failure


def _write(node: Any, value: Any) -> None:
    """A whole number is one, too, where it is written as 60.0. Raises TypeError for what the node does not hold."""
    try:
        node.value = value
    except TypeError:
        if not (isinstance(value, float) and value.is_integer()):
            raise
        node.value = int(value)


def _differs(nodes: Any, name: str, value: Any) -> str:
    """Words for a feature that is not now what was written; none where it is."""
    try:
        actual = _now(nodes.get_node(name))
    except REFUSALS as error:
        return f"{name} = {value!r} cannot be read back: {first_line(error)}"
    same = np.isclose(actual, value, rtol=1e-3) if isinstance(actual, float) else actual == value
    return "" if same else f"{name} = {value!r} was taken as {actual!r}"


def _now(node: Any) -> Any:
    """The value that the device has, whatever the node map remembers: many keep what was written and never ask."""
    return node.get_value(False, True) if hasattr(node, "get_value") else node.value


def first_line(error: BaseException) -> str:
    """Of what an error says, or its kind."""
    return str(error).strip().split("\n")[0] or type(error).__name__
