"""Mistakes that one could make in ring, protocol, producer and stages, each a small change of one file."""

from __future__ import annotations

from dataclasses import dataclass

RING, MAPPED, FILE = "oreline/ring/writer.py", "oreline/ring/mapped.py", "oreline/ring/file.py"
INBOX, OUTBOX, PEER = "oreline/stream/inbox.py", "oreline/stream/outbox.py", "oreline/stream/peer.py"
CONTROL = "oreline/control.py"
RING_TESTS = ("tests/oreline/test_ring.py", "tests/oreline/test_ring_torture.py")
HOLDS, HOLDS_TESTS = "oreline/stream/holds.py", ("tests/oreline/test_holds.py",)
PRODUCER, ORDER_TESTS = "hwsim/producer", ("tests/hwsim/test_producer_orders.py",)
STRANGERS = ("tests/system/test_strangers.py",)
STREAM_TESTS = ("tests/oreline/test_stream.py", "tests/oreline/test_protocol.py")


@dataclass(frozen=True)
class Mutant:
    """`old` stands once in `file`, and becomes `new`; some test of `tests` must fail then."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTANTS = (
    Mutant(
        "a scene begins though inference has not answered its announcement",
        "acquisition/loop.py",
        "while not (self._outbox.answered or self._stopping()):",
        "while not self._outbox.has_room():",
        ("tests/acquisition/test_ready.py",),
    ),
    Mutant(
        "a scene is announced onwards before its lanes are warm",
        "inference/pipeline.py",
        "            self._warm_up(info, self.force.prepared())\n",
        "            self.force.prepared()\n",
        ("tests/inference/test_pipeline.py",),
    ),
    Mutant(
        "what a batch ends with is acknowledged before it is dealt with",
        "oreline/process.py",
        "inbox.ack(committed=ended)",
        "inbox.ack(committed=all(box.next >= inbox.next for box in outboxes))",
        ("tests/oreline/test_process.py",),
    ),
    Mutant(
        "a record is published before its table entry is written",
        RING,
        """        self._set_entry(index, sealed(ENTRY.pack(index, first, n, t_ns, sum(map(len, frames)), crc)))
        self._publish(index + 1, first + n)
""",
        """        self._publish(index + 1, first + n)
        self._set_entry(index, sealed(ENTRY.pack(index, first, n, t_ns, sum(map(len, frames)), crc)))
""",
        RING_TESTS,
    ),
    Mutant(
        "the entry of what a slot held before stays while the slot is overwritten",
        RING,
        "        self._set_entry(index, NOTHING)\n        at = self._data_at",
        "        at = self._data_at",
        RING_TESTS,
    ),
    Mutant(
        "a reader does not look at the checksum of the bytes",
        MAPPED,
        "return frames if frames is not None and layout.checksum(frames) == entry.crc else None",
        "return frames",
        RING_TESTS,
    ),
    Mutant(
        "a reader does not look at the checksum of the entry",
        MAPPED,
        "if entry.number != index or check != crc32c.crc32c(self._bytes[at : at + ENTRY.size]):",
        "if entry.number != index:",
        RING_TESTS,
    ),
    Mutant(
        "a reader takes what now lies where the record was",
        MAPPED,
        "if entry.number != index or check",
        "if check",
        RING_TESTS,
    ),
    Mutant(
        "recovery skips the newest record",
        RING,
        "next((int(i) + 1 for i in indices if",
        "next((int(i) for i in indices if",
        RING_TESTS,
    ),
    Mutant(
        "recovery forgets the oldest record",
        RING,
        "self.free(max(tail if tail <= head else 0, head - self.slots))",
        "self.free(max(tail if tail <= head else 0, head - self.slots) + 1)",
        RING_TESTS,
    ),
    Mutant(
        "recovery keeps a torn record",
        RING,
        "while head > published[0] and self.read(head - 1) is None:",
        "while False:",
        RING_TESTS,
    ),
    Mutant(
        "recovery forgets what was published, and uses the number of a damaged record again",
        RING,
        "published = layout.unpacked(self._bytes, PUBLISHED_AT, PUBLISHED) or (0, 0)",
        "published = (0, 0)",
        RING_TESTS,
    ),
    Mutant(
        "recovery believes a tail without its checksum",
        RING,
        "(tail,) = layout.unpacked(self._bytes, TAIL_AT, TAIL) or (0,)",
        "(tail,) = TAIL.unpack_from(self._bytes, TAIL_AT)",
        RING_TESTS,
    ),
    Mutant(
        "there is one copy of the note",
        RING,
        "at = layout.NOTES_AT[(number + 1) % 2]",
        "at = layout.NOTES_AT[0]",
        RING_TESTS,
    ),
    Mutant(
        "two writers may have a ring",
        FILE,
        "fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)",
        "pass",
        RING_TESTS,
    ),
    Mutant(
        "a file that is damaged is made anew",
        FILE,
        """        os.close(file)
        raise RingError(f"{path} is not a ring of this version, or""",
        """        return False
        raise RingError(f"{path} is not a ring of this version, or""",
        RING_TESTS,
    ),
    Mutant(
        "the space of a ring is not taken in advance",
        FILE,
        "os.posix_fallocate(file, 0, total)",
        "os.ftruncate(file, total)",
        ("tests/faults/test_disk.py",),
    ),
    Mutant(
        "a consumer acknowledges before it has committed",
        INBOX,
        """        if committed:
            self._acked, self._committed = self._index, self.next
            self._uncommitted.clear()
        at_once =""",
        """        self._acked, self._committed = self._index, self.next
        self._uncommitted.clear()
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
        "if now() - self._heard > SILENCE_NS and not pending(self._socket, 0):",
        "if not self._heard:",
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
        "return not self._uncommitted or ring.entry(self._uncommitted[0]) is not None",
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
        """        if header["session"] != peer.session:
            return
""",
        "",
        STREAM_TESTS,
    ),
    Mutant(
        "an owner does not remember for whom it keeps lines",
        OUTBOX,
        """        if not peer.fresh and self.holds.keep(peer.name, peer.acked):
            self._save_note()
""",
        """        if not peer.fresh:
            self.holds.keep(peer.name, peer.acked)
""",
        STREAM_TESTS,
    ),
    Mutant(
        "a consumer that says HELLO again has committed what it was sent",
        OUTBOX,
        'peer.acked = min(peer.index, self._find(header["committed"] if same_run else 0))',
        "peer.acked = peer.index",
        HOLDS_TESTS,
    ),
    Mutant(
        "a visitor that has left is kept for like the line's own",
        HOLDS,
        "return index if name in self._named else max(index, self._ring.head - self.most)",
        "return index",
        HOLDS_TESTS,
    ),
    Mutant(
        "a visitor that has left is waited for at the end",
        HOLDS,
        "gone = sorted(name for name, heard in self._heard.items() if heard < late)",
        "gone: list[str] = []",
        HOLDS_TESTS,
    ),
    Mutant(
        "a consumer of the line is given up like a visitor",
        HOLDS,
        "        if name not in self._named:\n            self._heard",
        "        if True:\n            self._heard",
        HOLDS_TESTS,
    ),
    Mutant(
        "a drain that gives up empties the ring",
        "oreline/process.py",
        "            _give_up(outboxes)\n",
        "",
        ("tests/oreline/test_drain.py",),
    ),
    Mutant(
        "lines that were given up are not told",
        PEER,
        "self._send_gap(store, entry.first, Reason.SHED if self.fresh else Reason.RING_FULL)",
        "self.next = entry.first",
        STREAM_TESTS,
    ),
    Mutant(
        "lines that were damaged are not told",
        PEER,
        "self._send_gap(store, first, Reason.DAMAGED)",
        "self.next = first",
        STREAM_TESTS,
    ),
    Mutant(
        "lines that are too old are sent",
        PEER,
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
        "whoever comes back after everything was delivered does not hear the end",
        OUTBOX,
        "low, high = max(0, min(self.ring.tail, self.ring.head - 1)), self.ring.head",
        "low, high = self.ring.tail, self.ring.head",
        ("tests/oreline/test_drain.py",),
    ),
    Mutant(
        "a ring that is given up at the end forgets how its lines are described",
        "oreline/process.py",
        "        box.free()\n",
        "        box.ring.free(box.ring.head)\n",
        ("tests/oreline/test_drain.py",),
    ),
    Mutant(
        "a run is left though everybody has everything that was made of it",
        "oreline/undelivered.py",
        "not all(map(_is_over, results or rings))",
        "not all(map(_is_over, rings))",
        ("tests/oreline/test_undelivered.py",),
    ),
    Mutant(
        "a run that never had a line is finished",
        "oreline/undelivered.py",
        "any(entry is None or entry.n for entry in entries)",
        "any(True for entry in entries)",
        ("tests/oreline/test_undelivered.py",),
    ),
    Mutant(
        "a run that is being finished is waited for, for ever",
        "oreline/patience.py",
        "        elif now - self._since > self._longest_s:",
        "        elif False:",
        ("tests/oreline/test_undelivered.py",),
    ),
    Mutant(
        "of several processes that refuse the last is named",
        "oreline/supervise.py",
        "= min(causes,",
        "= max(causes,",
        ("tests/oreline/test_supervise.py",),
    ),
    Mutant(
        "another version is served",
        CONTROL,
        'if kind == "hello" and header.get("version") != VERSION:',
        "if False:",
        STREAM_TESTS,
    ),
    Mutant(
        "a sink acknowledges before it commits",
        "sinks/feed.py",
        """        self._sink.commit()
        self._inbox.ack()
""",
        """        self._inbox.ack()
        self._sink.commit()
""",
        ("tests/sinks/test_feed.py",),
    ),
    Mutant(
        "a sink forgets what its store did not take",
        "sinks/feed.py",
        "            self._failed(error)\n",
        "            self._failed(error)\n            self._pending = []\n",
        ("tests/sinks/test_feed.py",),
    ),
    Mutant(
        "a recorder keeps what it had half written",
        "sinks/record.py",
        "self._attach(EnviWriter.resume(header, place.lines))",
        "self._attach(EnviWriter.resume(header, place.lines + 1))",
        ("tests/sinks/test_record.py", "tests/faults/test_disk.py"),
    ),
    Mutant(
        "the journal moves on before the lines are in it",
        "sinks/log/journal.py",
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE 0",
        ("tests/sinks/test_log.py",),
    ),
    Mutant(
        "a gap goes on beyond the end of its step",
        "acquisition/numbering.py",
        "if n := min(missing, end - self.next):",
        "if n := missing:",
        ("tests/acquisition/test_numbering.py",),
    ),
    Mutant(
        "what is asked for while the last is read is forgotten",
        "acquisition/asked.py",
        "        taken.unlink()\n",
        "        taken.unlink()\n        self._path.unlink(missing_ok=True)\n",
        ("tests/acquisition/test_asked.py",),
    ),
    Mutant(
        "a recording that has ended is taken for a camera that is lost",
        "acquisition/loop.py",
        "self._ended = self._source.ended() and not self._source.waiting()",
        "self._ended = False",
        ("tests/acquisition/test_life.py",),
    ),
    Mutant(
        "frames that the camera dropped are not told",
        "acquisition/numbering.py",
        "        missing = step - 1\n",
        "        missing = 0\n",
        ("tests/acquisition/test_numbering.py",),
    ),
    Mutant(
        "a camera must have been listed to be opened",
        f"{PRODUCER}/interface.c",
        "    if (listed(id, found) || file_identity(id, found, &link))",
        "    if (listed(id, found) || (link = 0))",
        ORDER_TESTS,
    ),
    Mutant(
        "an event that ends keeps the buffers that nobody fetched",
        f"{PRODUCER}/event.c",
        "        pthread_cond_wait(&stream->changed, &stream->lock);\n    buffer_discard_all(&stream->output);",
        "        pthread_cond_wait(&stream->changed, &stream->lock);",
        ORDER_TESTS,
    ),
    Mutant(
        "the last buffer takes the place of one that is revoked",
        f"{PRODUCER}/announce.c",
        "    memmove(&stream->announced[i], &stream->announced[i + 1], "
        "(--stream->n_announced - i) * sizeof *stream->announced);",
        "    stream->announced[i] = stream->announced[--stream->n_announced];",
        ORDER_TESTS,
    ),
    Mutant(
        "the words of a chunk's trailer are little-endian",
        f"{PRODUCER}/source.c",
        "    uint32_t words[] = {htobe32(id), htobe32((uint32_t)bytes)};",
        "    uint32_t words[] = {htole32(id), htole32((uint32_t)bytes)};",
        ORDER_TESTS,
    ),
    Mutant(
        "a supervisor believes a number that is none",
        "oreline/worker.py",
        "if not all(_LEAST <= _number(said[name]) <= most for name, most in _NUMBERS.items() if name in said):",
        "if False:",
        ("tests/oreline/test_supervise.py",),
    ),
    Mutant(
        "a disk without room is found after the work",
        "oreline/files.py",
        "        file.write(_PAGE)\n",
        "        file.flush()\n",
        ("tests/faults/test_os_errors.py",),
    ),
    Mutant(
        "an error of the operating system passes the guard",
        "oreline/guard.py",
        "    except OSError as error:\n        return _said(refusal(error), name, say)\n",
        "",
        ("tests/faults/test_os_errors.py",),
    ),
    Mutant(
        "a page of the journal is read without care",
        "sinks/log/journal.py",
        "        with explained(self.path):\n            found = ",
        "        if True:\n            found = ",
        ("tests/sinks/test_log.py",),
    ),
    Mutant(
        "silent clients keep the metrics port",
        "oreline/metrics_server.py",
        "        if len(self._guests) > AT_ONCE:\n",
        "        if False:\n",
        ("tests/oreline/test_metrics.py",),
    ),
    Mutant(
        "incidents are ordered by the wall's clock",
        "oreline/incidents/following.py",
        "one.boot, one.t_ns)",
        "one.boot, one.time)",
        ("tests/oreline/test_incidents.py",),
    ),
    Mutant(
        "half a line that a full disk took is not set apart",
        "oreline/incidents/file.py",
        "        self._torn = written < len(line)\n",
        "        self._torn = False\n",
        ("tests/oreline/test_incidents.py",),
    ),
    Mutant(
        "a terminal that takes nothing is waited for",
        "oreline/incidents/log.py",
        "        if not _stands_still():\n",
        "        if True:\n",
        ("tests/oreline/test_incidents.py",),
    ),
    Mutant(
        "what was held back is said only when it happens again",
        "oreline/incidents/log.py",
        "self._changed.wait(AGAIN_S if waiting else None)",
        "self._changed.wait()",
        ("tests/oreline/test_incidents.py",),
    ),
    Mutant(
        "the log forgets incidents that found no room",
        "sinks/log/sink.py",
        """                self._journal.take(self._incidents)
                self._incidents.clear()
""",
        """                self._journal.take(self._incidents)
            self._incidents.clear()
""",
        ("tests/sinks/test_log_incidents.py",),
    ),
    Mutant(
        "a line's time of day is that of the first description of its run",
        "sinks/log/schema.py",
        "ORDER BY streams.seq DESC LIMIT 1",
        "ORDER BY streams.seq LIMIT 1",
        ("tests/sinks/test_log_incidents.py",),
    ),
    Mutant(
        "a folder of another user is taken as a line's own",
        "oreline/ownership.py",
        "    if itself.st_uid != os.geteuid():\n",
        "    if False:\n",
        STRANGERS,
    ),
    Mutant(
        "a folder that others can write to is taken as a line's own",
        "oreline/ownership.py",
        "    if itself.st_mode & WRITERS:\n",
        "    if False:\n",
        ("tests/oreline/test_launch.py",),
    ),
    Mutant(
        "a folder in one that others can rename it in is taken",
        "oreline/ownership.py",
        "(above.st_mode & ANYONE and not above.st_mode & stat.S_ISVTX)",
        "False",
        ("tests/oreline/test_launch.py",),
    ),
    Mutant(
        "an output folder of another user is written to",
        "oreline/unfinished.py",
        "    refuse_strangers(output)\n",
        "",
        STRANGERS,
    ),
    Mutant(
        "processes load modules from the working folder",
        "oreline/guard.py",
        '    os.environ["PYTHONSAFEPATH"] = "1"\n',
        "",
        STRANGERS,
    ),
    Mutant(
        "files have the modes of the caller's umask",
        "oreline/guard.py",
        "    os.umask(UMASK)\n",
        "",
        ("tests/system/test_security.py",),
    ),
    Mutant(
        "lines of one name share a folder",
        "oreline/places.py",
        "os.fsencode(output.resolve())",
        "os.fsencode(line)",
        ("tests/oreline/test_launch.py",),
    ),
    Mutant(
        "the output folder is touched before its lock is had",
        "oreline/unfinished.py",
        "    with locked(folder) as lock, locked(output):\n",
        "    with locked(folder) as lock:\n",
        ("tests/system/test_left_alone.py",),
    ),
    Mutant(
        "a recorder writes over what it has not noted",
        "sinks/record.py",
        "if not header.exists() and not header.with_suffix(DATA).exists())",
        "if header or part)",
        ("tests/sinks/test_record.py",),
    ),
)
