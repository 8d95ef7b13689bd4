"""Fixtures of the tests of what is deployed."""

from tests.system.line import belt, line

__all__ = ["belt", "line"]
