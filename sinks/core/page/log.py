"""Log of a hole: columns beside each other against depth, in segments of one length.

A segment is a row of a table, so that paper breaks between two and repeats the heads; places within it are percentages
of its height, so that all columns stay aligned however far they are drawn out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Protocol

from sinks.core.pictures import ink
from sinks.core.pictures.marks import Mark

SEGMENTS, LEAST_M = 15, 5.0
"""About how many segments a long hole has, and the least length of one."""
MOST_TICKS = 6000
"""Ticks of the finest scale."""
PART = 0.4
"""Of the column of recovery, what is 100 %."""
PAPER_PX, TICK_PX, MARK_PX, LETTER_PX, EACH_PX = 850, 44, 13.0, 6.0, 6.0
"""Height of a segment on paper, least distance of two depths and of two marks; width of a letter in a head, and between
two words."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Depths [from_m, to_m) of a log."""

    from_m: float
    to_m: float

    def at(self, depth_m: float) -> float:
        """Place of a depth from its top, in percent of its height, no less than 0 and no more than 100."""
        return 100 * min(max((depth_m - self.from_m) / (self.to_m - self.from_m), 0.0), 1.0)

    def down(self, from_m: float, to_m: float) -> str:
        """Attributes of a rectangle over depths."""
        top = self.at(from_m)
        return f'y="{top:.3f}%" height="{self.at(to_m) - top:.3f}%"'

    def holds(self, depth_m: float) -> bool:
        return self.from_m <= depth_m < self.to_m

    def meets(self, from_m: float, to_m: float) -> bool:
        return from_m < self.to_m and to_m > self.from_m


class Column(Protocol):
    """A column of a log. `name`: its class in the page; `width`: in px of a screen, and its share of a sheet of paper;
    `stretches`: it takes what room is left; `on_paper`: there is room for it there."""

    @property
    def name(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def stretches(self) -> bool: ...
    @property
    def on_paper(self) -> bool: ...

    def head(self) -> str:
        """HTML of its head."""

    def cell(self, segment: Segment) -> str:
        """HTML of what it shows of a segment."""


def segment_m(from_m: float, to_m: float) -> float:
    """Length of a segment of a hole."""
    return max(LEAST_M, ink.round_step((to_m - from_m) / SEGMENTS))


def segments(from_m: float, to_m: float) -> list[Segment]:
    """Segments that end at multiples of their length."""
    edges = [edge for edge in ink.multiples(segment_m(from_m, to_m), from_m, to_m) if from_m < edge < to_m]
    return [Segment(*ends) for ends in zip([from_m, *edges], [*edges, to_m], strict=True)]


def log(columns: Sequence[Column], from_m: float, to_m: float) -> str:
    """HTML of a log."""
    parts = segments(from_m, to_m)
    heads = "".join(f'<th class="{one.name}">{one.head()}</th>' for one in columns)
    rows = "".join(
        f'<tr class="s{number}">{"".join(f"<td>{one.cell(part)}</td>" for one in columns)}</tr>'
        for number, part in enumerate(parts)
    )
    cols = "".join(f'<col class="w{number}">' for number in range(len(columns)))
    return (
        f'<table role="presentation"><colgroup>{cols}</colgroup><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def crowded(marks: Sequence[Mark]) -> dict[str, float]:
    """Px a metre below which the words of blocks, and of boxes, would lie over each other."""
    found = {}
    for name, strong in (("block", True), ("box", False)):
        depths = sorted(one.depth_m for one in marks if one.strong is strong)
        found[name] = MARK_PX / max(1e-3, min((b - a for a, b in pairwise(depths)), default=MARK_PX))
    return found


def style(columns: Sequence[Column], from_m: float, to_m: float) -> str:
    """Style of that log: how long its segments are on screen and on paper, which depths are written when."""
    parts, length = segments(from_m, to_m), segment_m(from_m, to_m)
    rules = [
        f".s{n}{{--m:{part.to_m - part.from_m:.6f};--share:{(part.to_m - part.from_m) / length:.6f}}}"
        for n, part in enumerate(parts)
    ]
    whole, on_paper = (sum(one.width for one in some) for some in (columns, [one for one in columns if one.on_paper]))
    rules += [f".w{n}{{width:{one.width}px}}" for n, one in enumerate(columns) if not one.stretches]
    paper = [f".w{n}{{width:{100 * one.width / on_paper:.3f}%}}" for n, one in enumerate(columns)]
    away = [n for n, one in enumerate(columns) if not one.on_paper]
    paper += [f"#log .w{n},#log tr>:nth-child({n + 1}){{display:none}}" for n in away]
    levels = len(tick_steps(from_m, to_m))
    rules += [f'#log[data-level="{n}"] .l{n}{{display:inline}}' for n in range(levels)]
    printed = _level(from_m, to_m, length / PAPER_PX)
    paper += [
        "#log table{min-width:0}",
        "#log .ticks{display:none!important}",
        f"#log .l{printed}{{display:inline!important}}",
    ]
    return f"{''.join(rules)}#log table{{min-width:{whole}px}}@media print{{{''.join(paper)}}}"


def tick_steps(from_m: float, to_m: float) -> list[float]:
    """Steps of the scales of depth, from that which has the whole hole in a few to the finest."""
    steps, step = list[float](), ink.round_step((to_m - from_m) / 4)
    while (to_m - from_m) / step <= MOST_TICKS and step >= 0.0009:
        steps.append(step)
        step = ink.round_step(step / 2.6)
    return steps


def _level(from_m: float, to_m: float, m_per_px: float) -> int:
    """The finest scale whose depths do not stand on each other."""
    return max((n for n, step in enumerate(tick_steps(from_m, to_m)) if step >= TICK_PX * m_per_px), default=0)


@dataclass(frozen=True, slots=True)
class Depths:
    """Column of depths: scales of several steps, of which one is shown at a time."""

    from_m: float
    to_m: float
    name: str = "depths"
    width: int = 58
    stretches: bool = False
    on_paper: bool = True

    def head(self) -> str:
        return "depth, m"

    def cell(self, segment: Segment) -> str:
        groups = "".join(
            f'<g class="ticks l{level}">{"".join(self._ticks(segment, step))}</g>'
            for level, step in enumerate(tick_steps(self.from_m, self.to_m))
        )
        return f'<svg aria-hidden="true">{groups}</svg>'

    def _ticks(self, segment: Segment, step: float) -> Iterator[str]:
        for depth in ink.multiples(step, segment.from_m, segment.to_m):
            if segment.holds(depth):
                y, words = f"{segment.at(depth):.3f}%", ink.depth_text(depth, step)
                name = ' class="top"' if segment.at(depth) == 0 else ""
                yield f'<line x1="84%" x2="100%" y1="{y}" y2="{y}"/><text{name} x="80%" y="{y}">{words}</text>'


@dataclass(frozen=True, slots=True)
class Marks:
    """Column of what lies where: core that is missing, recovery of runs, blocks, and where boxes begin."""

    marks: Sequence[Mark]
    missing: Sequence[tuple[float, float]]
    recovery: Sequence[tuple[float, float, float]]
    """From, to, share."""
    name: str = "marks"
    width: int = 136
    stretches: bool = False
    on_paper: bool = True

    def head(self) -> str:
        return f"recovery, blocks, boxes{axis((0, PART), ('0', '100 %'), self.width)}"

    def cell(self, segment: Segment) -> str:
        shares = "".join(
            _bar(segment, first, last, PART * min(share, 1.0), "share") for first, last, share in self.recovery
        )
        lost = "".join(_bar(segment, first, last, PART, "lost") for first, last in self.missing)
        words = "".join(_mark(segment, one) for one in self.marks if segment.holds(one.depth_m))
        return f'<svg aria-hidden="true">{shares}{lost}{words}</svg>'


def _bar(segment: Segment, from_m: float, to_m: float, part: float, name: str) -> str:
    """A rectangle with a class over depths, as wide as a part of the column; nothing where the segment has none of
    them."""
    if not segment.meets(from_m, to_m):
        return ""
    return f'<rect class="{name}" width="{100 * part:.2f}%" {segment.down(from_m, to_m)}/>'


def _mark(segment: Segment, one: Mark) -> str:
    """A line with words: of a block behind it, of a box at the column's end and below it."""
    y, name, end, at = f"{segment.at(one.depth_m):.3f}%", *(("block", 43, 45) if one.strong else ("box", 100, 100))
    line = f'<line class="{name}" x1="0" x2="{end}%" y1="{y}" y2="{y}"/>'
    return f'{line}<text class="{name}" x="{at}%" y="{y}">{escape(one.words)}</text>'


def axis(places: Sequence[float], words: Sequence[str], width: int) -> str:
    """A scale in the head of a column; `places` 0..1 of `width` px. Words that would lie over others are left out."""
    texts, free = list[str](), -EACH_PX
    for place, said in zip(places, words, strict=True):
        anchor = "start" if place * width < LETTER_PX * len(said) / 2 else "end" if place > 0.8 else "middle"
        left = place * width - LETTER_PX * len(said) * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
        if left < free:
            continue
        texts.append(f'<text x="{100 * place:.1f}%" y="9" text-anchor="{anchor}">{escape(said)}</text>')
        free = left + LETTER_PX * len(said) + EACH_PX
    return f'<svg class="axis" aria-hidden="true">{"".join(texts)}</svg>'
