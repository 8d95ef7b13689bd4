"""The last lines of a journal are a journal of their own."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from oreline.errors import RecordingError
from oreline.messages import Gap, Reason
from oreline.testing import RUN, label_line, stream_info
from sinks.log import Log
from sinks.log.excerpt import excerpt
from sinks.log.reading import lines, newest_run, reading, segments
from sinks.log.sink import LogSettings


def written(output: Path, *, close: bool) -> Log:
    info = stream_info()
    log = Log.open(LogSettings(), output)
    log.consume([info, *(label_line(seq, info) for seq in range(10)), Gap(RUN, 1, 10, 2, Reason.DROPPED)])
    log.commit()
    if close:
        log.close()
    return log


@pytest.mark.parametrize("ended", [True, False], ids=["of a run that has ended", "of a run at work"])
def test_it_has_all_that_is_needed_to_read_its_lines(tmp_path: Path, ended: bool) -> None:
    log = written(tmp_path, close=ended)
    journal, target = tmp_path / "journal.sqlite", tmp_path / "excerpt.sqlite"
    with reading(journal) as db:
        stamps = [row[0] for row in db.execute("SELECT t_ns FROM lines ORDER BY seq")]
    seconds = (stamps[-1] - stamps[6]) / 1e9
    assert excerpt(journal, target, seconds) == 4
    with reading(target) as db:
        run = newest_run(db)
        assert run == RUN
        (segment,) = segments(db, run)
        assert [row[0] for rows in lines(db, run, segment) for row in rows] == [6, 7, 8, 9]
        assert db.execute("SELECT first, n FROM gaps").fetchall() == [(10, 2)]
    if not ended:
        log.close()


def test_a_journal_without_a_run_makes_an_empty_one_and_none_is_refused(tmp_path: Path) -> None:
    with closing(Log.open(LogSettings(), tmp_path)):
        pass
    assert excerpt(tmp_path / "journal.sqlite", tmp_path / "excerpt.sqlite", 60.0) == 0
    with pytest.raises(RecordingError, match="does not exist"):
        excerpt(tmp_path / "none.sqlite", tmp_path / "other.sqlite", 60.0)
