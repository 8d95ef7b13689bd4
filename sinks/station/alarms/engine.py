"""Engine of the alarms: incidents, looks at the line's state and time in, changes out; `Acts` are those of people.

It has no clock, thread or file of its own: each call is given the moment, and returns what has changed. Durations are
of CLOCK_MONOTONIC, so a wall clock that is set moves none. Work and memory are bounded, whatever comes: a rule has a
few alarms at most, and one that flaps is one alarm that chatters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from oreline.incidents import Incident
from oreline.moment import Moment
from sinks.station.alarms.alarm import Alarm, Change, Rule, What
from sinks.station.alarms.book import Book
from sinks.station.alarms.flood import Flood
from sinks.station.alarms.heard import Heard
from sinks.station.alarms.track import CHATTER_NS, S, Track

AGAIN_NS = S
"""What comes again and again is told no more often."""


class Engine:
    """Engine of one line's alarms, by `rules`; causes stand before what they suppress. `flood`: name of the rule that
    says that there are too many. `book`: the alarms."""

    def __init__(self, rules: Sequence[Rule], heard: Heard, flood: str = "") -> None:
        self.book, self.heard = Book(rules), heard
        self._by_kind = {kind: rule for rule in rules for kind in rule.kinds}
        self._flood, self._flooding = flood, Flood()

    @property
    def alarms(self) -> list[Alarm]:
        """All that are not plainly normal, in the order in which they call."""
        found = (track.alarm for track in self.book.all())
        return sorted(filter(_is_news, found), key=lambda alarm: alarm.rank)

    def rule_of(self, kind: str) -> Rule | None:
        """The rule of a kind of incident; None where that is no alarm."""
        return self._by_kind.get(kind) or self._by_kind.get(f"{kind.partition('_')[0]}_CODE")

    def incident(self, incident: Incident, now: Moment) -> list[Change]:
        """Something has happened; what was heard before is passed over."""
        rule = self.rule_of(incident.kind) if self.heard.is_new(incident, now) else None
        if rule is None:
            return []
        track = self.book.track(rule, incident.stage)
        track.hear(min(incident.t_ns, now.t_ns), incident.n)
        if track.n < rule.least:
            return []
        return self._came(track, now, incident.words, datetime.fromisoformat(incident.time))

    def status(self, status: Any, now: Moment) -> list[Change]:
        """A look at the line's state."""
        changes: list[Change] = []
        for rule in self.book.rules.values():
            if rule.condition is not None:
                holds = rule.condition(status)
                words = {self.book.track(rule, source).alarm.source: said for source, said in (holds or {}).items()}
                for track in self.book.of(rule.name):
                    track.known = holds is not None
                    changes += self._look(track, words, now)
        return changes + self.tick(now)

    def tick(self, now: Moment) -> list[Change]:
        """Time has passed."""
        changes = [change for track in self.book.all() for change in self._age(track, now)]
        return changes + self._watch_flood(now)

    def _look(self, track: Track, words: Mapping[str, str], now: Moment) -> list[Change]:
        """What its condition says of it now; nothing of one of which it is not known."""
        source = track.alarm.source
        if not track.known or not track.holds(source in words, now.t_ns):
            return []
        return [] if track.alarm.present else self._came(track, now, words[source])

    def _age(self, track: Track, now: Moment) -> list[Change]:
        """What only time has changed."""
        alarm, changes = track.alarm, []
        if alarm.present and track.is_quiet(now.t_ns) and alarm.rule.name != self._flood:
            changes += self._went(track, now)
        if alarm.chattering and now.t_ns - track.starts[-1] >= CHATTER_NS:
            changes += self._calm(track, now)
        if alarm.until_ns and now.t_ns >= alarm.until_ns:
            changes.append(self.book.reveal(track, What.UNSHELVED, until_ns=0, by="", comment=""))
        changes += self._suppress(track, now)
        if track.untold and now.t_ns - track.told_ns >= AGAIN_NS:
            changes.append(self.book.tell(track, What.CHANGED, now.t_ns))
        return changes

    def _came(self, track: Track, now: Moment, words: str, at: datetime | None = None) -> list[Change]:
        """Its cause is there."""
        before = track.alarm
        if before.present:
            track.untold |= words != before.words
            track.alarm = replace(before, words=words)
            return []
        track.starts.append(now.t_ns)
        times = before.times + 1 if _is_news(before) else 1
        track.alarm = replace(before, present=True, times=times, words=words, latched=before.rule.latched)
        if before.chattering:
            track.untold = True
            return []
        return self._raise(track, now, at or _wall(now))

    def _raise(self, track: Track, now: Moment, at: datetime) -> list[Change]:
        causes, chattering = self.book.causes(track.alarm, now.t_ns), track.chatters
        alarm = replace(track.alarm, raised=at, returned=None, suppressed_by=causes, chattering=chattering)
        track.alarm = replace(alarm, acknowledged=alarm.hidden, by="", comment="")
        if not alarm.hidden and alarm.rule.name != self._flood:
            self._flooding.see(now.t_ns)
        what = What.CHATTERING if chattering else What.RAISED
        effects = [change for one in self.book.effects(alarm.rule.name) for change in self._suppress(one, now)]
        return [self.book.tell(track, what, now.t_ns), *effects]

    def _went(self, track: Track, now: Moment) -> list[Change]:
        """Its cause has gone."""
        alarm, track.gone_ns = track.alarm, now.t_ns
        track.alarm = replace(alarm, present=False, returned=_wall(now))
        if alarm.chattering:
            track.untold = True
            return []
        return [self.book.tell(track, What.RETURNED, now.t_ns)]

    def _calm(self, track: Track, now: Moment) -> list[Change]:
        """It was quiet for long enough, gone or steadily there."""
        track.alarm = replace(track.alarm, chattering=False)
        track.starts.clear()
        track.gone_ns = None if track.alarm.present else now.t_ns
        return [self.book.tell(track, What.CHANGED if track.alarm.present else What.RETURNED, now.t_ns)]

    def _suppress(self, track: Track, now: Moment) -> list[Change]:
        """By causes that are there now; what they no longer say is said anew. What is over needs no cause."""
        alarm = track.alarm
        causes = self.book.causes(alarm, now.t_ns) if alarm.active or alarm.suppressed_by else ()
        if bool(causes) == bool(alarm.suppressed_by):
            track.alarm = replace(alarm, suppressed_by=causes) if causes != alarm.suppressed_by else alarm
            return []
        if causes:
            return [self.book.put(track, What.SUPPRESSED, suppressed_by=causes)]
        return [self.book.reveal(track, What.RELEASED, suppressed_by=())]

    def _watch_flood(self, now: Moment) -> list[Change]:
        if not self._flood:
            return []
        track = self.book.track(self.book.rules[self._flood])
        n = self._flooding.over(now.t_ns)
        if n and not track.alarm.present:
            return self._came(track, now, f"{n} alarms in 10 minutes")
        return self._went(track, now) if track.alarm.present and not n else []


def _is_news(alarm: Alarm) -> bool:
    return alarm.active or alarm.hidden or not alarm.acknowledged


def _wall(now: Moment) -> datetime:
    return datetime.fromisoformat(now.text)
