"""A simulated hole as a log has it: trays that passed under a camera that never errs, in a journal."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hwsim.render.session import write_session
from hwsim.scenes.core import BOARD_MM, CoreScene
from hwsim.worlds.core import CoreWorld
from oreline.messages import BACKGROUND, ClassInfo, LabelLine, StreamInfo
from oreline.palette import colour_of
from oreline.testing import RUN, end_of_stream, label_line, stream_info
from sinks.core.box_scans import BoxScan
from sinks.core.hole_folder import HoleFolder
from sinks.core.session_in_force import take
from sinks.log.journal import Journal

SCENE = CoreScene(trays=3, row_mm=200.0, run_m=0.4, loss=0.1, loss_at="base", told=("places",), seed=4)
WOOD = "dry_grass"
"""Nothing that is rock; what a classifier takes a tray for."""


def seen(world: CoreWorld) -> tuple[StreamInfo, NDArray[np.uint8]]:
    """What its lines are, and their labels, uint8 (lines, samples): core, wood of trays, and the table."""
    scene = world.scene
    _, truth = world.paint(0, world.lines)
    rock = truth.ids > 0
    names = (*scene.all_minerals, WOOD)
    labels = np.full(rock.shape, BACKGROUND, np.uint8)
    way = world.way_mm(np.arange(world.lines))
    for number in range(scene.trays):
        front = world.tray(number).front_mm
        labels[(way > front - BOARD_MM) & (way < front + scene.row_mm + BOARD_MM)] = len(names) - 1
    labels[rock] = truth.labels(truth.fractions())[rock]
    classes = tuple(ClassInfo(name, colour_of(name, (90, 90, 90))) for name in names)
    info = stream_info(samples=rock.shape[1], classes=classes, counts_per_line=8.0, pitch_mm=1.0, layers=())
    return info, labels


def logged(output: Path, info: StreamInfo, labels: NDArray[np.uint8], lost: Container[int] = ()) -> None:
    """The journal of a run, in an output folder, without the lines that were lost."""
    output.mkdir(parents=True, exist_ok=True)
    lines: list[LabelLine] = [label_line(seq, info, one) for seq, one in enumerate(labels) if seq not in lost]
    journal = Journal(output / "journal.sqlite")
    journal.write([info, *lines, end_of_stream(info, len(labels))], 0)
    journal.close()


def scanned(folder: Path, world: CoreWorld, info: StreamInfo, labels: NDArray[np.uint8]) -> HoleFolder:
    """The hole in `folder`, each of its trays scanned once."""
    logged(folder / "out", info, labels)
    write_session(world, folder)
    hole, _ = take(folder / "session.toml", folder / "out", "ana")
    for number in range(world.scene.trays):
        first = round(number * world.scene.tray_mm)
        hole.scans.add(BoxScan(number + 1, 0, RUN.hex(), first, first + round(world.scene.tray_mm) - 25, "", "now"))
    return hole
