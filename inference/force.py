"""Which reference is in force, line by line.

A new reference is measured, judged, saved and made ready in a thread of its own, while lines go on under the old one;
it comes into force between two lines, at once and exactly. Only where there is nothing to go on with do lines wait for
it. What an operator chooses, by the link `current`, comes into force in the same way.
"""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread

from inference.acceptance import Doubt, doubts, few_lines
from inference.calibration import Calibration
from inference.capture import Capture, completed
from inference.certificate import Certificates
from inference.limits import Limits
from inference.reference import Reference
from inference.staleness import refuse_stale, staleness
from inference.store import Store
from oreline.errors import ReferenceRefused
from oreline.messages import RawLine, StreamInfo
from oreline.metrics import REFERENCE_AGE, Account

LOOK_S = 0.25
"""How often an operator's choice is looked for."""
NONE = "none"
NONE_YET = (
    "no dark and white reference: let the run begin with steps of kind 'dark' and 'white', take them with `oreline "
    "calibrate`, or name a saved one in inference.reference"
)


@dataclass
class Outcome:
    """What came of a reference that was offered; `reference` is None where there is none to come into force."""

    reference: Reference | None = None
    info: StreamInfo | None = None
    calibrations: list[Calibration] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)


class Force:
    """The reference in force, made ready for the stream that runs, once for each of `lanes`."""

    def __init__(
        self,
        store: Store,
        reference: Reference | None,
        account: Account,
        *,
        limits: Limits | None = None,
        certificates: Certificates | None = None,
        lanes: int = 1,
        calibrate: Callable[[Reference, StreamInfo], Calibration] = Calibration,
    ) -> None:
        self.reference = reference
        self.info: StreamInfo | None = None
        self.account, self.lanes = account, lanes
        self._store = store
        self._limits, self._certificates = limits or Limits(), certificates or Certificates()
        self._calibrate = calibrate
        self._calibrations: list[Calibration] = []
        self._aside = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None
        self._ready: deque[Outcome] = deque()
        self._refusal: ReferenceRefused | None = None
        self._seen = store.chosen
        self._warned: set[str] = set()

    def describe(self, info: StreamInfo) -> None:
        """The stream begins or changes. Where only the camera's temperature did, lines go on meanwhile."""
        before, self.info = self.info, info
        if before is None or not info.same_setting(before):
            self._calibrations = []
        elif info.temperature_c != before.temperature_c and self._calibrations:
            self._begin(self._warmed)

    def offer(self, capture: Capture) -> None:
        """A capture is complete. Waits until it is saved where there is nothing else to go on with."""
        self._begin(lambda: self._captured(capture))
        if not self._calibrations:
            self.settle()

    def calibrations(self, line: RawLine) -> list[Calibration]:
        """What is in force at a line, one for each lane. Raises ReferenceRefused where nothing is."""
        if self._ready or not self._calibrations:
            self._bring(line)
        return self._calibrations

    def end(self) -> None:
        """The stream ends: what was offered is judged before. Raises ReferenceRefused where nothing is in force."""
        self.settle()
        while self._ready:
            self._take(self._ready.popleft())
        if self.reference is None and self._refusal is not None and self._refusal.code != NONE:
            raise self._refusal

    def watch(self) -> None:
        """Look for what an operator chooses, for as long as the process lives."""
        Thread(target=self._look_on, daemon=True).start()

    def look(self) -> None:
        """Look once; what is found is ready a moment later."""
        self._begin(self._chosen)

    def _look_on(self) -> None:
        while True:
            time.sleep(LOOK_S)
            if self._last is None or self._last.done():
                self.look()

    def _begin(self, job: Callable[[], Outcome | None]) -> None:
        self._last = self._aside.submit(self._do, job)

    def _do(self, job: Callable[[], Outcome | None]) -> None:
        try:
            outcome = job()
        except (ReferenceRefused, OSError) as error:
            outcome = self._failed(error)
        if outcome is not None:
            self._ready.append(outcome)

    def settle(self) -> None:
        """Wait until all that was offered has been judged."""
        if self._last is not None:
            self._last.result()

    def _bring(self, line: RawLine) -> None:
        """Bring what is ready into force; begin with what there is where nothing was."""
        if not self._calibrations:
            self.settle()
        before = self.reference if self._calibrations else None
        while self._ready:
            self._take(self._ready.popleft())
        if not self._calibrations:
            self._start()
        new = self.reference
        if new is not None and new is not before:
            REFERENCE_AGE.set_function(new.age_s)
            run, first, identity = line.stamp.run.hex(), line.first, new.id
            self._begin(lambda: self._store.note("in_force", identity, run=run, line=first))

    def _take(self, outcome: Outcome) -> None:
        for code in outcome.incidents:
            self.account.incident(f"reference_{code}")
        if outcome.reference is not None:
            fits = self.info is not None and outcome.info is not None and self.info.same_setting(outcome.info)
            self.reference, self._calibrations = outcome.reference, outcome.calibrations if fits else []

    def _start(self) -> None:
        if self.reference is None or self.info is None:
            raise self._refusal or ReferenceRefused(NONE_YET, NONE)
        refuse_stale(self.reference, self.info, self._limits)
        self._calibrations = self._made(self.reference, self.info)

    def _made(self, reference: Reference, info: StreamInfo) -> list[Calibration]:
        """Raises ReferenceRefused where the reference does not fit the stream."""
        ratio, most = reference.exposure_ratio(info), self._limits.exposure_ratio
        if not 1 / most <= ratio <= most:
            raise ReferenceRefused(
                f"the white of reference {reference.id} was exposed {ratio:.3g} times as much as the stream is, and no "
                f"more than {most:g} times is trusted, nor less than 1/{most:g}: capture a white nearer to the stream",
                "exposure_ratio",
            )
        return [self._calibrate(reference, info) for _ in range(self.lanes)]

    def _captured(self, capture: Capture) -> Outcome | None:
        """Judge what was captured; what is good is chosen, and what is not is kept beside it."""
        now, old, info = datetime.now(UTC).isoformat(timespec="seconds"), self.reference, self.info
        try:
            halves = capture.halves(now)
            new = completed(halves, old, self._store.waiting(), now)
            if new is None:
                self._store.wait(halves[0])
                self._waits(halves[0].kind.name.lower())
                return None
            new = self._certificates.applied(new)
            self._store.waits_no_longer()
        except ReferenceRefused as refusal:
            return self._refused("", [Doubt(refusal.code, str(refusal))])
        found = doubts(new, old, self._limits)
        self._store.keep(new)
        if found and (old is not None or any(doubt.certain for doubt in found)):
            return self._refused(new.id, found)
        for doubt in (*found, *few_lines(new, self._limits)):
            _say(f"reference {new.id}: {doubt}")
        try:
            calibrations = [] if info is None else self._made(new, info)
        except ReferenceRefused as refusal:
            return self._refused(new.id, [Doubt(refusal.code, str(refusal))])
        self._store.choose(new.id, "captured", doubts=_told(found))
        self._seen = new.id
        return Outcome(new, info, calibrations, [doubt.code for doubt in found])

    def _failed(self, error: ReferenceRefused | OSError) -> Outcome:
        """What should not happen: a disk that is full, above all. The old reference stays in force."""
        code = error.code if isinstance(error, ReferenceRefused) else "disk"
        _say(f"a reference could not be kept or applied: {error}")
        self._refusal = self._refusal or ReferenceRefused(f"no reference could be kept: {error}", code)
        return Outcome(incidents=[code])

    def _waits(self, kind: str) -> None:
        other = "white" if kind == "dark" else "dark"
        self._refusal = ReferenceRefused(
            f"no {other} lines were captured: add a step of kind {other!r}, or use `oreline calibrate {other}`",
            NONE,
        )
        self._store.note("waiting", "", kind=kind)
        _say(f"the {kind} is kept until there is a {other}: take one with `oreline calibrate {other}`")

    def _refused(self, identity: str, found: Sequence[Doubt]) -> Outcome:
        """Say all that speaks against a reference; the old one stays in force."""
        for doubt in found:
            _say(f"reference {identity or 'that was captured'}: {doubt}")
        self._store.note("refused", identity, doubts=_told(found))
        if self.reference is None:
            self._refusal = ReferenceRefused(
                "the reference was refused:\n" + "\n".join(f"  {doubt}" for doubt in found), found[0].code
            )
        else:
            _say(f"reference {self.reference.id} stays in force" + (
                f"; if you know better: oreline calibrate use {identity} --force LINE.toml" if identity else ""
            ))  # fmt: skip
        return Outcome(incidents=[doubt.code for doubt in found])

    def _chosen(self) -> Outcome | None:
        """What an operator has chosen since; or that the reference in force has gone off meanwhile."""
        chosen, info = self._store.chosen, self.info
        if info is None or self.reference is None:
            return None
        if not chosen or chosen == self._seen:
            return self._gone_off(self.reference, info)
        self._seen = chosen
        try:
            new = self._store.load(chosen)
            refuse_stale(new, info, self._limits)
            return Outcome(new, info, self._made(new, info))
        except ReferenceRefused as refusal:
            outcome = self._refused(chosen, [Doubt(refusal.code, str(refusal))])
            self._store.keep(self.reference)
            self._store.choose(self.reference.id, "reverted")
            self._seen = self.reference.id
            return outcome

    def _warmed(self) -> Outcome | None:
        assert self.info is not None
        assert self.reference is not None
        info, reference = self.info, self.reference
        return Outcome(reference, info, self._made(reference, info))

    def _gone_off(self, reference: Reference, info: StreamInfo) -> Outcome | None:
        """Warn of each limit once, until it is kept again."""
        stale = {one.code: one for one in staleness(reference, info, self._limits)}
        news, self._warned = set(stale) - self._warned, set(stale)
        for code in news:
            _say(stale[code].words)
        return Outcome(incidents=sorted(news)) if news else None


def _told(found: Sequence[Doubt]) -> list[dict[str, str]]:
    return [{"code": doubt.code, "words": doubt.words} for doubt in found]


def _say(words: str) -> None:
    print(words, file=sys.stderr)
