"""Passwords: what may be one, and how one is kept."""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from oreline.errors import ConfigError

RULE = "A password has 12 to 128 characters, at least 5 different ones, and not the account's name in it."
LEAST, MOST, DIFFERENT = 12, 128, 5
_HASHER = PasswordHasher(time_cost=4, memory_cost=32 * 1024, parallelism=1, type=Type.ID)
"""RFC 9106's argon2id with 32 MiB: some 75 ms of one core."""


def refuse_weak(name: str, password: str) -> None:
    """Raise ConfigError, with the rule, for what is no password of an account."""
    plain = _normal(password)
    named = name.casefold() in plain.casefold()
    if not LEAST <= len(plain) <= MOST or len(set(plain)) < DIFFERENT or named:
        raise ConfigError(f"this is no password: {RULE}")


def hashed(password: str) -> str:
    """What is kept of a password; another each time."""
    return _HASHER.hash(_normal(password))


def fits(kept: str, password: str) -> bool:
    """True of the password that something was kept of. It takes its time, also for what is damaged."""
    try:
        return _HASHER.verify(kept, _normal(password[: 2 * MOST]))
    except InvalidHashError:
        _HASHER.hash("nothing")
        return False
    except VerificationError:
        return False


def _normal(password: str) -> str:
    """The same letters are the same bytes, whatever keyboard they come from."""
    return unicodedata.normalize("NFKC", password).encode(errors="replace").decode()
