"""Lockout: who fails again and again has to wait, longer each time."""

from __future__ import annotations

S = 1_000_000_000
MOST_NS = 300 * S
FORGOTTEN_NS = 3600 * S
MOST_KEYS = 4096


class Lockout:
    """Lockout by key, such as an account's name or an address. The first `free` failures cost nothing, the next a wait
    of 1 s, 2 s, 4 s, and so on, 5 minutes at most; after an hour without one all is forgotten. Times are
    CLOCK_MONOTONIC in ns."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._failures: dict[str, tuple[int, int]] = {}
        """How many, and when the last was."""

    def wait_ns(self, key: str, now_ns: int) -> int:
        """For how long somebody has to wait from now on."""
        n, last_ns = self._failures.get(key, (0, 0))
        over = n - self._free
        until_ns = last_ns + min(S << min(over - 1, 30), MOST_NS) if over > 0 else 0
        return max(0, until_ns - now_ns)

    def failed(self, key: str, now_ns: int) -> None:
        """Another failure."""
        n, last_ns = self._failures.pop(key, (0, 0))
        self._failures[key] = (n + 1 if now_ns - last_ns < FORGOTTEN_NS else 1), now_ns
        if len(self._failures) > MOST_KEYS:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, key: str) -> None:
        """All is forgotten."""
        self._failures.pop(key, None)
