"""Review of what is offered as a reference, by the camera or by an operator: measured, checked, saved, made ready.

All of it happens beside the lines, in one thread, so that offers are dealt with one after another.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from inference.calibration.calibrator import Calibrator
from inference.features.line import LineFeatures
from inference.labeller import Lane, Model
from inference.references.acceptance import check_reference, few_lines
from inference.references.capture import Capture, completed, missing_kind
from inference.references.certificates import Certificates
from inference.references.expiry import refuse_stale, staleness
from inference.references.findings import Finding, listed, to_history
from inference.references.limits import Limits
from inference.references.measurement import PartialReference
from inference.references.reference import Reference
from inference.references.store import Store
from oreline.errors import OrelineError, ReferenceRefused
from oreline.guard import refusal
from oreline.incidents import report
from oreline.messages import Kind, StreamInfo
from oreline.metrics import REFERENCE_LIMIT

NONE = "none"
"""Code of what is no refusal: there is just no reference yet."""
NONE_YET = (
    "no dark and white reference: let the run begin with steps of kind 'dark' and 'white', take them with `oreline "
    "calibrate`, or name a saved one in inference.reference"
)


@dataclass
class ReviewResult:
    """Outcome of an offer. `reference`: None where there is none to come into force; `lanes`: ready for the
    stream `info`; `incidents`: their kinds; `stale`: whether what is in force has gone off, None where it is as it was.
    """

    reference: Reference | None = None
    info: StreamInfo | None = None
    lanes: list[Lane] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    stale: bool | None = None


class ReferenceReview:
    """Checks what is offered against the latest good reference, `latest`; None where there is none yet."""

    def __init__(
        self,
        store: Store,
        latest: Reference | None,
        *,
        limits: Limits | None = None,
        certificates: Certificates | None = None,
        lanes: int = 1,
        calibrate: Callable[..., Calibrator] = Calibrator,
        model: Model | None = None,
        features: bool = False,
    ) -> None:
        """`certificates`: what goes with each capture. `lanes`: how often each is made ready, by `calibrate`, by
        `model` where lines are labelled, and for `features` where those are measured."""
        self.store, self.latest, self.lanes = store, latest, lanes
        self.refusal: OrelineError = ReferenceRefused(NONE_YET, NONE)
        """Why there is no reference, where there is none."""
        self._limits, self._certificates = limits or Limits(), certificates or Certificates()
        warn_h = self._limits.warn_age_h
        REFERENCE_LIMIT.set(None if warn_h is None else warn_h * 3600)
        self._calibrate, self.model, self.features = calibrate, model, features
        self._seen = store.chosen
        self._warned: set[str] = set()

    def started(self, reference: Reference, info: StreamInfo) -> list[Lane]:
        """A reference made ready for a line that starts with it. Raises ReferenceRefused where it does not fit the
        stream, or has gone off."""
        refuse_stale(reference, info, self._limits)
        return self.ready(reference, info)

    def ready(self, reference: Reference, info: StreamInfo) -> list[Lane]:
        """A reference made ready for a stream, once for each lane. Raises ReferenceRefused where it does not fit."""
        if math.isnan(reference.white.exposure) and self._limits.refuse:
            raise ReferenceRefused(
                f"nobody says how long reference {reference.id} was exposed: import its recordings with --exposure-us",
                "exposure",
            )
        ratio, most = reference.exposure_ratio(info), self._limits.exposure_ratio
        if not 1 / most <= ratio <= most:
            raise ReferenceRefused(
                f"the white of reference {reference.id} was exposed {ratio:.3g} times as much as the stream is, and no "
                f"more than {most:g} times is trusted, nor less than 1/{most:g}: capture a white nearer to the stream",
                "exposure_ratio",
            )
        first = self._calibrate(reference, info)
        others = (self._calibrate(reference, info, tables=first.tables) for _ in range(self.lanes - 1))
        return [self._lane(one, info) for one in (first, *others)]

    def _lane(self, calibrator: Calibrator, info: StreamInfo) -> Lane:
        labeller = self.model.labeller(calibrator) if self.model else None
        return Lane(calibrator, labeller, LineFeatures(info.wavelengths_nm, info.samples) if self.features else None)

    def review_capture(self, capture: Capture, info: StreamInfo | None) -> ReviewResult | None:
        """Review what was captured: what is good is chosen, what is not is kept beside it."""
        now, new = datetime.now(UTC).isoformat(timespec="seconds"), None
        try:
            partials, waiting = capture.partials(now), self.store.waiting()
            missing = missing_kind(partials, self.latest, waiting)
            if missing is not None:
                self._wait_for(missing, partials[0])
                return None
            new = self._certificates.applied(completed(partials, self.latest, waiting, now))
            findings = check_reference(new, self.latest, self._limits)
            self.store.keep(new)
            if self._forbid(findings):
                return self._refused(new.id, findings, "; if you know better: `oreline calibrate use`, with --force")
            lanes = [] if info is None else self.ready(new, info)
        except ReferenceRefused as why:
            return self._refused(new.id if new else "", [Finding(why.code, str(why))])
        for finding in (*findings, *few_lines(new, self._limits)):
            _say(finding.code, f"reference {new.id}: {finding}")
        self.store.waits_no_longer()
        self._choose(new, "captured", findings)
        return ReviewResult(new, info, lanes, _codes(findings), stale=False)

    def _forbid(self, findings: Sequence[Finding]) -> bool:
        """Whether a capture is refused for them: a first one only for what is certain."""
        compared = self.latest is not None
        return self._limits.refuse and any(compared or finding.certain for finding in findings)

    def review_choice(self, info: StreamInfo) -> ReviewResult | None:
        """Review what an operator has chosen since; one that does not fit is taken back. Where the folder cannot be
        read, who chooses there is told so, and the line goes on."""
        try:
            chosen, old = self.store.chosen, self.latest
        except OSError:
            return None
        if old is None or chosen in ("", self._seen):
            return None
        self._seen = chosen
        try:
            new = self.store.load(chosen)
            lanes = self.started(new, info)
        except ReferenceRefused as why:
            if old.id not in self.store.ids():
                self.store.keep(old)
            self._choose(old, "reverted")
            return self._refused(chosen, [Finding(why.code, str(why))])
        self.latest, self._warned = new, set()
        return ReviewResult(new, info, lanes, stale=False)

    def refit_temperature(self, info: StreamInfo) -> ReviewResult | None:
        """Make the same reference ready for another temperature of the camera."""
        return None if self.latest is None else ReviewResult(self.latest, info, self.ready(self.latest, info))

    def check_expiry(self, info: StreamInfo) -> ReviewResult | None:
        """Look whether the latest reference passes a limit now or keeps it again. Warns once of one that is passed."""
        if self.latest is None:
            return None
        stale = {finding.code: finding for finding in staleness(self.latest, info, self._limits)}
        before, self._warned = self._warned, set(stale)
        news = [stale[code] for code in sorted(self._warned - before)]
        for finding in news:
            _say(finding.code, finding.words)
            self.store.note("warned", self.latest.id, doubts=to_history([finding]))
        return ReviewResult(incidents=_codes(news), stale=bool(stale)) if self._warned != before else None

    def failed(self, error: Exception) -> ReviewResult:
        """Result of what should not happen, such as a full disk. The old reference stays in force."""
        code = error.code if isinstance(error, ReferenceRefused) else "disk"
        _say(code, f"a reference could not be kept or made ready: {error}")
        if isinstance(error, OSError):
            self.refusal = refusal(error, f"no reference could be kept in {self.store.folder}")
        else:
            self.refusal = ReferenceRefused(f"no reference could be kept: {error}", code)
        return ReviewResult(incidents=[code])

    @property
    def has_refused(self) -> bool:
        """Whether something came that is no reference; where not, there is just none yet."""
        return not (isinstance(self.refusal, ReferenceRefused) and self.refusal.code == NONE)

    def _choose(self, reference: Reference, what: str, findings: Sequence[Finding] = ()) -> None:
        self.store.choose(reference.id, what, doubts=to_history(findings))
        self._warned = self._warned if reference is self.latest else set()
        self.latest, self._seen = reference, reference.id

    def _wait_for(self, missing: Kind, partial: PartialReference) -> None:
        """Keep half a reference until lines of the missing kind come."""
        other = missing.name.lower()
        self.store.wait(partial)
        self.refusal = ReferenceRefused(
            f"no {other} lines were captured: add a step of kind {other!r}, or use `oreline calibrate {other}`", NONE
        )
        self.store.note("waiting", "", kind=partial.kind.name.lower())

    def _refused(self, identity: str, findings: Sequence[Finding], what_else: str = "") -> ReviewResult:
        """Say all that speaks against a reference; the old one stays in force."""
        name = f"reference {identity}" if identity else "the capture"
        stays = f"; reference {self.latest.id} stays in force{what_else}" if self.latest is not None else ""
        for finding in findings:
            _say(finding.code, f"{name}: {finding}{stays}")
        self.store.note("refused", identity, doubts=to_history(findings))
        self.refusal = ReferenceRefused(f"{name} was refused:{listed(findings)}", findings[0].code)
        return ReviewResult(incidents=_codes(findings))


def _codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def _say(code: str, words: str) -> None:
    report("inference", f"reference_{code}", words)
