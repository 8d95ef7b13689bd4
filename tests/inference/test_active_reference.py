"""Which reference is in force: at which line it comes, what keeps it from coming, and that lines go on meanwhile."""

from __future__ import annotations

import errno
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inference.active_reference import ActiveReference
from inference.pipeline import Pipeline
from inference.reference_review import ReferenceReview
from inference.references.limits import Limits
from inference.references.reference import Reference
from inference.references.store import Store
from oreline import moment
from oreline.errors import ReferenceRefused, StoreFailed
from oreline.messages import EndOfStream, Flag, Gap, Kind, Message, RawLine, ReflectanceLine, Stamp, StreamInfo
from oreline.metrics import Account
from oreline.moment import NEVER, Moment
from tests.inference.reference_builders import INFO, a_reference, some_lines, stream

WARM = stream(temperature_c=30.0)


def at(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat(timespec="seconds")


def reference(white: float = 2500.0, hours: float = 0.0, info: StreamInfo = WARM) -> Reference:
    """Taken some hours ago, of a stream."""
    made = a_reference(info, white=white)
    dark, light = (replace(kind, captured=at(hours)) for kind in (made.dark, made.white))
    return replace(made, dark=dark, white=light, captured=at(hours), id="")


class Running:
    """A stage that is fed as its stream comes."""

    def __init__(
        self, folder: Path, first: Reference | None = None, *, reflectance: bool = True, **limits: float | None
    ) -> None:
        self.store = Store(folder)
        if first is not None and first.id != self.store.chosen:
            self.store.keep(first)
            self.store.choose(first.id, "captured")
        review = ReferenceReview(self.store, first, limits=Limits(**limits), lanes=2)  # type: ignore[arg-type]
        self.active = ActiveReference(review, Account("inference"))
        self._pipeline = Pipeline(self.active, reflectance=reflectance)
        self.next = 0

    def feed(self, *messages: Message) -> list[Message]:
        """What comes of them, at once."""
        return [made for results in self._pipeline(iter([list(messages)])) for made in results]

    def lines(self, counts: NDArray[np.uint16], kind: Kind = Kind.SCENE) -> list[Message]:
        """The next lines of the stream."""
        stamps = [Stamp(INFO.run, 1, self.next + n, self.next + n, 0, 0) for n in range(len(counts))]
        self.next += len(counts)
        return [RawLine(stamp, kind, Flag.NONE, line) for stamp, line in zip(stamps, counts, strict=True)]

    def scene(self, n: int = 1) -> list[Message]:
        return self.lines(some_lines(INFO, 1000.0, n))

    def dark(self, level: float = 300.0, info: StreamInfo = WARM) -> list[Message]:
        """Announced, and then twenty lines."""
        return [replace(info, kind=Kind.DARK), *self.lines(some_lines(INFO, level, 20, seed=1), Kind.DARK)]

    def white(self, level: float = 2500.0) -> list[Message]:
        return [replace(WARM, kind=Kind.WHITE), *self.lines(some_lines(INFO, level, 20, seed=2), Kind.WHITE)]

    def chosen_now(self, identity: str) -> None:
        """An operator chooses, and it is looked for."""
        self.store.choose(identity, "used")
        self.active.poll_choice()
        self.active.wait_until_reviewed()

    @property
    def incidents(self) -> dict[str, int]:
        return self.active.account.incidents

    def last(self) -> tuple[str, str]:
        """What the history says last, and of which reference."""
        entry = self.store.history()[-1]
        return entry["what"], entry["id"]


def used(out: list[Message]) -> list[str]:
    """The reference that each line names."""
    return [line.reference_id for line in out if isinstance(line, ReflectanceLine)]


def test_a_first_capture_is_waited_for_and_is_in_force_at_the_first_line(tmp_path: Path) -> None:
    line = Running(tmp_path)
    out = line.feed(*line.dark(), *line.white(), WARM, *line.scene(3))
    assert [type(m) for m in out] == [StreamInfo, Gap, StreamInfo, Gap, StreamInfo, *[ReflectanceLine] * 3]
    assert used(out) == [line.store.chosen] * 3
    line.active.end()
    assert line.store.history()[-1] | {"at": ""} == {
        "at": "", "what": "in_force", "id": line.store.chosen, "run": INFO.run.hex(), "line": 40,
    }  # fmt: skip


def test_what_is_in_force_is_noted_once_in_a_run_though_another_process_goes_on_with_it(tmp_path: Path) -> None:
    first = Running(tmp_path)
    first.feed(*first.dark(), *first.white(), WARM, *first.scene(3))
    first.active.end()
    old = first.store.chosen
    again = Running(tmp_path, first.store.load(old))
    again.next = first.next
    again.feed(WARM, *again.scene(3))
    again.active.end()
    assert [entry["line"] for entry in again.store.history() if entry["what"] == "in_force"] == [40]
    again.feed(*again.dark(), *again.white(2400.0), WARM, *again.scene(1))
    again.active.wait_until_reviewed()
    again.feed(*again.scene(2))
    new = again.store.chosen
    again.chosen_now(old)
    again.feed(*again.scene(2))
    again.active.end()
    assert [entry["id"] for entry in again.store.history() if entry["what"] == "in_force"] == [old, new, old]


def test_a_capture_of_the_very_same_counts_comes_into_force_again_for_who_has_asked_for_it(tmp_path: Path) -> None:
    line = Running(tmp_path)
    line.feed(*line.dark(), *line.white(), WARM, *line.scene(3))
    first = line.store.chosen
    line.feed(*line.white(), WARM)
    line.active.wait_until_reviewed()
    line.feed(*line.scene(2))
    line.active.end()
    history = [(entry["what"], entry["id"]) for entry in line.store.history() if entry["id"]]
    assert history == [("captured", first), ("in_force", first)] * 2


def test_a_run_that_begins_with_references_uses_them_from_its_first_line_on(tmp_path: Path) -> None:
    old = reference()
    line = Running(tmp_path, old)
    out = line.feed(*line.dark(), *line.white(2400.0), WARM, *line.scene(2))
    assert used(out) == [line.store.chosen] * 2
    assert line.store.chosen != old.id


def test_lines_go_on_under_the_old_reference_until_the_new_one_comes_between_two_of_them(tmp_path: Path) -> None:
    old = reference()
    line = Running(tmp_path, old)
    out = line.feed(WARM, *line.scene(5), *line.dark(), *line.white(2400.0), WARM, *line.scene(5))
    line.active.wait_until_reviewed()
    out += line.feed(*line.scene(5))
    names = used(out)
    new = line.store.chosen
    swap = names.index(new)
    assert 5 <= swap <= 10
    assert names == [old.id] * swap + [new] * (15 - swap)
    line.active.end()
    assert line.last() == ("in_force", new)
    in_force = line.store.history()[-1]["line"]
    seqs = [m.first for m in out if isinstance(m, ReflectanceLine)]
    assert in_force == seqs[swap]


def test_a_dark_of_another_exposure_does_not_make_lines_wait(tmp_path: Path) -> None:
    old = reference()
    line = Running(tmp_path, old)
    long = replace(WARM, exposure_us=4000.0)
    out = line.feed(WARM, *line.scene(2), *line.dark(330.0, long), WARM, *line.scene(2))
    line.active.wait_until_reviewed()
    out += line.feed(*line.scene(2))
    names = used(out)
    assert names[:2] == [old.id] * 2
    assert names[4:] == [line.store.chosen] * 2 != [old.id] * 2
    assert [dark.exposure_us for dark in line.store.load(line.store.chosen).darks] == [4000.0]


def test_a_choice_comes_into_force_at_the_next_line_and_lines_before_keep_theirs(tmp_path: Path) -> None:
    first, other = reference(), reference(2400.0)
    line = Running(tmp_path, first)
    line.store.keep(other)
    before = line.feed(WARM, *line.scene(2))
    line.chosen_now(other.id)
    after = line.feed(*line.scene(2))
    assert used(before + after) == [first.id] * 2 + [other.id] * 2
    values = [m.reflectance for m in before + after if isinstance(m, ReflectanceLine)]
    assert np.nanmedian(values[2] / values[1]) == pytest.approx(2200 / 2100, rel=0.05)


def test_a_choice_of_another_camera_is_refused_and_taken_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, other = reference(), reference(info=stream(serial="S2"))
    line = Running(tmp_path, first)
    line.store.keep(other)
    line.feed(WARM, *line.scene())
    line.chosen_now(other.id)
    assert used(line.feed(*line.scene())) == [first.id]
    assert line.incidents == {"reference_camera": 1}
    assert line.store.chosen == first.id
    assert line.last() == ("refused", other.id)
    said = capsys.readouterr().err
    assert "the reference is of camera 'S2', the stream of 'S1'" in said
    assert f"reference {first.id} stays in force" in said
    assert "--force" not in said


def test_a_choice_that_is_damaged_is_refused_and_taken_back(tmp_path: Path) -> None:
    first, other = reference(), reference(2400.0)
    line = Running(tmp_path, first)
    line.store.keep(other)
    (tmp_path / other.id / "white.img").write_bytes(b"")
    line.feed(WARM, *line.scene())
    line.chosen_now(other.id)
    assert used(line.feed(*line.scene())) == [first.id]
    assert line.incidents == {"reference_damaged": 1}


def test_what_is_refused_is_kept_beside_and_its_reasons_stand_in_the_history(tmp_path: Path) -> None:
    first = reference()
    line = Running(tmp_path, first)
    line.feed(WARM, *line.scene(), *line.dark(), *line.white(1200.0), WARM, *line.scene())
    line.active.end()
    assert line.incidents == {"reference_change": 1}
    assert line.store.chosen == first.id
    (refused,) = [entry for entry in line.store.history() if entry["what"] == "refused"]
    assert [doubt["code"] for doubt in refused["doubts"]] == ["change"]
    assert refused["id"] in line.store.ids()


def test_a_first_reference_that_is_wrong_for_certain_ends_the_line_with_all_reasons(tmp_path: Path) -> None:
    line = Running(tmp_path, least_lines=50)
    with pytest.raises(ReferenceRefused) as refusal:
        line.feed(*line.dark(), *line.white(4300.0), WARM, *line.scene())
    assert "only 20 lines of a kind" in str(refusal.value)
    assert "at full scale" in str(refusal.value)


def test_a_recording_keeps_the_references_that_it_has_and_what_speaks_against_them_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = Running(tmp_path, reference(), refuse=False)
    out = line.feed(*line.dark(), *line.white(1200.0), WARM, *line.scene())
    assert used(out) == [line.store.chosen]
    assert line.incidents == {"reference_change": 1}
    assert "41% of the light it had last time" in capsys.readouterr().err


@pytest.mark.parametrize("clock", [NEVER, moment.now()], ids=["of a release that told no time", "of this one"])
def test_a_dark_alone_waits_for_a_white(tmp_path: Path, clock: Moment) -> None:
    line = Running(tmp_path, reflectance=False)
    dark = [replace(one, clock=clock) if isinstance(one, StreamInfo) else one for one in line.dark()]
    line.feed(*dark, WARM, EndOfStream(INFO.run, 1, 20, 0, 0, 20))
    assert line.store.chosen == ""
    later = Running(tmp_path, reflectance=False)
    later.feed(*later.white(), WARM, EndOfStream(INFO.run, 1, 20, 0, 0, 20))
    made = later.store.load(later.store.chosen)
    np.testing.assert_array_equal(made.dark.mean, some_lines(INFO, 300.0, 20, seed=1).mean(axis=0))
    assert made.dark.temperature_c == 30.0
    assert later.store.waiting() is None


def test_a_half_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    line = Running(tmp_path, reflectance=False)
    line.feed(*line.dark(), WARM, EndOfStream(INFO.run, 1, 20, 0, 0, 20))
    whole = (tmp_path / "waiting.npz").read_bytes()
    for damaged in (whole[:-100], whole[:2], b"", whole[:500] + b"\0" * 200 + whole[700:]):
        (tmp_path / "waiting.npz").write_bytes(damaged)
        later = Running(tmp_path, reflectance=False)
        with pytest.raises(ReferenceRefused, match="delete it, and capture again"):
            later.feed(*later.white(), WARM, EndOfStream(INFO.run, 1, 20, 0, 0, 20))


@pytest.mark.parametrize("reflectance", [True, False], ids=["a line", "oreline calibrate"])
@pytest.mark.parametrize("kinds", [("dark",), ("dark", "white")])
def test_a_run_that_is_cut_short_in_its_dark_or_white_makes_no_reference_of_it(
    tmp_path: Path, kinds: tuple[str, ...], reflectance: bool
) -> None:
    first = reference()
    line = Running(tmp_path, first, reflectance=reflectance)
    captured = [message for kind in kinds for message in getattr(line, kind)()]
    out = line.feed(WARM, *captured, EndOfStream(INFO.run, 1, len(captured), 0, 0, len(captured)))
    assert isinstance(out[-1], EndOfStream)
    assert (line.store.ids(), line.store.chosen) == ([first.id], first.id)
    assert line.incidents == {"cut_capture": 1}


def test_of_two_times_the_older_counts_and_one_that_is_no_time_does_not() -> None:
    made = reference(hours=2.0)
    older = replace(made, dark=replace(made.dark, captured=at(5.0)))
    unknown = replace(made, dark=replace(made.dark, captured="in spring"))
    assert [round(one.age_s() / 3600, 2) for one in (made, older, unknown)] == [2.0, 5.0, 2.0]


def test_a_scene_after_a_dark_alone_is_refused(tmp_path: Path) -> None:
    line = Running(tmp_path)
    with pytest.raises(ReferenceRefused, match="no white lines"):
        line.feed(*line.dark(), WARM, *line.scene())


def test_a_newer_dark_keeps_the_light_of_the_white(tmp_path: Path) -> None:
    first = reference()
    line = Running(tmp_path, first)
    line.feed(WARM, *line.scene(), *line.dark(310.0), WARM, *line.scene())
    line.active.end()
    new = line.store.load(line.store.chosen)
    assert new.id != first.id
    np.testing.assert_allclose(new.white.mean - new.dark.mean, first.white.mean - first.dark.mean)
    assert np.median(new.dark.mean - first.dark.mean) == pytest.approx(10.0, rel=0.2)


def test_a_dark_at_another_temperature_comes_beside_the_first(tmp_path: Path) -> None:
    first = reference()
    line = Running(tmp_path, first)
    warmer = replace(WARM, temperature_c=32.0)
    line.feed(WARM, *line.scene(), *line.dark(310.0, warmer), WARM, *line.scene())
    line.active.end()
    new = line.store.load(line.store.chosen)
    np.testing.assert_array_equal(new.dark.mean, first.dark.mean)
    assert [dark.temperature_c for dark in new.darks] == [32.0]


@pytest.mark.parametrize(
    ("hours", "celsius", "says"),
    [(25.0, 30.0, r"25\.0 h old.*does not start beyond 24"), (0.0, 45.0, r"15\.0 K from where")],
)
def test_a_line_does_not_start_with_a_reference_that_has_gone_off(
    tmp_path: Path, hours: float, celsius: float, says: str
) -> None:
    line = Running(tmp_path, reference(hours=hours))
    with pytest.raises(ReferenceRefused, match=says):
        line.feed(replace(WARM, temperature_c=celsius), *line.scene())


def test_a_line_may_start_by_taking_new_references_in_place_of_old_ones(tmp_path: Path) -> None:
    line = Running(tmp_path, reference(hours=100.0))
    out = line.feed(*line.dark(), *line.white(), WARM, *line.scene())
    assert used(out) == [line.store.chosen]


def test_limits_that_are_left_out_do_not_hold(tmp_path: Path) -> None:
    line = Running(tmp_path, reference(hours=1e4), age_h=None, warn_age_h=None)
    assert len(used(line.feed(WARM, *line.scene()))) == 1
    line.active.poll_choice()
    line.active.wait_until_reviewed()
    line.feed(*line.scene())
    assert line.incidents == {}


def test_a_reference_that_goes_off_while_the_line_runs_is_warned_of_once_and_lines_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = Running(tmp_path, reference(hours=9.0))
    out = line.feed(WARM, *line.scene(), replace(WARM, temperature_c=42.0), *line.scene())
    for _ in range(3):
        line.active.poll_choice()
        line.active.wait_until_reviewed()
        out += line.feed(*line.scene())
    assert len(used(out)) == 5
    assert line.incidents == {"reference_stale_age": 1, "reference_stale_temperature": 1}
    said = capsys.readouterr().err
    assert said.count("9.0 h old, the limit is 8") == 1
    assert said.count("the camera has 42.0 C, 12.0 K from where") == 1


def test_lines_under_a_reference_that_has_gone_off_are_flagged_until_the_first_under_a_new_one(tmp_path: Path) -> None:
    line = Running(tmp_path, reference(hours=9.0))
    out = line.feed(WARM, *line.scene(2))
    line.active.poll_choice()
    line.active.wait_until_reviewed()
    out += line.feed(*line.scene(), *line.dark(), *line.white(), WARM, *line.scene())
    line.active.wait_until_reviewed()
    out += line.feed(*line.scene(2))
    flags = [made.flags for made in out if isinstance(made, ReflectanceLine)]
    assert flags == [Flag.NONE] * 2 + [Flag.STALE] * 2 + [Flag.NONE] * 2


def test_a_camera_that_is_as_warm_again_as_its_reference_is_no_longer_flagged(tmp_path: Path) -> None:
    line = Running(tmp_path, reference())
    flags = []
    for celsius in (30.0, 42.0, 30.0):
        line.feed(replace(WARM, temperature_c=celsius))
        line.active.poll_choice()
        line.active.wait_until_reviewed()
        flags += [made.flags for made in line.feed(*line.scene()) if isinstance(made, ReflectanceLine)]
    assert flags == [Flag.NONE, Flag.STALE, Flag.NONE]


def test_a_stream_that_is_exposed_too_unlike_the_white_is_refused(tmp_path: Path) -> None:
    line = Running(tmp_path, reference(), exposure_ratio=5.0)
    with pytest.raises(ReferenceRefused, match="exposed 10 times as much as the stream"):
        line.feed(replace(WARM, exposure_us=100.0), *line.scene())


def test_an_operator_goes_back_step_by_step_and_no_further(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for identity, what in (("a", "captured"), ("b", "captured"), ("c", "imported"), ("b", "reverted")):
        store.choose(identity, what)
    assert (store.chosen, store.before()) == ("b", "a")
    store.choose("a", "reverted")
    with pytest.raises(ReferenceRefused, match="nothing to go back to"):
        store.before()
    store.choose("c", "used")
    assert store.before() == "a"


def test_a_line_goes_on_with_its_reference_where_the_folder_can_no_longer_be_read(tmp_path: Path) -> None:
    first = reference()
    running = Running(tmp_path / "references", first)
    (running.store.folder / "current").unlink()
    running.store.folder.rename(tmp_path / "moved")
    running.store.folder.symlink_to("references")
    review = running.active._review
    assert (review.review_choice(WARM), review.latest) == (None, first)


def test_a_first_reference_for_which_the_disk_has_no_room_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = Running(tmp_path)

    def full(_: Reference) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "dark.npy"))

    monkeypatch.setattr(line.store, "keep", full)
    with pytest.raises(StoreFailed, match=rf"no reference could be kept in {tmp_path}: No space left.*; free space"):
        line.feed(*line.dark(), *line.white(), WARM, *line.scene())
