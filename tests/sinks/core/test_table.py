"""Interval table: what holds for all of it travels with it."""

import pyarrow as pa

from sinks.core.table import FROM, header_of, with_header


def test_a_table_keeps_its_header_and_one_without_has_none() -> None:
    table = pa.table({FROM: [0.0]})
    assert header_of(with_header(table, {"loss": "base"})) == {"loss": "base"}
    assert header_of(table) == {}
