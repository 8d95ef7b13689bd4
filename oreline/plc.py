"""The register map between Oreline and a PLC, said once: it drives the encoder, the simulator and the documentation.

Holding registers, 16 bits each; numbers of 32 bits take two, the high word first. Oreline writes 0 to 114 in one
FC16 and 6 to 7 alone as a heartbeat; the PLC writes 200 and up. A batch is up to 13 lines of belt, each a bitmap of
128 valves: valve v is bit v % 16 of word v // 16. Fields are written in the order of their addresses, `commit` last:
the PLC takes a batch once `commit` equals `sequence` and differs from what it last acknowledged, and Oreline writes
the next only after `acknowledged` has followed. Row i is due when the belt's encoder reaches `encoder` +
i * `counts_per_line`; rows that are due already are not fired but counted. Within 150 ms of the last
change of `heartbeat` while `state` says RUN, the PLC goes to its safe state by itself; rows that wait never fire, and a
batch that comes before it is re-armed is acknowledged and dropped: it may be of a line that has died, or of a belt that
has counted anew since. A batch of a test opens its rows one after the other from when it comes, each for
`counts_per_line` milliseconds, and is acknowledged when the last has closed; once `state` does not say TEST any
more, it is acknowledged and dropped.

Map 1 ends with `inhibit`, and knows no TEST: `version` among what the PLC writes tells of map 2. A batch has the
version that its PLC speaks; the rest of it is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag

from oreline.errors import PlcError

MAP_VERSION = 2
MAX_ROWS = 13
MAX_VALVES = 128
HEARTBEAT_TIMEOUT_MS = 150
ENCODER_MODULUS = 1 << 32
_WORDS_PER_ROW = MAX_VALVES // 16
_TEST = 256
"""Of `rows`: a batch that is written with TEST may be read with the state after it."""


@dataclass(frozen=True, slots=True)
class Field:
    """`words` registers from `address` on, an unsigned number (1 or 2 words) or a table (more)."""

    name: str
    address: int
    words: int
    meaning: str


COMMAND = (
    Field("version", 0, 1, "version of this map that the PLC speaks, 1 or 2"),
    Field("sequence", 1, 1, "number of the batch, 1 to 65535, then 1 again"),
    Field("encoder", 2, 2, "encoder count at which the first row fires"),
    Field("rows", 4, 1, "rows in the batch, 1 to 13; 256 more in a test"),
    Field("counts_per_line", 5, 1, "encoder counts from one row to the next; in a test, milliseconds"),
    Field("state", 6, 1, "bits: 0 run, 1 calibrated, 2 degraded, 3 lamp fault, 4 reject all, 5 calibrating, 6 test"),
    Field("heartbeat", 7, 1, "plus one each 30 to 100 ms"),
    Field("model_crc", 8, 2, "CRC-32 of the model's id"),
    Field("bitmaps", 10, MAX_ROWS * _WORDS_PER_ROW, "13 rows of 128 valves"),
    Field("commit", 114, 1, "the batch's sequence once more, written last"),
)
STATUS_1 = (
    Field("encoder", 200, 2, "encoder count of the belt, as last latched"),
    Field("heartbeat", 202, 1, "plus one each scan"),
    Field("acknowledged", 203, 1, "sequence of the last batch that was taken, or dropped in the safe state"),
    Field("late", 204, 1, "rows that came after they were due, modulo 65536"),
    Field("valve_faults", 205, 1, "valves that do not answer"),
    Field("inhibit", 206, 1, "1: safe state, batches are dropped until re-armed"),
)
STATUS = (
    *STATUS_1,
    Field("version", 207, 1, "2: it speaks this map; map 1 ends before this register"),
    Field("faulty", 208, _WORDS_PER_ROW, "valves that do not answer, a bit each"),
)
PULSE = tuple(field for field in COMMAND if field.name in ("state", "heartbeat"))


class State(IntFlag):
    """State of Oreline. `LAMP_FAULT`: the reference strip has faded. `CALIBRATING`: dark or white is taken, or made
    ready; no rock is to be fed. `TEST`: valves are tested; what fires is of no belt, and counted with nothing."""

    STOPPED = 0
    RUN = 1
    CALIBRATED = 2
    DEGRADED = 4
    LAMP_FAULT = 8
    REJECT_ALL = 16
    CALIBRATING = 32
    TEST = 64


@dataclass(frozen=True, slots=True)
class Batch:
    """Valve rows for consecutive lines of belt. `bitmaps`: one integer a row, bit v opens valve v. `test`: they are of
    no belt, and open one after the other for `counts_per_line` milliseconds."""

    sequence: int
    encoder: int
    counts_per_line: int
    bitmaps: tuple[int, ...]
    state: State = State.STOPPED
    heartbeat: int = 0
    model_crc: int = 0
    version: int = MAP_VERSION
    test: bool = False

    def fire_at(self, row: int) -> int:
        """Encoder count, modulo 2**32, at which a row fires."""
        return (self.encoder + row * self.counts_per_line) % ENCODER_MODULUS


@dataclass(frozen=True, slots=True)
class Status:
    """Status that the PLC tells. `version`: of the map that it speaks. `faulty`: bit v says that valve v does not
    answer; 0 by map 1, which tells only how many there are."""

    encoder: int = 0
    heartbeat: int = 0
    acknowledged: int = 0
    late: int = 0
    valve_faults: int = 0
    inhibit: int = 0
    version: int = MAP_VERSION
    faulty: int = 0


def start(fields: Sequence[Field]) -> int:
    """The first address of a block."""
    return fields[0].address


def size(fields: Sequence[Field]) -> int:
    """The registers of a block, which has no holes."""
    return fields[-1].address + fields[-1].words - start(fields)


def next_sequence(sequence: int) -> int:
    """The sequence after this one; 0 is never used, it means that no batch was taken yet."""
    return sequence % 0xFFFF + 1


def encode(batch: Batch) -> list[int]:
    """The 115 registers from 0 on. Raises PlcError where a value does not fit its field."""
    rows = len(batch.bitmaps)
    if not 1 <= rows <= MAX_ROWS:
        raise PlcError(f"a batch holds 1 to {MAX_ROWS} rows, not {rows}")
    if not 1 <= batch.sequence <= 0xFFFF:
        raise PlcError(f"a batch is numbered from 1 to 65535, not {batch.sequence}")
    words = [word for bitmap in batch.bitmaps for word in _row_words(bitmap)]
    words += [0] * (MAX_ROWS * _WORDS_PER_ROW - len(words))
    values = {
        "version": batch.version,
        "sequence": batch.sequence,
        "encoder": batch.encoder,
        "rows": rows + _TEST * batch.test,
        "counts_per_line": batch.counts_per_line,
        "state": int(batch.state),
        "heartbeat": batch.heartbeat,
        "model_crc": batch.model_crc,
        "commit": batch.sequence,
    }
    return _pack(COMMAND, values, words)


def decode(registers: Sequence[int], newest: int = MAP_VERSION) -> Batch:
    """A batch from the 115 registers from 0 on, by maps up to `newest`. Raises PlcError where they are not one whole,
    committed batch."""
    values, words = _unpack(COMMAND, registers)
    if not 1 <= values["version"] <= newest:
        raise PlcError(f"the register map has version {values['version']}, this is for {newest}: update one side")
    if values["sequence"] != values["commit"] or not values["sequence"]:
        raise PlcError(f"batch {values['sequence']} is not committed (commit is {values['commit']})")
    test = newest > 1 and bool(values["rows"] & _TEST)
    rows = values["rows"] - _TEST * test
    if not 1 <= rows <= MAX_ROWS:
        raise PlcError(f"a batch holds 1 to {MAX_ROWS} rows, not {rows}")
    bitmaps = tuple(_row_bitmap(words, row) for row in range(rows))
    return Batch(
        values["sequence"],
        values["encoder"],
        values["counts_per_line"],
        bitmaps,
        State(values["state"]),
        values["heartbeat"],
        values["model_crc"],
        values["version"],
        test,
    )


def encode_pulse(state: State, heartbeat: int) -> list[int]:
    """The registers of PULSE."""
    return _pack(PULSE, {"state": int(state), "heartbeat": heartbeat})


def decode_pulse(registers: Sequence[int]) -> tuple[State, int]:
    """State and heartbeat from the registers of PULSE."""
    values, _ = _unpack(PULSE, registers)
    return State(values["state"]), values["heartbeat"]


def encode_status(status: Status) -> list[int]:
    """The registers of STATUS, or of STATUS_1 by map 1."""
    values = {field.name: getattr(status, field.name) for field in STATUS}
    if status.version == 1:
        return _pack(STATUS_1, values)
    return _pack(STATUS, values, _row_words(status.faulty))


def decode_status(registers: Sequence[int]) -> Status:
    """The status in the registers of STATUS, or of STATUS_1. Raises PlcError where there are too few or too many.

    Where `version` is not this map's, the registers from there on are of something else: the status is of map 1."""
    if len(registers) == size(STATUS) and registers[size(STATUS_1)] == MAP_VERSION:
        values, words = _unpack(STATUS, registers)
        return Status(**values, faulty=_row_bitmap(words, 0))
    old = registers[: size(STATUS_1)] if len(registers) == size(STATUS) else registers
    return Status(**_unpack(STATUS_1, old)[0], version=1)


def _row_words(bitmap: int) -> list[int]:
    if not 0 <= bitmap < 1 << MAX_VALVES:
        raise PlcError(f"a row has {MAX_VALVES} valves: the bitmap {bitmap:#x} does not fit")
    return [bitmap >> 16 * word & 0xFFFF for word in range(_WORDS_PER_ROW)]


def _row_bitmap(words: Sequence[int], row: int) -> int:
    of_row = words[row * _WORDS_PER_ROW : (row + 1) * _WORDS_PER_ROW]
    return sum(word << 16 * i for i, word in enumerate(of_row))


def _pack(fields: Sequence[Field], values: Mapping[str, int], table: Sequence[int] = ()) -> list[int]:
    registers: list[int] = []
    for field in fields:
        if field.words > 2:
            registers += table
            continue
        value = values[field.name]
        if not 0 <= value < 1 << 16 * field.words:
            raise PlcError(f"{field.name} is {value}, which does not fit {field.words} register(s)")
        registers += [value >> 16 * word & 0xFFFF for word in reversed(range(field.words))]
    return registers


def _unpack(fields: Sequence[Field], registers: Sequence[int]) -> tuple[dict[str, int], Sequence[int]]:
    if len(registers) != size(fields):
        raise PlcError(f"expected {size(fields)} registers from {start(fields)} on, not {len(registers)}")
    if any(not 0 <= word <= 0xFFFF for word in registers):
        raise PlcError("a register holds 0 to 65535")
    values: dict[str, int] = {}
    table: Sequence[int] = ()
    for field in fields:
        first = field.address - start(fields)
        words = registers[first : first + field.words]
        if field.words > 2:
            table = words
        else:
            values[field.name] = words[0] if field.words == 1 else words[0] << 16 | words[1]
    return values, table
