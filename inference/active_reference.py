"""Which reference is in force, line by line.

What is offered is judged and made ready in a thread of its own, while lines go on under the old reference; it comes
into force between two lines, at once and exactly. Only where there is nothing to go on with do lines wait for it. What
an operator chooses comes into force in the same way.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext, suppress
from threading import Thread

from inference.calibration.calibrator import Calibrator
from inference.reference_review import ReferenceReview, ReviewResult
from inference.references.capture import Capture
from inference.references.reference import Reference
from oreline.errors import ReferenceRefused
from oreline.messages import RawLine, StreamInfo
from oreline.metrics import REFERENCE_AGE, Account

Patient = Callable[[float], AbstractContextManager[None]]
SETTLE_S = 30.0
"""A capture is judged in a tenth of a second, but the machine may be busy."""
LOOK_S = 0.25
"""How often an operator's choice is looked for."""


class ActiveReference:
    """The reference in force, `reference`, ready for the stream that runs, `info`, once for each of `lanes`. `stale`:
    whether it has gone off since the line began with it."""

    def __init__(
        self,
        review: ReferenceReview,
        account: Account,
        patient: Patient = lambda _seconds: nullcontext(),
    ) -> None:
        """`patient`: tells whoever watches this process that it waits, and for how long at most."""
        self.reference: Reference | None = review.latest
        self.info: StreamInfo | None = None
        self.stale = False
        self.account, self.lanes = account, review.lanes
        self._review, self.patient = review, patient
        self._calibrations: list[Calibrator] = []
        self._made_for: StreamInfo | None = None
        self._aside = ThreadPoolExecutor(1)
        self._last: Future[None] | None = None
        self._ready: deque[ReviewResult] = deque()
        self._seen: StreamInfo | None = None
        self._named = ""

    def describe(self, info: StreamInfo) -> None:
        """The stream begins or changes. Where only the camera's temperature did, lines go on meanwhile."""
        self.info = info
        made_for = self._made_for
        if made_for is not None and self._fits and made_for.temperature_c != info.temperature_c:
            self._begin(lambda: self._review.refit_temperature(info))

    @property
    def _fits(self) -> bool:
        """Whether what is in force was made ready for the stream that runs."""
        return self.info is not None and self._made_for is not None and self.info.same_setting(self._made_for)

    def offer(self, capture: Capture) -> None:
        """A capture is complete. Waits until it is saved where there is nothing else to go on with."""
        info = self.info
        self._begin(lambda: self._review.review_capture(capture, info))
        if not self._fits:
            self.wait_until_reviewed()

    def calibrations(self, line: RawLine) -> list[Calibrator]:
        """What is in force at a line, one for each lane. Raises ReferenceRefused where nothing is."""
        calibrations, reference = self.prepared(), self.reference
        if reference is not None and reference.id != self._named:
            self._name(reference, line)
        return calibrations

    def prepared(self) -> list[Calibrator]:
        """What will be in force at the next line, unless something else comes before it. Waits for it where there is
        nothing to go on with. Raises ReferenceRefused where nothing comes, StoreFailed where it found no room."""
        if self._ready or self.info is not self._seen:
            self._activate_ready()
        return self._calibrations

    def wait_until_reviewed(self) -> None:
        """Wait until all that was offered has been judged."""
        if self._last is not None and not self._last.done():
            with self.patient(SETTLE_S):
                self._last.result()

    def end(self) -> None:
        """The stream ends: what was offered is judged before. Raises ReferenceRefused where all of it was refused and
        nothing is in force."""
        self.wait_until_reviewed()
        self._take_all()
        if self.reference is None and self._review.has_refused:
            raise self._review.refusal

    def watch(self) -> None:
        """Look for what an operator chooses, for as long as the process lives."""
        Thread(target=self._look_on, daemon=True).start()

    def poll_choice(self) -> None:
        """Look once, and whether the reference in force has gone off; what is found is ready a moment later."""
        info = self.info
        if info is not None:
            self._begin(lambda: self._review.review_choice(info) or self._review.check_expiry(info))

    def _look_on(self) -> None:
        while True:
            time.sleep(LOOK_S)
            if self._last is None or self._last.done():
                self.poll_choice()

    def _begin(self, job: Callable[[], ReviewResult | None]) -> None:
        with suppress(RuntimeError):  # the process is about to end
            self._last = self._aside.submit(self._do, job)

    def _do(self, job: Callable[[], ReviewResult | None]) -> None:
        try:
            outcome = job()
        except (ReferenceRefused, OSError) as error:
            outcome = self._review.failed(error)
        if outcome is not None:
            self._ready.append(outcome)

    def _activate_ready(self) -> None:
        """Bring what is ready into force; begin with what there is where nothing was."""
        if not self._fits:
            self.wait_until_reviewed()
        self._take_all()
        if self.reference is None or self.info is None:
            raise self._review.refusal
        if not self._fits:
            with self.patient(SETTLE_S):
                self._calibrations, self._made_for = self._review.started(self.reference, self.info), self.info
        self._seen = self.info

    def _take_all(self) -> None:
        while self._ready:
            outcome = self._ready.popleft()
            for code in outcome.incidents:
                self.account.count(f"reference_{code}")
            if outcome.stale is not None:
                self.stale = outcome.stale
            if outcome.reference is not None:
                self._named = ""
                self.reference, self._calibrations = outcome.reference, outcome.calibrations
                self._made_for = outcome.info

    def _name(self, reference: Reference, line: RawLine) -> None:
        """It is in force from this line on."""
        self._named, run, first = reference.id, line.stamp.run.hex(), line.first
        REFERENCE_AGE.read = reference.age_s
        self._begin(lambda: self._review.store.note_in_force(reference.id, run, first))
