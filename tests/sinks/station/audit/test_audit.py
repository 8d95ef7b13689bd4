"""Whatever is done to an audit log by hand is found, and where; what a crash leaves is mended, and said."""

from __future__ import annotations

import json
import multiprocessing
import random
from pathlib import Path

import pytest

from oreline.errors import AuditBroken, SecurityError, StoreFailed, SystemRefused
from sinks.station.audit import AUDIT, AuditLog, Record, entries, verify
from sinks.station.audit.chain import MOST_BYTES
from tests.faults.hands import small_disk, take_away
from tests.system.line import oreline

ACTS = 12


def act(i: int = 0) -> Record:
    return Record(
        "cut_off", f"ann{i}", "operator", "web", "10.0.0.7", {"cut_off": 0.3 + i}, old=0.25, new=0.3, result="done"
    )


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    return AuditLog(tmp_path / AUDIT, "north")


@pytest.fixture
def lines(log: AuditLog) -> list[bytes]:
    for i in range(ACTS):
        log.append(act(i))
    return log.path.read_bytes().splitlines(keepends=True)


def found(log: AuditLog, lines: list[bytes]) -> list[int]:
    """Lines that are said to be wrong."""
    log.path.write_bytes(b"".join(lines))
    return list(verify(log.path).broken)


def test_a_log_says_whose_it_is_who_did_what_when_and_from_where(log: AuditLog) -> None:
    head = log.append(act())
    first, second = entries(log.path)
    assert (first.number, first.record.verb, first.record.new["site"]) == (0, "begun", "north")
    assert (second.number, second.record, second.hash) == (1, act(), head)
    assert second.before == first.hash
    assert second.time[-6] in "+-", "with its zone"
    assert log.path.stat().st_mode & 0o027 == 0
    verdict = verify(log.path)
    assert (verdict.entries, verdict.head, verdict.site, verdict.broken) == (2, head, "north", {})


def test_every_byte_that_is_changed_is_found_in_its_line(log: AuditLog, lines: list[bytes]) -> None:
    chance, few = random.Random(1), lines[:2]
    for number, line in enumerate(few):
        for at in range(len(line)):
            changed = [*few]
            changed[number] = line[:at] + bytes([line[at] ^ chance.randrange(1, 256)]) + line[at + 1 :]
            assert number + 1 in found(log, changed), (number, at, changed[number][at])


def test_every_line_that_is_taken_out_put_in_swapped_or_doubled_is_found(log: AuditLog, lines: list[bytes]) -> None:
    strange = AuditLog(log.path.with_name("other"), "north")
    strange.append(act())
    other = strange.path.read_bytes().splitlines(keepends=True)[1]
    for i in range(len(lines) - 1):
        assert found(log, lines[:i] + lines[i + 1 :]), "taken out"
        assert found(log, [*lines[:i], lines[i + 1], lines[i], *lines[i + 2 :]]), "swapped"
    for i in range(len(lines)):
        assert found(log, [*lines[: i + 1], lines[i], *lines[i + 1 :]]), "doubled"
        assert found(log, [*lines[:i], other, *lines[i:]]), "put in"
        assert found(log, [*lines[:i], b"\n", *lines[i:]]), "an empty line"
    assert found(log, lines) == []


def test_a_line_made_anew_with_its_own_hash_breaks_the_next_link(log: AuditLog, lines: list[bytes]) -> None:
    forged = AuditLog(log.path.with_name("forged"), "north")
    forged.path.write_bytes(b"".join(lines[:5]))
    forged.append(Record("cut_off", "eve"))
    made = forged.path.read_bytes().splitlines(keepends=True)[5]
    assert found(log, [*lines[:5], made, *lines[6:]]) == [7]


def test_lines_that_are_gone_at_the_end_are_told_by_a_head_that_was_noted(log: AuditLog, lines: list[bytes]) -> None:
    head = verify(log.path).head
    assert found(log, lines[:-3]) == []
    assert verify(log.path, frozenset({head})).heads == set()
    log.path.write_bytes(b"".join(lines))
    log.append(act())
    assert verify(log.path, frozenset({head})).heads == {head}


@pytest.mark.parametrize("left", [1, 40, -2, -1])
def test_a_line_that_a_crash_has_cut_is_mended_at_the_next_act_and_said(
    log: AuditLog, lines: list[bytes], left: int
) -> None:
    assert found(log, [*lines[:-1], lines[-1][:left]]) == [len(lines)]
    log.append(act())
    assert verify(log.path).broken == {}
    *_, repaired, last = entries(log.path)
    assert (repaired.record.verb, repaired.record.old) == ("repaired", lines[-1][:left].decode())
    assert last.record == act()


def test_a_log_whose_last_line_was_changed_goes_on_and_says_so(log: AuditLog, lines: list[bytes]) -> None:
    log.path.write_bytes(b"".join(lines[:-1]) + b"{}\n")
    log.append(act())
    assert list(verify(log.path).broken) == [len(lines)]
    assert [entry.number for entry in entries(log.path)][-1] == len(lines)


def test_an_act_of_any_size_is_a_line_and_no_secret_is_in_it(log: AuditLog) -> None:
    log.append(Record("x" * 99999, "ann", arguments={"name": "y" * 9_999_999, "password": "hunter2"}, result="\ud800"))
    log.append(Record("login", "ann", arguments={"password": "hunter2", "at": {1: float("nan"), (2, 3): Path()}}))
    assert max(map(len, log.path.read_bytes().splitlines())) <= MOST_BYTES
    assert b"hunter2" not in log.path.read_bytes()
    assert verify(log.path).broken == {}
    assert len(list(entries(log.path))) == 3


def _append(path: Path, name: str) -> None:
    for _ in range(50):
        AuditLog(path, "north").append(Record("hold", name))


def test_several_processes_write_one_chain(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_append, args=(tmp_path / AUDIT, name)) for name in ("ann", "bob", "eve")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    verdict = verify(tmp_path / AUDIT)
    assert (verdict.entries, verdict.broken) == (151, {})


def test_a_full_disk_is_refused_and_leaves_whole_lines(tmp_path: Path) -> None:
    if not small_disk(tmp_path / "disk", 1 << 20):
        pytest.skip("may not mount a small disk")
    try:
        log = AuditLog(tmp_path / "disk" / AUDIT, "north")
        log.append(act())
        log.refuse_full()
        _fill(tmp_path / "disk")
        with pytest.raises(StoreFailed, match=r"audit.jsonl: No space left"):
            log.refuse_full()
        with pytest.raises(StoreFailed):
            list(map(log.append, [act()] * 100))
        assert verify(log.path).broken == {}
    finally:
        take_away(tmp_path / "disk")


def _fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(1024))
        except OSError:
            return


def test_what_belongs_to_others_is_no_log(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / AUDIT, "north")
    log.path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SystemRefused, match="it is a link"):
        log.append(act())
    log.path.unlink()
    log.append(act())
    log.path.chmod(0o666)
    with pytest.raises((SystemRefused, SecurityError), match="others can write to it"):
        log.append(act())


def test_the_command_says_whole_or_which_line_is_broken(log: AuditLog, lines: list[bytes]) -> None:
    whole = oreline("audit", "verify", log.path.parent)
    head = verify(log.path).head
    assert (whole.returncode, whole.stdout.split(":", 1)[1].split()) == (0, ["whole,", "13", "lines.", "Head:", head])
    shown = oreline("audit", "show", log.path, "--last", "1")
    assert "ann11 (operator, web 10.0.0.7) cut_off cut_off=11.3: 0.25 -> 0.3" in shown.stdout
    log.path.write_bytes(b"".join(lines).replace(b"ann5", b"bob5"))
    broken = oreline("audit", "verify", log.path, "--noted", "ab")
    assert broken.returncode == AuditBroken.exit_code
    assert "line 7 is not as it was written" in broken.stderr
    assert "ab is not in it" in broken.stderr
    assert json.loads(lines[1])["before"] in lines[0].decode()


def test_no_log_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemRefused, match="No such file"):
        verify(tmp_path / "none")
    (tmp_path / "empty").touch()
    with pytest.raises(AuditBroken, match="is empty"):
        verify(tmp_path / "empty")
