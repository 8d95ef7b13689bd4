"""`oreline core box`: which box it is, said to a running line."""

from __future__ import annotations

from oreline.config import Config
from oreline.errors import ConfigError
from sinks.core.live.orders import CoreOrders


def order(config: Config, number: int | None, *, end: bool, who: str) -> str:
    """Begin or end a box; what came of it, in words. Raises ConfigError, StageFailed."""
    if end == (number is not None):
        raise ConfigError("give the number of the box that begins, or --end")
    orders = CoreOrders(config)
    return orders.end(who) if number is None else orders.begin(number, who)
