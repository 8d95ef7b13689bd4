"""Makes the fonts of the operator's page: `python docs/build_fonts.py FOLDER`, where FOLDER has the fonts as Debian's
packages fonts-inter and fonts-noto-cjk have them.

Of Inter it takes the letters of European languages, of Noto Sans CJK what the Chinese catalogue says; fontTools comes
with matplotlib. The licences lie beside the fonts.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

from sinks.station.words import LANGUAGES, words_in

FONTS = Path(__file__).parents[1] / "sinks" / "station" / "web" / "static" / "fonts"
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180), *map(ord, "–—‘’“”…•×−≤≥→µ")]
SIMPLIFIED = "Noto Sans CJK SC"
ALWAYS = "，。：；！？（）、“”《》·"


def build(folder: Path) -> None:
    """Write the four files."""
    for weight in ("Regular", "SemiBold"):
        font = TTFont(next(folder.rglob(f"Inter-{weight}.otf")))
        _write(font, LATIN, ["kern", "tnum", "calt", "ccmp"], f"Inter-{weight}")
    for weight in ("Regular", "Bold"):
        collection = TTCollection(next(folder.rglob(f"NotoSansCJK-{weight}.ttc")))
        font = next(one for one in collection.fonts if one["name"].getDebugName(1).startswith(SIMPLIFIED))
        _write(font, sorted(characters()), ["kern"], f"CJK-{weight}")


def characters() -> set[int]:
    """What the Chinese catalogue and the choice of languages say, besides what is in Latin letters."""
    said = "".join((*words_in("zh-CN").all.values(), *LANGUAGES.values(), ALWAYS))
    return {ord(one) for one in said} - set(LATIN)


def _write(font: TTFont, codes: list[int], features: list[str], name: str) -> None:
    options = subset.Options(layout_features=features, flavor="woff", hinting=False, notdef_outline=True)
    options.name_IDs, options.recalc_timestamp = [0, 1, 2, 13, 14], False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    subset.save_font(font, FONTS / f"{name}.woff", options)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
