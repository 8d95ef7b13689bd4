"""Fixtures of the system tests."""

from tests.system.line import belt, cli, line

__all__ = ["belt", "cli", "line"]
