"""Makes docs/img/core.png: `python docs/build_core_picture.py CORE_tsg.tsg BEFORE`, with a log of core and a model of
version 1. It needs the extra `report`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from inference.commands.evaluate.rocks import by_species, share, strips, tray
from inference.commands.report.plots import BLUE, GREY, STYLE
from inference.evaluation.examination import Examination, examine
from inference.evaluation.rock import Rock
from inference.evaluation.rock_measures import INTERVAL_M
from inference.features.absorption import absorptions
from inference.features.windows import placed
from inference.models import SHIPPED

PICTURE = Path(__file__).parent / "img" / "core.png"
COLOURS = 255
FEATURE = "2200"
LEAST_DEPTH = 0.03
"""Of an absorption whose centre is shown: below it bands 12 nm wide place it worse than one mica differs from the
next."""


def build(log: Path, before: Path, path: Path = PICTURE) -> None:
    """Write a tray of core as its log and two models name it, and what the new one tells along the hole."""
    old, new = (examine(model, [log]) for model in (before, SHIPPED / "swir288"))
    (rock,) = new.rocks
    with mpl.rc_context(STYLE):
        canvas = Figure(figsize=(8.2, 8.0), layout="constrained", dpi=100)
        top, bottom = canvas.subfigures(2, 1, height_ratios=(3.4, 3.0))
        of_kaolin, centre = bottom.subplots(2, 1, sharex=True)
        tray(rock, {**strips(rock, new), "before": by_species(old.own[rock.name].answers[rock.name], old)}, top)
        share(rock, new, None, of_kaolin)
        of_kaolin.set_xlabel("")
        _centre(rock, new, centre)
        canvas.savefig(path, metadata={"Software": None})
    Image.open(path).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def _centre(rock: Rock, new: Examination, axes: Any) -> None:
    """Draw the centre of an absorption along the hole, of each sample and as means."""
    (there,) = [one for one in placed(new.card.wavelengths_nm) if one.info.name == FEATURE]
    ((nm, depth),) = absorptions([there], rock.seen)
    nm[~(depth > LEAST_DEPTH)] = np.nan
    place, of = np.unique(np.floor(rock.depth_m / INTERVAL_M), return_inverse=True)
    mean = [np.nanmean(nm[of == number]) for number in range(len(place))]
    axes.plot(rock.depth_m, nm, ".", color=BLUE, alpha=0.4, markersize=3, markeredgewidth=0)
    axes.step((place + 0.5) * INTERVAL_M, mean, where="mid", color=BLUE, linewidth=1.3)
    axes.set(xlabel="depth, m", ylabel=f"centre of {FEATURE}, nm", xlim=rock.depth_m[[0, -1]], ylim=(2200, 2212))
    axes.grid(color=GREY, alpha=0.25)


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:3]))
