"""A model that wants a line on either side runs in the pipeline, with right answers wherever a neighbour is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.active_reference import ActiveReference
from inference.calibration.calibrator import Calibrator
from inference.labeller import Counts, Labels
from inference.pipeline import Pipeline
from inference.reference_review import ReferenceReview
from inference.references.files import load
from inference.references.reference import Reference
from inference.references.store import Store
from inference.window import LineWindow
from oreline.messages import EndOfStream, Flag, Gap, Kind, LabelLine, Message, RawLine, Reason, Stamp, StreamInfo
from oreline.metrics import Account

RUN, BANDS, SAMPLES = bytes(16), 4, 6
DARK, WHITE, DIMMER = 100, 2900, 2340
INFO = StreamInfo(
    RUN, 0, 0, "SIM", "1", tuple(900.0 + band for band in range(BANDS)), SAMPLES, 0, 4095, 100.0, 1.0, 450.0, 1.0, 1.0
)  # fmt: skip
Batch = list[Message]


class Mean:
    """A model whose label is the reflectance, in per cent, of a line and its neighbours together; the confidence says
    how many lines those were, times ten, and which of them was labelled."""

    id, classes, layers, before, after = "mean", (), (), 1, 1

    def check(self, _info: StreamInfo) -> None:
        pass

    def compile(self) -> None:
        pass

    def labeller(self, calibrator: Calibrator) -> MeanLabeller:
        return MeanLabeller(calibrator)


class MeanLabeller:
    """All lines of a run stand side by side, each in buffers of its own, before any is looked at."""

    def __init__(self, calibrator: Calibrator) -> None:
        self._calibrator = calibrator
        self._buffers = [calibrator.buffers() for _ in range(3)]

    def label(self, run: Sequence[Counts], at: int) -> Labels:
        lines = [self._calibrator.features(counts, into) for counts, into in zip(run, self._buffers, strict=False)]
        _, mean, invalid = lines[at]
        labels = np.rint(100 * np.mean([mean for _, mean, _ in lines], axis=0)).astype(np.uint8)
        return Labels(labels, np.full(SAMPLES, 10 * len(run) + at, np.uint8), mean, invalid)


def counts(seq: int) -> Counts:
    """Such that reflectance under both references, and its mean over up to three lines, is a whole number of per cent,
    and that no two lines in a row are alike."""
    return np.full((BANDS, SAMPLES), DARK + 28 * 24 * (1, 3, 2, 3, 1, 2)[seq % 6], np.uint16)


def scene(seqs: Iterable[int]) -> Batch:
    return [RawLine(Stamp(RUN, 0, seq, seq, 0, 0), Kind.SCENE, Flag.NONE, counts(seq)) for seq in seqs]


def capture(first: int, white: int = WHITE) -> Batch:
    """Three dark and three white lines, and the scene announced after them."""
    batch: Batch = []
    for at, kind, level in ((first, Kind.DARK, DARK), (first + 3, Kind.WHITE, white)):
        stamps = [Stamp(RUN, 0, seq, seq, 0, 0) for seq in range(at, at + 3)]
        batch.append(replace(INFO, seq=at, kind=kind))
        batch += [RawLine(stamp, kind, Flag.NONE, np.full((BANDS, SAMPLES), level, np.uint16)) for stamp in stamps]
    return [*batch, replace(INFO, seq=first + 6)]


def pipeline(folder: Path, reference: Reference | None = None, lanes: int = 1) -> Pipeline:
    review = ReferenceReview(Store(folder), reference, lanes=lanes, model=Mean())
    return Pipeline(ActiveReference(review, Account("inference")), reflectance=False)


def results(stage: Pipeline, batches: Iterable[Batch], between: Callable[[], object] = lambda: None) -> list[Batch]:
    """What comes out, list by list. All that was captured is reviewed before the next batch; so is what is done
    `between` two."""

    def feed() -> Iterator[Batch]:
        for batch in batches:
            yield batch
            between()
            stage.active.wait_until_reviewed()

    return [made for made in stage(feed()) if made]


def labelled(made: Iterable[Batch]) -> dict[int, tuple[int, int]]:
    """Label and confidence by line."""
    lines = [message for batch in made for message in batch if isinstance(message, LabelLine)]
    assert [line.first for line in lines] == sorted({line.first for line in lines})
    return {line.first: (int(line.labels[0]), int(line.confidence[0])) for line in lines}


def expected(*runs: range, white: Callable[[int], int] = lambda _: WHITE) -> dict[int, tuple[int, int]]:
    """The same computed from the counts: each line with its neighbours in its run."""
    answers = {}
    for run in runs:
        for seq in run:
            near = [one for one in (seq - 1, seq, seq + 1) if one in run]
            percent = np.mean([100 * (int(counts(one)[0, 0]) - DARK) / (white(seq) - DARK) for one in near])
            answers[seq] = round(float(percent)), 10 * len(near) + near.index(seq)
    return answers


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("size", [1, 2, 7, 40], ids="in batches of {}".format)
def test_a_line_is_labelled_with_its_neighbours_and_with_what_there_is_at_both_ends(
    tmp_path: Path, size: int, lanes: int
) -> None:
    lines = scene(range(6, 30))
    batches = [lines[at : at + size] for at in range(0, len(lines), size)]
    made = results(pipeline(tmp_path, lanes=lanes), [capture(0), *batches, [EndOfStream(RUN, 0, 30, 24, 0, 6)]])
    assert labelled(made) == expected(range(6, 30))
    assert isinstance(made[-1][-1], EndOfStream)


def test_a_line_alone_in_its_run_is_labelled_by_itself(tmp_path: Path) -> None:
    made = results(pipeline(tmp_path), [capture(0), scene([6]), [Gap(RUN, 0, 7, 1, Reason.DROPPED)], scene([8])])
    assert labelled(made) == expected(range(6, 7))


def test_lines_on_both_sides_of_a_gap_are_no_neighbours_and_order_is_kept(tmp_path: Path) -> None:
    gap, end = Gap(RUN, 0, 10, 5, Reason.DROPPED), EndOfStream(RUN, 0, 20, 9, 5, 6)
    made = results(pipeline(tmp_path), [capture(0), [*scene(range(6, 10)), gap, *scene(range(15, 20)), end]])
    assert labelled(made) == expected(range(6, 10), range(15, 20))
    flat = [message.first for batch in made for message in batch]
    assert flat == sorted(flat)


def test_nothing_waits_for_a_neighbour_when_the_stream_is_described_anew(tmp_path: Path) -> None:
    """Who announces a scene lets the camera stand still until it is answered: no line would come to be waited for."""
    made = results(pipeline(tmp_path), [capture(0), scene(range(6, 9)), [replace(INFO, seq=9, temperature_c=31.0)]])
    assert labelled(made) == expected(range(6, 9))
    assert isinstance(made[-1][-1], StreamInfo)
    assert made[-1][-1].seq == 9


def test_references_taken_in_mid_run_part_the_lines_and_hold_for_those_after_them(tmp_path: Path) -> None:
    stage = pipeline(tmp_path)
    batches = [capture(0), scene(range(6, 12)), capture(12, DIMMER), scene([18]), scene(range(19, 24))]
    made = results(stage, [*batches, [EndOfStream(RUN, 0, 24, 12, 0, 12)]])
    assert labelled(made) == expected(range(6, 12), range(18, 24), white=lambda seq: WHITE if seq < 12 else DIMMER)


def test_all_lines_of_a_run_are_seen_under_the_reference_that_its_label_names(tmp_path: Path) -> None:
    """A choice comes into force between two lines of a run; neighbours on its other side are calibrated anew."""
    results(pipeline(tmp_path), [capture(0, DIMMER)])
    other = load(tmp_path / "current")
    stage = pipeline(tmp_path)
    batches = iter([capture(0), scene(range(6, 12)), scene(range(12, 18)), [EndOfStream(RUN, 0, 18, 12, 0, 6)]])
    fed = 0

    def choose() -> None:
        nonlocal fed
        fed += 1
        if fed == 2:
            stage.active._review.store.choose(other.id, "used")
            stage.active.poll_choice()

    made = results(stage, batches, choose)
    names = {m.first: m.reference_id for batch in made for m in batch if isinstance(m, LabelLine)}
    swap = min(seq for seq, name in names.items() if name == other.id)
    assert swap == 11
    assert labelled(made) == expected(range(6, 18), white=lambda seq: WHITE if seq < swap else DIMMER)
    in_force = [entry["line"] for entry in Store(tmp_path).history() if entry["what"] == "in_force"]
    assert in_force[-1] == swap


def test_labels_are_the_same_wherever_the_process_was_killed_and_started_again(tmp_path: Path) -> None:
    lost = Gap(RUN, 0, 12, 3, Reason.DROPPED)
    warmer = replace(INFO, seq=20, temperature_c=31.0)
    stream = [*capture(0), *scene(range(6, 12)), lost, *scene(range(15, 20)), warmer, *scene(range(20, 26)),
              EndOfStream(RUN, 0, 26, 17, 3, 6)]  # fmt: skip
    whole = results(pipeline(tmp_path), [[message] for message in stream])
    truth = labelled(whole)
    assert truth == expected(range(6, 12), range(15, 20), range(20, 26))
    reference = load(tmp_path / "current")
    for stored in range(6, 26):
        again = pipeline(tmp_path, reference)
        _, needed = again.resume((RUN, stored)) or (RUN, 0)
        assert needed == stored - 1
        rest = [message for message in stream if message.first + message.n > needed or message.first > needed]
        made = results(again, [[INFO], *([message] for message in rest)])
        assert labelled(made) == {seq: label for seq, label in truth.items() if seq >= stored}
        lines = [message for batch in made for message in batch if message.n]
        assert lines[0].first <= stored < lines[0].first + lines[0].n
        assert again.active.account.incidents == {}


def test_a_window_holds_copies_of_no_more_lines_than_it_needs() -> None:
    window = LineWindow(2, 1)
    lines = [line for line in scene(range(5)) if isinstance(line, RawLine)]
    given = [(near.line.first, [int(c[0, 0]) for c in near.run], near.at) for near in window.add(lines[:4])]
    assert [(seq, len(run), at) for seq, run, at in given] == [(0, 2, 0), (1, 3, 1), (2, 4, 2)]
    assert window.oldest == 1
    levels = [int(line.counts[0, 0]) for line in lines]
    for line in lines:
        line.counts[:] = 0
    (near,) = window.add(lines[4:])
    assert [int(c[0, 0]) for c in near.run] == [*levels[1:4], 0]
    assert window.oldest == 2
    (last,) = window.end()
    assert (last.line.first, last.at, window.oldest) == (4, 2, None)


def test_a_window_of_one_line_holds_none() -> None:
    window = LineWindow(0, 0)
    lines = [line for line in scene(range(3)) if isinstance(line, RawLine)]
    assert [(near.line.first, near.run[near.at] is near.line.counts) for near in window.add(lines)] == [
        (0, True), (1, True), (2, True)
    ]  # fmt: skip
    assert (window.oldest, window.end()) == (None, [])
