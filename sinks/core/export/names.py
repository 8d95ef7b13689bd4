"""Names that other programs take: of holes, columns and files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from hashlib import sha256

_WRITTEN_OUT = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "oe",
        "Ø": "Oe", "å": "aa", "Å": "Aa", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "µ": "u", "μ": "u", "–": "-",
        "—": "-", "−": "-", "’": "'", "“": '"', "”": '"', "\t": " ", "\r": " ", "\n": " ",
    }
)  # fmt: skip
_FORMULA = "=+-@"
"""A cell that begins so is run by a spreadsheet."""
SHORT = 8
_KINDS = {"mineral": "", "group": "G", "unknown": "U", "feature": "F"}
"""First letters of short names."""


def ascii_text(text: str) -> str:
    """Text in printable ASCII: umlauts and their like are written out, and what has no letters there becomes `_`."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).translate(_WRITTEN_OUT))
    kept = (one for one in plain if not unicodedata.combining(one))
    return "".join(one if " " <= one <= "~" else "_" for one in kept).strip()


def cell(text: str) -> str:
    """Text for a cell of a table that a spreadsheet may open: ASCII in one line, without commas, and no formula."""
    plain = ascii_text(text).replace(",", ";").replace('"', "'")
    return f"'{plain}" if plain.startswith(tuple(_FORMULA)) else plain


def hole_id(name: str) -> str:
    """A hole's name as every program takes it: ASCII letters, digits, spaces and `_-.#/()`, beginning with none of
    `=+-@.`. Where anything had to give way for `_`, four letters of a hash keep it apart from any other."""
    plain = ascii_text(name)
    safe = re.sub(r"^[-.]+|[^A-Za-z0-9 _\-.#/()]", "_", plain)
    lost = not safe or safe != plain or plain.count("_") != name.count("_")
    return f"{safe or '_'}-{sha256(name.encode()).hexdigest()[:4]}" if lost else safe


def file_stem(hole: str) -> str:
    """The beginning of file names of a hole."""
    return re.sub(r"[^A-Za-z0-9_\-.]", "_", hole_id(hole))


def column_names(columns: Sequence[str], most: int, taken: Iterable[str] = ()) -> list[str]:
    """Names of columns, of at most `most` letters, digits and `_`: no two alike, in whatever case, nor like one of
    `taken`. Those of SHORT and less leave out what can be left out: "group.white mica" is GWHITEMI."""
    used, names = {name.casefold() for name in taken}, []
    for column in columns:
        whole = re.sub(r"\W+", "_", ascii_text(column)).strip("_")
        base = (_short(column, most) if most <= SHORT else whole)[:most] or "C"
        name, number = base, 2
        while name.casefold() in used:
            name = f"{base[: most - len(str(number))]}{number}"
            number += 1
        used.add(name.casefold())
        names.append(name)
    return names


def _short(column: str, most: int) -> str:
    """A column's kind as a letter, its name, and at the end what of it: "feature.crystallinity.sd" is FCRYSTSD."""
    kind, *parts = (re.sub(r"[\W_]+", "", part).upper() for part in ascii_text(column).split("."))
    known = [_KINDS.get(kind.lower(), kind), *parts]
    end = known.pop() if len(known) > 2 else ""
    return "".join(known)[: most - len(end)] + end
