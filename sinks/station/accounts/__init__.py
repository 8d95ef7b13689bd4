"""Accounts: who may do what at a station. A file has them; `Accounts` knows who somebody is by his password."""

from __future__ import annotations

from sinks.station.accounts.accounts import Accounts
from sinks.station.accounts.file import Account, AccountFile

__all__ = ["Account", "AccountFile", "Accounts"]
