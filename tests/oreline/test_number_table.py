"""Tables of numbers in text: read in what instruments and spreadsheets write, or refused; never another number."""

from __future__ import annotations

import codecs
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from oreline.config import Config
from oreline.errors import ConfigError
from oreline.number_table import TableError, read_columns
from oreline.text import decode

ROWS = [[900.0, 0.98], [1000.5, 0.97], [1700.0, 1.01]]


@pytest.mark.parametrize("separator", [";", "; ", "\t", "|", ",", ", ", " ", "   "])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_columns_are_read_however_they_are_parted_and_encoded(tmp_path, separator, encoding, line_break):
    rows = [separator.join(f"{value:g}" for value in row) for row in ROWS]
    text = line_break.join(["Messung bei 23 \u00b0C", "nm" + separator + "R", *rows, "", "# the end"])
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    assert read_columns(path).tolist() == ROWS


@pytest.mark.parametrize(
    "row",
    [
        "900;0,98", "900,0;0,98", "900,5\t0,98", "900 0,98", "900,0 0,98", "900,0,98", "900,5,0,98", "900;1,5e-3",
        "1.000,5;0,98", "900", "900;", "900;0.98;0,01", "1,000.5;0.98",
    ],
)  # fmt: skip
def test_a_row_that_could_mean_another_number_is_refused_by_its_line(tmp_path, row):
    path = tmp_path / "a.txt"
    path.write_text(f"nm R\n{row}\n{row}\n", encoding="utf-8")
    with pytest.raises(TableError, match="line 2"):
        read_columns(path)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.integers(0, 99_999), st.integers(0, 99_999)), min_size=2, max_size=4),
    places=st.integers(1, 4),
    separator=st.sampled_from([";", "\t", "|", ",", " ", ", ", "; "]),
    columns=st.integers(0, 2),
)
def test_no_decimal_comma_is_ever_read_as_another_number(tmp_path, rows, places, separator, columns):
    """With points the very numbers, with commas in one column or both the same or a refusal. No program writes both a
    comma and a point for decimals where commas part the columns."""
    assume(not (columns == 1 and "," in separator))
    path = tmp_path / "a.txt"
    values = [(a / 10**places, b / 10**places) for a, b in rows]
    texts = [[f"{value:.{places}f}" for value in row] for row in values]
    commas = [[text.replace(".", ",") if i < columns else text for i, text in enumerate(row)] for row in texts]
    path.write_text("\n".join(separator.join(row) for row in commas), encoding="utf-8")
    try:
        found = read_columns(path)
    except TableError:
        assert columns
        return
    np.testing.assert_array_equal(found, values)


def test_a_value_that_is_missing_in_the_middle_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("2026-01-31 panel\n900 0.98\n1000 n/a\n1100 0.98\n", encoding="utf-8")
    with pytest.raises(TableError, match="line 3"):
        read_columns(path)


def test_a_table_of_nothing_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    for content in (b"", b"900 1", b"words\nand more", codecs.BOM_UTF16_LE + b"9"):
        path.write_bytes(content)
        with pytest.raises(TableError):
            read_columns(path)


_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
"""Without NUL: "a" and a NUL are UTF-8 and UTF-16 alike."""


@given(_TEXT, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]))
def test_marked_text_is_decoded_as_it_was_encoded(text, encoding):
    text = "a" + text
    assert decode(text.encode(encoding)) == text


@given(st.binary(max_size=40))
def test_any_bytes_are_text_or_refused_as_such(raw):
    with suppress(UnicodeDecodeError):
        assert isinstance(decode(raw), str)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_a_line_file_is_read_with_each_mark_that_windows_writes(tmp_path, encoding):
    path = tmp_path / "line.toml"
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    path.write_bytes(mark + '[line]\r\nname = "a"\r\noutput = "Erzk\u00f6rper"\r\n'.encode(encoding))
    assert Config.load(path).tables["line"]["output"] == "Erzk\u00f6rper"


def test_a_line_file_of_another_encoding_is_refused_with_its_line(tmp_path):
    path = tmp_path / "line.toml"
    path.write_bytes('[line]\noutput = "Erzk\u00f6rper"\n'.encode("cp1252"))
    with pytest.raises(ConfigError, match="line 2 is not UTF-8: save it with that encoding"):
        Config.load(path)


def test_a_remark_behind_the_first_row_makes_no_heading_of_it(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("nm;R;of what\n900;0.98;edge\n1000.5;0.97\n1700;1.01;\n", encoding="utf-8")
    assert read_columns(path).tolist() == ROWS
