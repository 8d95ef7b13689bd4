"""The page of a hole stands alone, and what it shows is what was measured, where it was."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from oreline.palette import GROUPS, rgb
from sinks.core.page.columns import MosaicColumn, means, stacks
from sinks.core.page.log import LEAST_M, Depths, segment_m, segments, tick_steps
from sinks.core.page.page import page, policy
from sinks.core.page.told import MOSAIC_ROWS, Told
from sinks.core.pictures import ink
from tests.sinks.core.page.holes import FROM_M, told


@pytest.fixture(scope="module")
def hole() -> Told:
    return told()


@pytest.fixture(scope="module")
def html(hole: Told) -> str:
    return page(hole)


class Seen(HTMLParser):
    """Tags with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_it_asks_for_nothing_and_its_policy_allows_its_own_style_and_script_alone(html: str) -> None:
    seen = Seen(html)
    css, script = (re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL) for tag in ("style", "script"))
    assert css
    assert script
    (told,) = [one["content"] for tag, one in seen.tags if one.get("http-equiv") == "Content-Security-Policy"]
    assert told == policy(css[1], script[1])
    assert "unsafe" not in str(told)
    sources = [value for _, of in seen.tags for name, value in of.items() if name in ("src", "href", "data", "action")]
    assert sources
    assert all(str(one).startswith("data:image/") for one in sources)
    assert [of for _, of in seen.tags if "style" in of or any(name.startswith("on") for name in of)] == []
    assert not re.search(r"https?:|@import|url\((?!#hatch)", html)


def test_what_people_wrote_is_text(html: str) -> None:
    assert "<257>" not in html.replace("\\u003c257>", "")
    assert "the survey &lt;is&gt; missing" in html


def test_mosaics_have_the_colours_of_groups_and_lie_where_their_depths_are(hole: Told) -> None:
    (column,) = [one for one in hole.columns() if isinstance(one, MosaicColumn) and one.title == "groups"]
    parts = segments(hole.from_m, hole.to_m)
    shown = np.concatenate([decoded(column.cell(part)) for part in parts])
    assert len(shown) == hole.grid.rows
    middle = shown[:, shown.shape[1] // 2]
    colour = {name: (middle == rgb(GROUPS[name])).all(axis=1) for name in ("kaolin", "white mica", "invalid")}
    depth = hole.grid.middles_m(0, hole.grid.rows)
    within = (depth - FROM_M) % 5
    lost = within > 4.6
    assert (within[colour["white mica"]] // 1 == 1).all()
    assert (within[colour["kaolin"]] // 1 != 1).all()
    assert {tuple(one) for one in middle[lost].tolist()} == set(ink.LOST)
    assert np.mean(np.any(list(colour.values()), axis=0) | lost) == 1.0


def decoded(cell: str) -> np.ndarray:
    found = re.search(r"base64,([^\"]+)", cell)
    assert found
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(found[1]))).convert("RGB"))


def test_bars_are_the_tables_fractions_at_their_depths(hole: Told) -> None:
    (of_groups, _) = stacks(hole.fine)
    first = segments(hole.from_m, hole.to_m)[0]
    rects = re.findall(
        r'<rect x="([\d.]+)%" width="([\d.]+)%" y="([\d.]+)%" height="([\d.]+)%" fill="(#\w+)"', of_groups.cell(first)
    )
    whole = {}
    for _, width, y, height, _ in rects:
        whole[y] = whole.get(y, 0.0) + float(width)
        assert float(height) == pytest.approx(100 * 0.1 / (first.to_m - first.from_m), abs=0.01)
    assert list(whole.values()) == pytest.approx([100.0] * len(whole), abs=0.05)
    mica = {float(y) for _, width, y, _, fill in rects if fill == "#FFFF00" and float(width) > 50}
    places = [first.from_m + y / 100 * (first.to_m - first.from_m) for y in mica]
    assert min(places) == pytest.approx(FROM_M + 1.0, abs=1e-3)
    assert max(places) == pytest.approx(FROM_M + 1.9, abs=1e-3)


def test_the_table_has_every_interval_and_the_boxes_their_verdicts(html: str) -> None:
    text = "\n".join(Seen(html).text)
    for words in ("100.000", "109.000", "look", "not judged", "recovery is 92 %", "at the run's base", "Go"):
        assert words in text


@pytest.mark.parametrize(("from_m", "to_m"), [(65.9, 69.49), (100.0, 200.0), (0.0, 500.0), (12.34, 812.3)])
def test_segments_and_scales_of_depth_cover_the_hole(from_m: float, to_m: float) -> None:
    parts = segments(from_m, to_m)
    assert [parts[0].from_m, *(part.to_m for part in parts)] == [*(part.from_m for part in parts), to_m]
    assert len(parts) <= 20
    assert segment_m(from_m, to_m) >= LEAST_M
    column = Depths(from_m, to_m)
    for level, step in enumerate(tick_steps(from_m, to_m)):
        said = [
            float(words)
            for part in parts
            for group in re.findall(rf'<g class="ticks l{level}">(.*?)</g>', column.cell(part))
            for words in re.findall(r">([\d.]+)</text>", group)
        ]
        assert said == pytest.approx([one for one in ink.multiples(step, from_m, to_m) if one < to_m])


def test_the_page_of_half_a_kilometre_stays_small() -> None:
    made = told(boxes=100, line_m=0.02, samples=64, step_m=5.0)
    assert made.to_m - made.from_m == 500
    assert made.grid.rows <= MOSAIC_ROWS
    assert len(page(made)) < 8_000_000


def test_a_feature_that_is_nowhere_deep_enough_has_no_column(hole: Told) -> None:
    assert means(hole.fine) == []


def test_a_hole_without_rock_has_a_page(hole: Told) -> None:
    empty = replace(hole, fine=hole.fine.slice(0, 0), table=hole.table.slice(0, 0))
    assert "not known" in page(replace(empty, depth=replace(hole.depth, recovery=())))
