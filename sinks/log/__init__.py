"""A journal of every line, exactly once, and what people read of it: a Parquet file and a label map."""

from sinks.log.account import account
from sinks.log.sink import Log

__all__ = ["Log", "account"]
