"""Book of the alarms of a line: where each stands, by rule and source. Everything that changes one ends here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from oreline.errors import nearest
from oreline.moment import Moment
from sinks.station.alarms.alarm import Alarm, Change, Rule, What
from sinks.station.alarms.track import Track
from sinks.station.commands import Refused

MOST_SOURCES = 32
MANY = "others"
"""Source of what has more sources than that."""


class Book:
    """Book of the alarms of some rules; causes stand before what they suppress. `number`: of the last change."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = {rule.name: rule for rule in rules}
        self.number = 0
        self._effects = {rule.name: [one for one in rules if rule.name in one.suppressed_by] for rule in rules}
        self._tracks: dict[str, dict[str, Track]] = {name: {} for name in self.rules}

    def all(self) -> Iterator[Track]:
        """Every track there is."""
        return (track for name in self.rules for track in self.of(name))

    def of(self, name: str) -> list[Track]:
        """The tracks of one rule."""
        return list(self._tracks[name].values())

    def effects(self, name: str) -> list[Track]:
        """The tracks of what a rule suppresses."""
        return [track for rule in self._effects[name] for track in self.of(rule.name)]

    def causes(self, alarm: Alarm, now_ns: int) -> tuple[str, ...]:
        """The rules that say now what this alarm would say."""
        return tuple(name for name in alarm.rule.suppressed_by if any(one.is_cause(now_ns) for one in self.of(name)))

    def track(self, rule: Rule, source: str = "") -> Track:
        """The track of a source, made where there is none; where there are too many, one for all others."""
        tracks, source = self._tracks[rule.name], source if rule.by_source else ""
        if source not in tracks and len(tracks) >= MOST_SOURCES:
            source = MANY
        return tracks.setdefault(source, Track(Alarm(rule, source), known=rule.condition is None))

    def find(self, key: str, *, make: bool = False) -> Track:
        """The track of a key. `make`: also of one that has never come. Raises Refused where there is none."""
        name, _, source = key.partition(":")
        if make and name == key and name in self.rules and not self.rules[name].by_source:
            return self.track(self.rules[name])
        track = self._tracks.get(name, {}).get(source)
        if track is None:
            near = nearest(key, [one.alarm.key for one in self.all()])
            raise Refused("unknown", f"there is no alarm {key!r}.{near}")
        return track

    def restore(self, alarms: Iterable[Alarm], number: int, now: Moment) -> None:
        """Take alarms over from a book that was before this one; those whose causes were there are heard now."""
        self.number = max(number, self.number)
        for alarm in alarms:
            track = self.track(alarm.rule, alarm.source)
            track.alarm, track.n = alarm, alarm.rule.least
            if alarm.present or alarm.chattering:
                track.heard_ns = now.t_ns
                track.starts.append(now.t_ns)

    def put(self, track: Track, what: What, **changes: Any) -> Change:
        """Change an alarm, and tell."""
        track.alarm = replace(track.alarm, **changes)
        return self.tell(track, what)

    def reveal(self, track: Track, what: What, **changes: Any) -> Change:
        """Bring one back that was hidden: where it is there, somebody has to see it, as if it were new."""
        alarm = replace(track.alarm, **changes)
        return self.put(track, what, **changes, acknowledged=alarm.hidden or not alarm.active)

    def tell(self, track: Track, what: What, now_ns: int | None = None) -> Change:
        """Tell of an alarm as it stands."""
        self.number += 1
        track.alarm = replace(track.alarm, number=self.number)
        track.untold, track.told_ns = False, track.told_ns if now_ns is None else now_ns
        return Change(what, track.alarm)
