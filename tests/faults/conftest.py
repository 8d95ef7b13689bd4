"""Fixtures of the tests that do harm to a line."""

from tests.system.line import belt, cli, line

__all__ = ["belt", "cli", "line"]
