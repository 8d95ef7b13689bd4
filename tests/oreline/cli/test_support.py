"""`oreline support`: all that helps is in the archive, and no secret of the site."""

from __future__ import annotations

import base64
import json
import stat
import tarfile
from pathlib import Path

import pytest

from oreline import keys
from oreline.cli import doctor, support
from oreline.incidents import Log as ProcessLog
from oreline.incidents.file import LogFile
from oreline.testing import label_line, stream_info
from sinks.log import Log
from sinks.log.reading import reading
from sinks.log.sink import LogSettings
from sinks.station.accounts import Account, AccountFile
from sinks.station.accounts.passwords import hashed
from sinks.station.commands import Role

BROKER, INLINE, COMMENT, TOKEN = "br0ker-Pass", "inl1ne-Pass", "c0mment-Pass", "t0ken-of-env"
ACCOUNT, PEM = "maria.gomez", "MIIEvQIBADANBgkq"
KEY = "k" * 39 + "!"
LINE = """
# the old password was {comment}
[line]
name = "site"
output = "{here}/out"
keys = "{here}/keys"

[acquisition]
producer = "simcam"

[sinks.log]

[sinks.station]
accounts = "{here}/accounts.json"
admin_password = "{inline}"

[sinks.station.mqtt]
username = "mine-user"
password = "{here}/broker.txt"
certificate = "{here}/own.crt"
key = "{here}/own.key"
"""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doctor's slow checks have their own tests."""
    checks = [check for check in doctor.checks() if check.name not in ("cameras", "model", "pace", "overruns")]
    monkeypatch.setattr(doctor, "checks", lambda: checks)


@pytest.fixture
def kept(tmp_path: Path) -> str:
    """A site with secrets in all the places that have some; what is kept of a password of an account."""
    here, kept = tmp_path, hashed("Correct-horse-9")
    AccountFile(here / "accounts.json").put(Account(ACCOUNT, Role.ENGINEER, kept))
    keys.save(here / "keys", "inference", keys.Pair(b"p" * 40, KEY.encode()))
    (here / "broker.txt").write_text(f"{BROKER}\n")
    (here / "own.key").write_text(f"-----BEGIN PRIVATE KEY-----\n{PEM}\n-----END PRIVATE KEY-----\n")
    (here / "own.crt").write_text("-----BEGIN CERTIFICATE-----\n")
    (here / "line.toml").write_text(LINE.format(here=here, comment=COMMENT, inline=INLINE))
    return kept


@pytest.fixture
def run_before(tmp_path: Path, kept: str) -> None:
    """What a run has left: a journal, and a log whose words have every secret in them."""
    info, output = stream_info(), tmp_path / "out"
    log = Log.open(LogSettings(), output)
    log.consume([info, *(label_line(seq, info) for seq in range(5))])
    log.commit()
    log.close()
    words = f"{BROKER} {INLINE} {TOKEN} {ACCOUNT} {kept} {KEY} {PEM} {base64.b64encode(BROKER.encode()).decode()}"
    said = ProcessLog("inference", LogFile(output / "logs" / "inference.jsonl"))
    said.report("", "library", f"refused: {words}", aloud=False)
    said.report("", "library", "https://mine:pl4in-Text@broker/x, password=pl4in-Text", aloud=False)
    said.close()
    (output / "logs" / "acquisition.jsonl").write_text(f"Fatal Python error, {words}\n")


def contents(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as file:
        return {one.name.partition("/")[2]: file.extractfile(one).read() for one in file}  # type: ignore[union-attr]


@pytest.mark.usefixtures("quick", "run_before")
def test_all_that_helps_is_there_and_no_secret(tmp_path: Path, kept: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_TOKEN", TOKEN)
    out = tmp_path / "support.tar.gz"
    support.main(tmp_path / "line.toml", out)
    found = contents(out)
    assert {"configuration.json", "versions.json", "doctor.json", "report.json", "labels.sqlite"} <= set(found)
    assert {"logs/inference.jsonl", "logs/acquisition.jsonl"} <= set(found)
    secrets = [BROKER, INLINE, COMMENT, TOKEN, ACCOUNT, kept, KEY, PEM, "mine-user", "pl4in-Text", "Correct-horse-9"]
    forms = [*secrets, *(base64.b64encode(one.encode()).decode() for one in secrets)]
    leaked = [(name, one) for name, content in found.items() for one in forms if one.encode() in content]
    assert leaked == []
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(found["configuration.json"])["line"]["name"] == "site"
    assert json.loads(found["versions.json"])["numpy"]
    assert len([json.loads(row) for row in found["logs/inference.jsonl"].splitlines()]) == 2
    (tmp_path / "labels.sqlite").write_bytes(found["labels.sqlite"])
    with reading(tmp_path / "labels.sqlite") as db:
        assert db.execute("SELECT count(*) FROM lines").fetchone() == (5,)


@pytest.mark.usefixtures("quick")
def test_a_file_that_cannot_be_read_is_not_packed_but_named(tmp_path: Path) -> None:
    line = tmp_path / "line.toml"
    line.write_text(f'[line]\npassword = "{INLINE}\n')
    names = support.pack(line, tmp_path / "support.tar.gz")
    found = contents(tmp_path / "support.tar.gz")
    assert names == list(found) == ["versions.json", "doctor.json", "missing.txt"]
    assert b"configuration" in found["missing.txt"]
    assert not any(INLINE.encode() in content for content in found.values())


@pytest.mark.usefixtures("quick", "kept")
def test_of_a_line_that_never_ran_there_is_what_there_is(tmp_path: Path) -> None:
    support.pack(tmp_path / "line.toml", tmp_path / "support.tar.gz")
    found = contents(tmp_path / "support.tar.gz")
    assert "journal.sqlite does not exist" in found["missing.txt"].decode()
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("quick", "run_before")
def test_of_a_long_log_the_end_is_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "LOG_BYTES", 100)
    log = tmp_path / "out" / "logs" / "log.jsonl"
    log.write_text("".join(f'{{"number": {n}}}\n' for n in range(100)))
    support.pack(tmp_path / "line.toml", tmp_path / "support.tar.gz")
    rows = contents(tmp_path / "support.tar.gz")["logs/log.jsonl"].splitlines()
    assert [json.loads(row)["number"] for row in rows] == list(range(100 - len(rows), 100))
    assert 3 < len(rows) < 8
