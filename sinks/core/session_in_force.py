"""Session in force of a hole: the technician's file as it was last taken, with what was put right since.

The copy in the hole's folder is what depths are made with. Where the technician's file has changed, it is taken anew,
and depths of blocks that were edited meanwhile are edited again, unless the file says otherwise of them by now. Each of
that stands in the hole's audit log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from oreline.config import validated
from oreline.errors import ConfigError
from oreline.locks import in_turn
from sinks.core.box_scans import BoxScan, Choice, Move
from sinks.core.hole_folder import HoleFolder
from sinks.core.session import Box, Session
from sinks.core.session_file import read_session, write_session
from sinks.station.audit import AuditLog, Record, entries

TAKEN, EDITED, CHOSEN, MOVED = "session", "edit_block", "choose_scan", "move_scan"
"""Verbs of the audit log."""


@dataclass(frozen=True, slots=True)
class BlockEdit:
    """Another depth for block `block`, counted from 1, of a box."""

    box: int
    block: int
    old_m: float
    new_m: float


def take(source: Path, output: Path, who: str) -> tuple[HoleFolder, Session]:
    """Take a technician's session; the folder of its hole, and the session that is in force then. Raises ConfigError,
    StoreFailed, SystemRefused."""
    session = read_session(source)
    folder = HoleFolder.of(output, session.hole.id)
    with in_turn(folder.path):
        return folder, _taken(source, session, folder, who)


def known(source: Path, output: Path) -> tuple[HoleFolder, Session]:
    """What `take` takes, and nothing is written: the folder need not be there. Raises ConfigError."""
    session = read_session(source)
    folder = HoleFolder.of(output, session.hole.id)
    return folder, with_edits(session, edits_of(folder))


def _taken(source: Path, session: Session, folder: HoleFolder, who: str) -> Session:
    before = read_session(folder.session) if folder.session.is_file() else None
    if before is not None:
        session = with_edits(session, edits_of(folder))
    if session != before:
        told = {"file": str(source)}
        old, new = (None if one is None else digest(one) for one in (before, session))
        _audit(folder).append(Record(TAKEN, who, arguments=told, old=old, new=new))
        write_session(folder.session, session)
    return session


def edit_block(folder: HoleFolder, edit: BlockEdit, who: str, why: str) -> Session:
    """Put the depth of a block right; the session that is in force then. The audit log has it before it is done. Who
    calls it holds the hole's folder. Raises ConfigError where there is no such block or its depth contradicts its
    neighbours, StoreFailed, SystemRefused."""
    session = read_session(folder.session)
    edited = with_edits(session, [edit])
    told = {"box": edit.box, "block": edit.block, "why": why}
    _audit(folder).append(Record(EDITED, who, face="cli", arguments=told, old=edit.old_m, new=edit.new_m))
    write_session(folder.session, edited)
    return edited


def choose_scan(folder: HoleFolder, choice: Choice) -> None:
    """Have a scan of a box be in force. Raises ConfigError where there is none such, StoreFailed, SystemRefused."""
    scans = folder.scans.read()
    scans.find(choice.box, choice.chosen)
    now = scans.in_force.get(choice.box)
    told = {"box": choice.box, "why": choice.why}
    old = None if now is None else now.scan
    _audit(folder).append(Record(CHOSEN, choice.who, face="cli", arguments=told, old=old, new=choice.chosen))
    folder.scans.choose(choice)


def move_scan(folder: HoleFolder, move: Move) -> BoxScan:
    """Say which box a scan is, and return it as that. Raises ConfigError where there is no such scan or box,
    StoreFailed, SystemRefused."""
    folder.scans.read().find(move.box, move.moved)
    box_of(read_session(folder.session), move.to)
    told = {"box": move.box, "scan": move.moved, "why": move.why}
    _audit(folder).append(Record(MOVED, move.who, face="cli", arguments=told, old=move.box, new=move.to))
    return folder.scans.move(move)


def depth_of(session: Session, box: int, block: int) -> float:
    """Depth on block `block`, counted from 1, of a box. Raises ConfigError where there is none."""
    blocks = box_of(session, box).blocks
    if not 1 <= block <= len(blocks):
        told = ", ".join(f"{number} at {one.depth_m:g} m" for number, one in enumerate(blocks, 1)) or "none"
        raise ConfigError(f"box {box} has no block {block}: it has {told}")
    return blocks[block - 1].depth_m


def box_of(session: Session, number: int) -> Box:
    """A box of the session. Raises ConfigError where there is none."""
    for one in session.boxes:
        if one.number == number:
            return one
    numbers = [one.number for one in session.boxes]
    known = f"it has {min(numbers)} to {max(numbers)}" if numbers else "it has none"
    raise ConfigError(f"the session of {session.hole.id} has no box {number}: {known}")


def edits_of(folder: HoleFolder) -> list[BlockEdit]:
    """Edits of blocks, as the audit log has them, oldest first."""
    if not folder.audit.is_file():
        return []
    records = (entry.record for entry in entries(folder.audit))
    return [
        BlockEdit(one.arguments["box"], one.arguments["block"], one.old, one.new)
        for one in records
        if one.verb == EDITED and one.result == "done"
    ]


def with_edits(session: Session, edits: Iterable[BlockEdit]) -> Session:
    """The session with each edit whose block still has the depth that it had before. Raises ConfigError where depths
    contradict each other then."""
    boxes = {one.number: one for one in session.boxes}
    for edit in edits:
        box = boxes.get(edit.box)
        if box is None or edit.block > len(box.blocks) or box.blocks[edit.block - 1].depth_m != edit.old_m:
            continue
        blocks = list(box.blocks)
        blocks[edit.block - 1] = blocks[edit.block - 1].model_copy(update={"depth_m": edit.new_m})
        boxes[edit.box] = box.model_copy(update={"blocks": tuple(blocks)})
    edited = session.model_copy(update={"boxes": tuple(boxes[one.number] for one in session.boxes)})
    return validated(Session, edited.model_dump(), f"the session of {session.hole.id}")


def digest(session: Session) -> str:
    """What a session is known by: the SHA-256 of all that it says."""
    return hashlib.sha256(session.model_dump_json().encode()).hexdigest()


def _audit(folder: HoleFolder) -> AuditLog:
    return AuditLog(folder.audit, folder.path.name)
