"""File of a session."""

from pathlib import Path

from sinks.core.session import Block, Box, Hole, Session, Survey
from sinks.core.session_file import read_session, write_session


def test_a_session_that_is_written_is_read_back(tmp_path: Path) -> None:
    box = Box(number=1, from_m=0.0, to_m=3.0, rows=2, core=50.5, blocks=(Block(row=2, depth_m=1.5, at_mm=20.0),))
    hole = Hole(id='Bohrung "Süd"', x=1e6, survey=(Survey(depth_m=0, azimuth_deg=90, dip_deg=-60),))
    session = Session(hole=hole, boxes=(box,), direction="snake", continuous=True)
    write_session(tmp_path / "session.toml", session)
    assert read_session(tmp_path / "session.toml") == session
