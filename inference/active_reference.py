"""Active reference: the one in force, line by line.

What is offered is checked and made ready in a thread of its own, while lines go on under the old reference; it comes
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

from inference.labeller import Lane
from inference.reference_review import ReferenceReview, ReviewResult
from inference.references.capture import Capture
from inference.references.reference import Reference
from oreline.errors import ReferenceRefused
from oreline.messages import RawLine, StreamInfo
from oreline.metrics import REFERENCE_AGE, Account

Patient = Callable[[float], AbstractContextManager[None]]
REVIEW_S = 30.0
"""Patience with a review: a capture is checked in a tenth of a second, but the machine may be busy."""
POLL_S = 0.25
"""Time between two looks for an operator's choice."""


class ActiveReference:
    """The reference in force, `reference`, ready for the stream that runs, `info`, in `n_lanes` lanes. `stale`:
    whether it has gone off since the line began with it. `features`: whether the lanes measure those."""

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
        self.account, self.model, self.n_lanes = account, review.model, review.lanes
        self.features = review.features
        self._review, self.patient = review, patient
        self._lanes: list[Lane] = []
        self._ready_for: StreamInfo | None = None
        self._worker = ThreadPoolExecutor(1)
        self._last_job: Future[None] | None = None
        self._reviewed: deque[ReviewResult] = deque()
        self._seen: StreamInfo | None = None
        self._noted = ""

    def describe(self, info: StreamInfo) -> None:
        """Take note that the stream begins or changes. Where only the camera's temperature did, lines go on
        meanwhile."""
        self.info = info
        ready_for = self._ready_for
        if ready_for is not None and self._fits and ready_for.temperature_c != info.temperature_c:
            self._start_job(lambda: self._review.refit_temperature(info))

    @property
    def _fits(self) -> bool:
        """Whether what is in force was made ready for the stream that runs."""
        return self.info is not None and self._ready_for is not None and self.info.same_setting(self._ready_for)

    def offer(self, capture: Capture) -> None:
        """Offer a complete capture for review. Waits until it is saved where there is nothing else to go on with."""
        info = self.info
        self._start_job(lambda: self._review.review_capture(capture, info))
        if not self._fits:
            self.wait_until_reviewed()

    def lanes_at(self, line: RawLine) -> list[Lane]:
        """Lanes under the reference that is in force at a line. Raises ReferenceRefused where none is."""
        lanes, reference = self.lanes_ahead(), self.reference
        if reference is not None and reference.id != self._noted:
            self._note_in_force(reference, line)
        return lanes

    def lanes_ahead(self) -> list[Lane]:
        """Lanes under the reference that will be in force at the next line, unless something else comes before it.
        Waits for it where there is nothing to go on with. Raises ReferenceRefused where nothing comes, StoreFailed
        where it found no room."""
        if self._reviewed or self.info is not self._seen:
            self._activate_ready()
        return self._lanes

    def wait_until_reviewed(self) -> None:
        """Wait until all that was offered has been reviewed."""
        if self._last_job is not None and not self._last_job.done():
            with self.patient(REVIEW_S):
                self._last_job.result()

    def end(self) -> None:
        """End of the stream: what was offered is reviewed before. Raises ReferenceRefused where all of it was refused
        and nothing is in force."""
        self.wait_until_reviewed()
        self._adopt_reviewed()
        if self.reference is None and self._review.has_refused:
            raise self._review.refusal

    def watch(self) -> None:
        """Poll for what an operator chooses, for as long as the process lives."""
        Thread(target=self._poll_for_ever, daemon=True).start()

    def poll_choice(self) -> None:
        """Look once for an operator's choice, and whether the reference in force has expired; what comes of it is ready
        a moment later."""
        info = self.info
        if info is not None:
            self._start_job(lambda: self._review.review_choice(info) or self._review.check_expiry(info))

    def _poll_for_ever(self) -> None:
        while True:
            time.sleep(POLL_S)
            if self._last_job is None or self._last_job.done():
                self.poll_choice()

    def _start_job(self, job: Callable[[], ReviewResult | None]) -> None:
        with suppress(RuntimeError):  # the process is about to end
            self._last_job = self._worker.submit(self._run_job, job)

    def _run_job(self, job: Callable[[], ReviewResult | None]) -> None:
        try:
            result = job()
        except (ReferenceRefused, OSError) as error:
            result = self._review.failed(error)
        if result is not None:
            self._reviewed.append(result)

    def _activate_ready(self) -> None:
        """Bring what is ready into force; begin with what there is where nothing was."""
        if not self._fits:
            self.wait_until_reviewed()
        self._adopt_reviewed()
        if self.reference is None or self.info is None:
            raise self._review.refusal
        if not self._fits:
            with self.patient(REVIEW_S):
                self._lanes, self._ready_for = self._review.started(self.reference, self.info), self.info
        self._seen = self.info

    def _adopt_reviewed(self) -> None:
        """Bring the latest that was reviewed well into force."""
        while self._reviewed:
            result = self._reviewed.popleft()
            for code in result.incidents:
                self.account.count(f"reference_{code}")
            if result.stale is not None:
                self.stale = result.stale
            if result.reference is not None:
                self._noted = ""
                self.reference, self._lanes = result.reference, result.lanes
                self._ready_for = result.info

    def _note_in_force(self, reference: Reference, line: RawLine) -> None:
        """Note in the history that a reference is in force from this line on."""
        self._noted, run, first = reference.id, line.stamp.run.hex(), line.first
        REFERENCE_AGE.read = reference.age_s
        self._start_job(lambda: self._review.store.note_in_force(reference.id, run, first))
