"""Fixtures of the system tests."""

from tests.system.line import belt, cli, line, short_belt

__all__ = ["belt", "cli", "line", "short_belt"]
