"""Delivery: every producer owns a ring, every consumer pulls from a cursor of its own.

    Outbox (ROUTER, binds, owns the ring)  <──  Inbox (DEALER, connects)

A consumer says HELLO with the next sequence number it wants and gives credit; it acknowledges records after it has
committed what it made of them. `complete` consumers are named beforehand, and the ring keeps what they have not
acknowledged. For a `fresh` consumer the owner leaves out lines older than its budget and says how many. A consumer
takes only the next sequence number: what is lower it has, and what is higher, damaged, or too long silent sends it
back to HELLO. On one host a message says where in the ring the records lie; from another it carries their bytes.
"""

from __future__ import annotations

from oreline.stream.inbox import Inbox
from oreline.stream.outbox import Outbox

__all__ = ["Inbox", "Outbox"]
