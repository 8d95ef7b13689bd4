"""Fixtures of the acquisition tests."""

from tests.acquisition.process import acquire

__all__ = ["acquire"]
