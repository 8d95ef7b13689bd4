"""Delivery: a producer's lines to each of its consumers, in order, each once, through any kill of either side.

    Outbox (ROUTER, binds, owns the ring)  <──  Inbox (DEALER, connects, owns its cursor)

**Record, line, cursor.** The ring holds records, counted by `index`; most are a line, some describe the stream or stand
for lines that are not there. Lines are counted by sequence number, `seq`, from 0 in each run. A cursor is the next
sequence number that a consumer lacks. Indices tell records apart that cover no line; sequence numbers are what both
sides still know after a restart: so records are acknowledged by index, and a stream is resumed by sequence number.

**What each side knows.** The owner knows what is stored (`tail` to `head`), and of each consumer the next record to
send (`index`), the next line it lacks (`next`), how much it may be sent (`credit`), and what it has committed
(`acked`). The consumer knows its cursor, what of it is committed, and the owner's ring where that is a file of this
host. Nobody believes what was said in an earlier session: each HELLO begins a new one, and what carries another number
is void.

**What each side says** (`control.py` has the formats).

    HELLO   consumer   which run, the cursor, what of it is committed, credit, and the policy
    CREDIT  consumer   so many more, and up to which index all is committed
    LEAVE   consumer   I want no more, and nothing is to be kept for me
    AT      owner      records index to index + n lie in the ring: read them there
    LINE    owner      one record's bytes; or a gap or a description that lies in no ring
    BEAT    owner      I live, and have stored so much
    REFUSE  owner      why you cannot have this stream

**Credit.** The owner sends no more than it was asked for, so nothing queues in a socket, a slow consumer slows nobody
else, and what a consumer that is killed had on its way is in the ring still.

**Commit.** A record is acknowledged when what was made of it is safe: rows in the journal, labels in the next ring; and
when no line behind it needs it as a neighbour any more. The ring keeps what a `complete` consumer has not acknowledged,
and forgets the rest. `holds.py`: for whom, and how long.

**Gap.** A consumer gets every sequence number once, by a line or inside a Gap that says how many are not there and why:
RING_FULL (kept no longer), SHED (older than the budget of a `fresh` consumer), DAMAGED (a record that cannot be read).
Gaps are made for each consumer, when it is sent to, and lie in no ring. Those that all consumers share, as for frames
that the camera lost or for a restart of acquisition, are records.

**A consumer**, as the owner has it, and in brackets what the Inbox does:

                 HELLO with a cursor
        away ───────────────────────────> placed    index = the record where the cursor's line is
          ^                                  │      (a new session; all on its way is void)
          │                                  v
          │         CREDIT n, acked      ┌> fed ────> sent AT, LINE, gaps, while there is credit
          │                              └───┘        (takes `next` alone; lower it has, so drops)
          │                                  │
          │  silent for hold_s, where        │        (higher, damaged, overwritten, or silence of
          │  no line's file names it         │         the owner: HELLO again from what it lacks)
          └───────────────────────  <────────┤
                                             v
                                           done      acked = head, after the end of the stream

**Restart.** Of the owner: the ring is its memory. Its note has the names of those for whom lines are kept and the
description in force; the consumers' HELLOs bring the cursors. Of the consumer: its store is its memory, and its first
HELLO asks for the line after the last one in it. Neither needs to know that the other was away. A name belongs to the
process that claimed it last: one that was frozen and replaced is refused, and moves nothing.

**Borrowed lines.** On one host a consumer may work on the ring's own memory. The owner never waits for it; the consumer
looks afterwards whether the record still stood (`Inbox.intact`), and if not, throws its work away and asks again.
"""

from __future__ import annotations

from oreline.stream.inbox import Inbox
from oreline.stream.outbox import Outbox

__all__ = ["Inbox", "Outbox"]
