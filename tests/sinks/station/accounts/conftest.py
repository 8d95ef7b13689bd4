"""A file of accounts in which ann is an operator."""

from __future__ import annotations

from pathlib import Path

import pytest

from sinks.station.accounts import Account, AccountFile
from sinks.station.accounts.passwords import hashed
from sinks.station.commands import Role

PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def kept() -> str:
    """The hash of ann's password."""
    return hashed(PASSWORD)


@pytest.fixture
def file(tmp_path: Path, kept: str) -> AccountFile:
    file = AccountFile(tmp_path / "accounts.json")
    file.put(Account("ann", Role.OPERATOR, kept))
    return file
