"""Who may come in: by his own password, not by guessing, and not any longer than he has an account."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from oreline.cli.main import app
from oreline.config import Config
from oreline.errors import ConfigError, OrelineError, SecurityError
from oreline.expected import Expected
from sinks.station import Station
from sinks.station.accounts import accounts as module
from sinks.station.accounts.accounts import FREE, FREE_AT_ADDRESS, MOST_WAITING, Accounts
from sinks.station.accounts.file import Account, AccountFile
from sinks.station.accounts.lockout import FORGOTTEN_NS, MOST_KEYS, MOST_NS, Lockout, S
from sinks.station.accounts.passwords import fits, hashed, refuse_weak
from sinks.station.audit import AuditLog, Record, entries
from sinks.station.commands import Refused, Role
from sinks.station.settings import StationSettings
from tests.sinks.station.accounts.conftest import PASSWORD


@dataclass
class Clock:
    now_ns: int = 10_000 * S

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, kept: str) -> list[str]:
    """Passwords that were looked at, without the work."""
    looked: list[str] = []

    def look(of: str, password: str) -> bool:
        looked.append(of)
        return of == kept and password == PASSWORD

    monkeypatch.setattr(module, "fits", look)
    return looked


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(file: AccountFile, clock: Clock, tmp_path: Path, kept: str, monkeypatch: pytest.MonkeyPatch) -> Accounts:
    monkeypatch.setattr(module, "hashed", lambda _: kept[:-4] + "AAAA")
    return Accounts(file, AuditLog(tmp_path / "audit.jsonl", "north"), clock)


def records(tmp_path: Path) -> list[Record]:
    return [entry.record for entry in entries(tmp_path / "audit.jsonl")][2:]


def test_a_password_is_kept_so_that_nobody_can_read_it(kept: str, file: AccountFile) -> None:
    assert kept.startswith("$argon2id$v=19$m=32768,t=4,p=1$")
    assert hashed(PASSWORD) != kept
    assert fits(kept, PASSWORD)
    assert not fits(kept, PASSWORD + "x")
    assert not fits("$argon2id$nonsense", PASSWORD)
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in file.path.read_text()


def test_the_same_letters_are_the_same_password() -> None:
    assert fits(hashed("grüße aus dem Norden"), "gru\u0308ße aus dem Norden")


@pytest.mark.parametrize("password", ["", "short", "a" * 40, "abcabcabcabcabc", "I am ann of north", "x" * 129])
def test_what_is_easily_guessed_is_no_password(password: str) -> None:
    with pytest.raises(
        ConfigError, match="12 to 128 characters, at least 5 different ones, and not the account's name"
    ):
        refuse_weak("Ann", password)


def test_who_knows_the_password_is_let_in_with_his_role(accounts: Accounts, tmp_path: Path) -> None:
    assert accounts.login("ann", PASSWORD, "10.0.0.7") is Role.OPERATOR
    assert records(tmp_path) == [Record("login", "ann", "operator", "web", "10.0.0.7")]


def test_a_wrong_name_and_a_wrong_password_are_answered_and_looked_at_alike(
    accounts: Accounts, quick: list[str], tmp_path: Path
) -> None:
    said = []
    for name, password in (("ann", "wrong"), ("bob", PASSWORD), ("bob", "wrong")):
        with pytest.raises(Refused) as refused:
            accounts.login(name, password)
        said.append((refused.value.code, str(refused.value)))
    assert set(said) == {("login", "name or password is wrong")}
    assert len(quick) == 3, "a name that is none costs as much"
    assert [(one.who, one.result) for one in records(tmp_path)] == [
        (name, "wrong name or password") for name in ("ann", "bob", "bob")
    ]


def fail(accounts: Accounts, name: str, address: str) -> str:
    with pytest.raises(Refused) as refused:
        accounts.login(name, "wrong", address)
    return refused.value.code


def test_who_guesses_has_to_wait_longer_each_time(accounts: Accounts, quick: list[str], clock: Clock) -> None:
    assert [fail(accounts, "ann", "10.0.0.1") for _ in range(FREE + 1)] == ["login"] * (FREE + 1)
    for wait_s in (1, 2, 4, 8):
        with pytest.raises(Refused, match=f"too many attempts that were wrong: wait {wait_s} s"):
            accounts.login("ann", PASSWORD, "10.0.0.2")
        clock.now_ns += wait_s * S
        assert fail(accounts, "ann", "10.0.0.1") == "login"
    clock.now_ns += 16 * S
    assert accounts.login("ann", PASSWORD, "10.0.0.2") is Role.OPERATOR
    assert fail(accounts, "ann", "10.0.0.1") == "login", "all is forgotten"
    assert len(quick) == FREE + 1 + 4 + 2, "what is locked is not even looked at"


def test_an_address_that_guesses_names_has_to_wait_and_no_other(
    accounts: Accounts, quick: list[str], clock: Clock
) -> None:
    assert {fail(accounts, f"name{i}", "10.0.0.1") for i in range(FREE_AT_ADDRESS + 1)} == {"login"}
    assert fail(accounts, "another", "10.0.0.1") == "locked"
    assert accounts.login("ann", PASSWORD, "10.0.0.2") is Role.OPERATOR


def test_a_flood_of_logins_is_refused_and_nobody_waits_for_it(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, codes = threading.Event(), []
    monkeypatch.setattr(module, "fits", lambda *_: go.wait(20) and False)

    def come(i: int) -> None:
        try:
            accounts.login(f"name{i}", "x", f"10.0.0.{i}")
        except Refused as refused:
            codes.append(refused.code)

    threads = [threading.Thread(target=come, args=(i,)) for i in range(MOST_WAITING + 12)]
    for thread in threads:
        thread.start()
    while codes.count("busy") < 12:
        pass
    go.set()
    for thread in threads:
        thread.join(20)
    assert sorted(codes) == ["busy"] * 12 + ["login"] * MOST_WAITING


def test_a_lockout_is_bounded_in_time_and_memory() -> None:
    lockout = Lockout(0)
    for i in range(100):
        lockout.failed("ann", i)
    assert lockout.wait_ns("ann", 99) == MOST_NS
    lockout.failed("ann", FORGOTTEN_NS + 200)
    assert lockout.wait_ns("ann", FORGOTTEN_NS + 200) == S
    for i in range(3 * MOST_KEYS):
        lockout.failed(f"name{i}", i)
    assert len(lockout._failures) == MOST_KEYS


def test_what_is_changed_in_the_file_counts_at_once_and_stands_in_the_log(
    accounts: Accounts, file: AccountFile, kept: str, tmp_path: Path
) -> None:
    assert accounts.role("ann") is Role.OPERATOR
    file.put(Account("ann", Role.VIEWER, kept))
    assert accounts.role("ann") is Role.VIEWER
    file.put(Account("bob", Role.ENGINEER, kept))
    assert accounts.role("bob") is Role.ENGINEER
    file.put(Account("bob", Role.ENGINEER, kept[:-1] + "x"))
    assert accounts.role("bob") is Role.ENGINEER
    file.remove("ann")
    assert accounts.role("ann") is None
    file.path.unlink()
    assert accounts.role("bob") is None
    assert [(one.verb, one.arguments, one.old, one.new) for one in records(tmp_path)] == [
        ("account", {"name": "ann"}, "operator", "viewer"),
        ("account", {"name": "bob"}, None, "engineer"),
        ("account", {"name": "bob", "password": "(not written)"}, "engineer", "engineer"),
        ("account", {"name": "ann"}, "viewer", None),
        ("account", {"name": "bob"}, "engineer", None),
    ]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2, "accounts": {}}', '{"version": 1, "accounts": 5}',
    '{"version": 1, "accounts": {"ann": {"role": "king", "argon2id": "$argon2id$"}}}',
    '{"version": 1, "accounts": {"ann": {"role": "viewer", "argon2id": "plain"}}}'])  # fmt: skip
def test_a_damaged_file_is_refused_and_lets_nobody_in(
    accounts: Accounts, file: AccountFile, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.path.write_text(content)
    with pytest.raises(ConfigError, match="is no file of accounts, or damaged"):
        dict(file.accounts)
    assert accounts.role("ann") is None
    assert "nobody is let in" in capsys.readouterr().err


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_can_read_or_write_is_refused(file: AccountFile, mode: int) -> None:
    file.path.chmod(mode)
    with pytest.raises(SecurityError, match=r"others can|0600"):
        dict(file.accounts)


def test_a_link_or_a_file_of_another_user_is_refused(tmp_path: Path, file: AccountFile) -> None:
    (tmp_path / "link").symlink_to(file.path)
    with pytest.raises(OrelineError, match="it is a link"):
        dict(AccountFile(tmp_path / "link").accounts)
    if os.geteuid() == 0:
        os.chown(file.path, 12345, -1)
        with pytest.raises(SecurityError, match="belongs to user 12345"):
            dict(file.accounts)


@pytest.mark.parametrize("name", ["", "ann bob", "-ann", "a" * 33, "../ann", "änn", "ann\n"])
def test_what_is_no_name_is_refused(file: AccountFile, kept: str, name: str) -> None:
    with pytest.raises(ConfigError, match="is no name of an account"):
        file.put(Account(name, Role.VIEWER, kept))


def test_those_who_change_the_file_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"

    def add(i: int) -> None:
        AccountFile(path).put(Account(f"name{i}", Role.VIEWER, "$argon2id$x"))

    threads = [threading.Thread(target=add, args=(i,)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(AccountFile(path).accounts) == 20


def run(*arguments: object, given: str = "") -> str:
    """What the command prints. Raises what it refuses with."""
    result = CliRunner().invoke(app, ["accounts", *map(str, arguments)], input=given, catch_exceptions=False)
    return result.output


def test_the_command_adds_changes_and_removes(tmp_path: Path) -> None:
    path = tmp_path / "new" / "accounts.json"
    with pytest.raises(ConfigError, match="this is no password"):
        run("add", path, "ann", "--role", "operator", given="secret\n")
    assert not path.exists()
    run("add", path, "ann", "--role", "operator", given=f"{PASSWORD}\n")
    assert fits(AccountFile(path).find("ann").kept, PASSWORD)
    with pytest.raises(ConfigError, match="has an account 'ann' already"):
        run("add", path, "ann", "--role", "viewer", given=f"{PASSWORD}\n")
    run("role", path, "ann", "--role", "engineer")
    run("password", path, "ann", given="another long one\r\n")
    found = AccountFile(path).find("ann")
    assert (found.role, fits(found.kept, "another long one")) == (Role.ENGINEER, True)
    assert run("list", path).split() == ["ann", "engineer"]
    with pytest.raises(ConfigError, match=r"no account 'anna'. Did you mean 'ann'\?"):
        run("remove", path, "anna")
    run("remove", path, "ann")
    assert AccountFile(path).accounts == {}


def test_a_station_without_the_accounts_that_it_is_to_have_is_refused_before_it_starts(
    tmp_path: Path, file: AccountFile
) -> None:
    Station.check(StationSettings(accounts=file.path), Expected())
    with pytest.raises(ConfigError, match="has no accounts: add one by `oreline accounts add"):
        Station.check(StationSettings(accounts=tmp_path / "none"), Expected())
    file.path.chmod(0o644)
    with pytest.raises(SecurityError, match="chmod 600"):
        Station.check(StationSettings(accounts=file.path), Expected())


def test_paths_of_sinks_mean_the_same_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = Config({"sinks": {"log": {}, "desk": {"sink": "station", "accounts": "accounts.json"}}}).anchored()
    assert config.tables["sinks"]["desk"]["accounts"] == str(tmp_path / "accounts.json")
