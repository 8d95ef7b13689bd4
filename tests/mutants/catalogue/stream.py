"""Mistakes in the protocol between an owner and its consumers."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

INBOX = "oreline/stream/inbox.py"
OUTBOX = "oreline/stream/outbox.py"
CONSUMER = "oreline/stream/consumer.py"
CONTROL = "oreline/stream/control.py"
HOLDS = "oreline/stream/holds.py"
HOLDS_TESTS = ("tests/oreline/stream/test_holds.py",)
STREAM_TESTS = ("tests/oreline/stream/test_stream.py", "tests/oreline/stream/test_protocol.py")

MUTANTS = (
    Mutant(
        "what a batch ends with is acknowledged before it is dealt with",
        "oreline/process.py",
        "inbox.ack(committed=ended)",
        "inbox.ack(before=_wanted(inbox, outboxes, context))",
        ("tests/oreline/test_process.py",),
    ),
    Mutant(
        "a consumer acknowledges before it has committed",
        INBOX,
        """        if committed:
            self._commit(self.next if before is None else before)
        at_once =""",
        """        self._commit(self.next if before is None else before)
        at_once =""",
        STREAM_TESTS,
    ),
    Mutant(
        "a consumer accepts a line behind the next",
        INBOX,
        "if run != self.run or message.first > self.next:",
        "if run != self.run:",
        STREAM_TESTS,
    ),
    Mutant(
        "a consumer takes a line again",
        INBOX,
        "elif message.n == 0 or message.first + message.n > self.next:",
        "else:",
        STREAM_TESTS,
    ),
    Mutant(
        "a consumer takes what was sent before it asked anew",
        INBOX,
        """        if header["session"] != self._session:
            return
""",
        "",
        STREAM_TESTS,
    ),
    Mutant(
        "a consumer that hears nothing does not ask again",
        INBOX,
        "if now() - self._heard_ns > SILENCE_NS and not pending(self._socket, 0):",
        "if not self._heard_ns:",
        STREAM_TESTS,
    ),
    Mutant(
        "a consumer reads on in the ring of an owner that has gone",
        INBOX,
        "if self._ring is not None and self._ring.current:",
        "if self._ring is not None:",
        STREAM_TESTS,
    ),
    Mutant(
        "what was borrowed counts though it was overwritten",
        INBOX,
        "return not self._uncommitted or ring.entry(self._uncommitted[0][0]) is not None",
        "return True",
        STREAM_TESTS,
    ),
    Mutant(
        "records are freed when the quickest consumer has them",
        OUTBOX,
        "self._free(min(self.holds.oldest, ring.head - 1))",
        "self._free(max(self.holds.acked.values()))",
        STREAM_TESTS,
    ),
    Mutant(
        "a consumer that was replaced is served",
        OUTBOX,
        """        if process in self._former:
            return False
""",
        "",
        STREAM_TESTS,
    ),
    Mutant(
        "an acknowledgement counts whoever says it",
        OUTBOX,
        """        if header["session"] != consumer.session:
            return
""",
        "",
        STREAM_TESTS,
    ),
    Mutant(
        "an owner does not remember for whom it keeps lines",
        OUTBOX,
        """        if not consumer.fresh and self.holds.keep(consumer.name, consumer.acked):
            self._save_note()
""",
        """        if not consumer.fresh:
            self.holds.keep(consumer.name, consumer.acked)
""",
        STREAM_TESTS,
    ),
    Mutant(
        "a consumer that says HELLO again has committed what it was sent",
        OUTBOX,
        'consumer.acked = min(consumer.index, self._find(header["committed"] if same_run else 0))',
        "consumer.acked = consumer.index",
        HOLDS_TESTS,
    ),
    Mutant(
        "a visitor that has left is kept for like the line's own",
        HOLDS,
        "return index if name in self.named else max(index, self._ring.head - self.most)",
        "return index",
        HOLDS_TESTS,
    ),
    Mutant(
        "a visitor that has left is waited for at the end",
        HOLDS,
        "return sorted(name for name, heard_ns in self._heard_ns.items() if heard_ns < late)",
        "return []",
        HOLDS_TESTS,
    ),
    Mutant(
        "a consumer of the line is given up like a visitor",
        HOLDS,
        "        if name not in self.named:\n            self._heard_ns",
        "        if True:\n            self._heard_ns",
        HOLDS_TESTS,
    ),
    Mutant(
        "lines that were given up are not told",
        CONSUMER,
        "self._send_gap(store, entry.first, Reason.SHED if self.fresh else Reason.RING_FULL)",
        "self.next = entry.first",
        STREAM_TESTS,
    ),
    Mutant(
        "lines that were damaged are not told",
        CONSUMER,
        "self._send_gap(store, first, Reason.DAMAGED)",
        "self.next = first",
        STREAM_TESTS,
    ),
    Mutant(
        "lines that are too old are sent",
        CONSUMER,
        "if entry is None or entry.n != 1 or entry.t_ns > limit:",
        "if True:",
        STREAM_TESTS,
    ),
    Mutant(
        "an owner that restarts begins to number where its description does",
        OUTBOX,
        "max(info.seq, self.ring.next)",
        "info.seq",
        STREAM_TESTS,
    ),
    Mutant(
        "an owner ends though a consumer lacks the end",
        OUTBOX,
        "return self.depth == 0 and all(",
        "return True or all(",
        STREAM_TESTS,
    ),
    Mutant(
        "what a consumer has is taken for committed by an owner that was started again",
        INBOX,
        "            committed=self._committed,\n",
        "            committed=self.next,\n",
        STREAM_TESTS,
    ),
    Mutant(
        "another version is served",
        CONTROL,
        'if kind == "hello" and header.get("version") != VERSION:',
        "if False:",
        STREAM_TESTS,
    ),
)
