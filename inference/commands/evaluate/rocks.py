"""A tray of core as the model names it beside its log, and the share of kaolin along it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from matplotlib.figure import Figure as Canvas
from matplotlib.patches import Patch
from numpy.typing import NDArray

from inference.commands.evaluate.classes import group_colour
from inference.commands.report.plots import BLUE, GREY, INK, RED
from inference.evaluation.answers import NO_BANDS, NOT_ROCK, Answers
from inference.evaluation.decisions import bands_told, group_told, species_told
from inference.evaluation.examination import Examination
from inference.evaluation.rock import ASPECTRAL, Rock, kaolin_share
from inference.evaluation.rock_measures import INTERVAL_M, MIXED
from inference.evaluation.thresholds import groups

UNKNOWN, NOT_LOGGED = "unknown", "not in the log"
SHADES = {
    UNKNOWN: (0.93, 0.93, 0.93), NO_BANDS: (0.78, 0.8, 0.83), ASPECTRAL: (0.78, 0.8, 0.83),
    NOT_LOGGED: (1.0, 1.0, 1.0), NOT_ROCK: (0.36, 0.33, 0.3),
}  # fmt: skip
WORDS = {NO_BANDS: "no bands", ASPECTRAL: "no bands"}
ROW = 125
"""Samples of a row where a log does not say its rows."""

Names = NDArray[np.str_]


def pictures(ours: Examination, theirs: Examination | None) -> Iterator[Any]:
    """Of each log its tray, and where it holds kaolin and mica side by side their share along the hole."""
    for rock in (one for one in ours.rocks if one.logged):
        rows = len(np.unique(_rows(rock)))
        yield (
            f"{rock.name} beside its log",
            f"{rock.seen.shape[1]} samples, row by row: TSG's first group, what the model says of the bands, and its "
            "major mineral by group. The log is a reference, not truth: where two minerals are near each other, which "
            "is first is a toss. Nothing of this rock was in any training.",
            0.42 * rows + 1.3,
            partial(tray, rock, strips(rock, ours)),
        )
        held = (rock.kaolin_share > 0) & (rock.kaolin_share < 1)
        if held.sum() >= MIXED and np.isfinite(rock.depth_m).all():
            yield (
                f"{rock.name}: share of kaolin along the hole",
                f"Kaolin/(kaolin + white mica), means over {INTERVAL_M:g} m of the "
                f"{int(np.isfinite(rock.kaolin_share).sum())} samples that hold them.",
                2.6,
                partial(_share, rock, ours, theirs),
            )


def _rows(rock: Rock) -> NDArray[np.int64]:
    if np.isfinite(rock.section).all() and len(np.unique(rock.section)) > 1:
        return np.unique(rock.section, return_inverse=True)[1]
    return np.arange(rock.seen.shape[1]) // ROW


def by_bands(answers: Answers, ours: Examination) -> Names:
    """What the second answer says, by group."""
    names, sums = answers.band_groups
    told = np.where(bands_told(answers, ours.thresholds), names[sums.argmax(axis=1)], UNKNOWN)
    told = np.where(answers.no_bands, NO_BANDS, told)
    return np.where(answers.not_rock_second, NOT_ROCK, told)


def by_species(answers: Answers, ours: Examination) -> Names:
    """What the first answer says, by group."""
    names, sums = answers.grouped
    told = np.where(group_told(answers, ours.thresholds), names[sums.argmax(axis=1)], UNKNOWN)
    told = np.where(species_told(answers, ours.thresholds), groups(answers.best), told)
    return np.where(answers.not_rock_first, NOT_ROCK, told)


def strips(rock: Rock, ours: Examination) -> dict[str, Names]:
    """What a log and a model say of each sample, by group."""
    answers = ours.own[rock.name].answers[rock.name]
    logged = np.where(rock.groups[0] == "", NOT_LOGGED, rock.groups[0])
    return {"log": logged, "bands": by_bands(answers, ours), "mineral": by_species(answers, ours)}


def tray(rock: Rock, strips: dict[str, Names], canvas: Any) -> None:
    """Draw a tray row by row, each strip below the one before. `canvas`: a figure, or a part of one."""
    axes = canvas.subplots()
    row_of = _rows(rock)
    wide = int(np.bincount(row_of).max())
    lines, labels = [], []
    for row in np.unique(row_of):
        for name, said in strips.items():
            colours = np.array([_colour(one) for one in said[row_of == row]])
            lines.append(np.pad(colours, ((0, wide - len(colours)), (0, 0)), constant_values=1.0))
            labels.append(name)
        lines.append(np.ones((wide, 3)))
        labels.append("")
    axes.imshow(np.array(lines[:-1]), aspect="auto", interpolation="nearest")
    axes.set_yticks(range(len(lines) - 1), labels[:-1], fontsize=7)
    axes.tick_params(length=0)
    axes.set_xlabel("sample")
    for place in ("left", "bottom"):
        axes.spines[place].set_visible(False)
    for number, row in enumerate(np.unique(row_of)):
        if np.isfinite(depth := rock.depth_m[row_of == row]).all():
            middle, words = (len(strips) + 1) * number + 1, f"{depth[0]:.2f} to {depth[-1]:.2f} m"
            axes.text(wide + 1, middle, words, fontsize=7, va="center")
    present = dict.fromkeys(WORDS.get(one, one) for said in strips.values() for one in said.tolist())
    patches = [Patch(facecolor=_colour(one), edgecolor=GREY, linewidth=0.4, label=one) for one in present]
    canvas.legend(handles=patches, loc="outside lower center", ncols=6, fontsize=7)


def _colour(group: str) -> tuple[float, float, float]:
    return SHADES[group] if group in SHADES else group_colour(group)


def _share(rock: Rock, ours: Examination, theirs: Examination | None, canvas: Canvas) -> None:
    share(rock, ours, theirs, canvas.subplots())


def share(rock: Rock, ours: Examination, theirs: Examination | None, axes: Any) -> None:
    """Draw the share of kaolin along the hole."""
    which = np.isfinite(rock.kaolin_share)
    place, of = np.unique(np.floor(rock.depth_m[which] / INTERVAL_M), return_inverse=True)
    middle = (place + 0.5) * INTERVAL_M
    said = [
        ("log", rock.kaolin_share, INK, "-"),
        ("model", kaolin_share(ours.own[rock.name].answers[rock.name]), RED, "-"),
    ]
    if theirs is not None and rock.name in theirs.own:
        said.append(("other model", kaolin_share(theirs.own[rock.name].answers[rock.name]), BLUE, "--"))
    for label, of_kaolin, colour, style in said:
        mean = np.bincount(of, of_kaolin[which]) / np.bincount(of)
        axes.step(middle, mean, style, where="mid", color=colour, linewidth=1.3, label=label)
    axes.set(xlabel="depth, m", ylabel="share of kaolin", ylim=(0, 1), xlim=(middle[0], middle[-1]))
    axes.grid(color=GREY, alpha=0.25)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2, ncols=3, fontsize=8)
