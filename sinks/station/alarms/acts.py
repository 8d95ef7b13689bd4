"""Acts of people on alarms. Each returns what has changed, and raises Refused where there is nothing to be done."""

from __future__ import annotations

from oreline.moment import Moment
from sinks.station.alarms.alarm import Change, What
from sinks.station.alarms.book import Book
from sinks.station.alarms.track import S, Track
from sinks.station.commands import Refused

MOST_SHELVED_S = 8 * 3600.0
MOST_WORDS = 500


class Acts:
    """Acts on the alarms of a book. `by`: who; `comment`: what he had to say, at most `MOST_WORDS` characters."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def acknowledge(self, key: str, by: str, comment: str = "") -> Change:
        """Somebody has seen it."""
        track = self._shown(key)
        alarm = track.alarm
        if alarm.acknowledged:
            who = f" by {alarm.by}" if alarm.by else ""
            raise Refused("state", f"{key} is acknowledged already{who}" if alarm.active else f"{key} is no alarm now")
        return self._book.put(track, What.ACKNOWLEDGED, acknowledged=True, **_said(by, comment))

    def confirm(self, key: str, by: str, comment: str = "") -> Change:
        """What a latched alarm has told of is dealt with."""
        track = self._shown(key)
        alarm = track.alarm
        if alarm.present or alarm.chattering:
            raise Refused("state", f"{key} is still there: deal with its cause first ({alarm.rule.action})")
        if not alarm.latched:
            raise Refused("state", f"{key} waits for no confirmation")
        if not alarm.acknowledged:
            raise Refused("state", f"{key} is not acknowledged yet: acknowledge it first")
        return self._book.put(track, What.CONFIRMED, latched=False, **_said(by, comment))

    def shelve(self, key: str, seconds: float, by: str, now: Moment, comment: str = "") -> Change:
        """Put it away for a time, from now on; also one that has not come yet."""
        if not 1.0 <= seconds <= MOST_SHELVED_S:
            raise Refused("argument", f"an alarm is shelved for 1 to {MOST_SHELVED_S:.0f} s, not for {seconds:g} s")
        track, until_ns = self._book.find(key, make=True), now.t_ns + round(seconds * S)
        return self._book.put(track, What.SHELVED, until_ns=until_ns, **_said(by, comment))

    def unshelve(self, key: str, by: str, comment: str = "") -> Change:
        """Take it back before its time."""
        track = self._book.find(key)
        if not track.alarm.until_ns:
            raise Refused("state", f"{key} is not shelved")
        return self._book.reveal(track, What.UNSHELVED, until_ns=0, **_said(by, comment))

    def out_of_service(self, key: str, by: str, comment: str = "", *, out: bool = True) -> Change:
        """Put it away until it is taken back, or take it back."""
        track = self._book.find(key, make=True)
        if track.alarm.out_of_service == out:
            raise Refused("state", f"{key} is out of service already" if out else f"{key} is in service already")
        if out:
            return self._book.put(track, What.OUT_OF_SERVICE, out_of_service=True, **_said(by, comment))
        return self._book.reveal(track, What.IN_SERVICE, out_of_service=False, **_said(by, comment))

    def _shown(self, key: str) -> Track:
        track = self._book.find(key)
        if track.alarm.hidden:
            raise Refused("state", f"{key} is {track.alarm.state}: it calls nobody now")
        return track


def _said(by: str, comment: str) -> dict[str, str]:
    if len(comment) > MOST_WORDS:
        raise Refused("argument", f"a comment has at most {MOST_WORDS} characters, not {len(comment)}")
    return {"by": by, "comment": comment.encode(errors="replace").decode()}
