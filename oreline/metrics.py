"""Counters and latencies of one process, exposed on one Prometheus port and summed up exactly when it ends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from oreline.incidents import INCIDENTS, report
from oreline.messages import LOST, EndOfStream, Gap, Line, Message, RawLine, Reason, StreamInfo

disable_created_metrics()  # type: ignore[no-untyped-call]  # they would be a second sample beside each counter
REGISTRY = CollectorRegistry(auto_describe=True)


class Tally:
    """A number that one thread counts up."""

    __slots__ = ("n",)

    def __init__(self) -> None:
        self.n = 0

    def inc(self, by: int = 1) -> None:
        self.n += by


class Tallies(Collector):
    """Like a Prometheus counter, without its lock: for what is counted on the line path, by one thread."""

    def __init__(self, name: str, documentation: str, labels: tuple[str, ...]) -> None:
        self._described = name, documentation, labels
        self._by_labels: dict[tuple[str, ...], Tally] = {}
        REGISTRY.register(self)

    def labels(self, *values: str) -> Tally:
        return self._by_labels.setdefault(values, Tally())

    def collect(self) -> Iterator[CounterMetricFamily]:
        name, documentation, labels = self._described
        family = CounterMetricFamily(name, documentation, labels=labels)
        for values, tally in list(self._by_labels.items()):
            family.add_metric(values, tally.n)
        yield family


class Reading(Collector):
    """Like a Prometheus gauge, but without a value while none is known: 0 degrees would be a temperature."""

    def __init__(self, name: str, documentation: str, registry: CollectorRegistry = REGISTRY) -> None:
        self._described = name, documentation
        self.read: Callable[[], float] | None = None
        """Answers with the value now; None where there is none."""
        registry.register(self)

    def set(self, value: float | None) -> None:
        self.read = None if value is None else lambda: value

    def collect(self) -> Iterator[GaugeMetricFamily]:
        read, family = self.read, GaugeMetricFamily(*self._described)
        if read is not None:
            family.add_metric([], read())
        yield family


class ByValve(Collector):
    """Values by valve, as they are when somebody asks; `family`: a gauge's or a counter's."""

    def __init__(self, name: str, documentation: str, family: type[GaugeMetricFamily | CounterMetricFamily]) -> None:
        self._described, self._family = (name, documentation), family
        self.read: Callable[[], Iterable[int]] = tuple
        """Answers with the values of valve 0, 1, and so on."""
        REGISTRY.register(self)

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        family = self._family(*self._described, labels=["valve"])
        for valve, value in enumerate(self.read()):
            family.add_metric([str(valve)], value)
        yield family


LINES = Tallies("oreline_lines", "Lines by stage and what became of them", ("stage", "kind"))
BYTES = Tallies("oreline_bytes", "Bytes of lines", ("stage",))
PIXELS = Tallies("oreline_pixels", "Labelled samples by class", ("label",))
UNKNOWN_PIXELS = Tallies("oreline_unknown_pixels", "Unknown samples by why they are", ("reason",))
GAP_LINES = Counter("oreline_gap_lines", "Lines that did not come, by reason", ["stage", "reason"], registry=REGISTRY)
STONES = Counter("oreline_stones", "Stones, and what was decided", ["decision"], registry=REGISTRY)
RECIPE = Gauge("oreline_recipe_info", "1 for the recipe in force", ["name", "version"], registry=REGISTRY)
QUEUE = Gauge("oreline_queue_depth", "Lines that wait in a ring", ["stream"], registry=REGISTRY)
TEMPERATURE = Reading("oreline_camera_temperature_celsius", "The camera's DeviceTemperature")
HELD = Reading("oreline_held", "1 while the sorter is held: no valve opens")
VALVES_TESTING = Reading("oreline_valves_testing", "1 while valves are tested")
PLC_CONNECTED = Reading("oreline_plc_connected", "1 while the bank of valves, or its PLC, answers")
PLC_INHIBIT = Reading("oreline_plc_inhibit", "1 while it is in its safe state")
VALVE_FAULTS = Reading("oreline_valve_faults", "Valves that do not answer")
VALVE_FAULTY = ByValve("oreline_valve_faulty", "1 for a valve that does not answer", GaugeMetricFamily)
VALVE_SHOTS = ByValve("oreline_valve_shots", "Openings of a valve since it is new", CounterMetricFamily)
CALIBRATING = Reading("oreline_calibrating", "1 while no scene is recorded, and none will be yet")
CAMERA_RATE = Reading("oreline_camera_lines_per_second", "Rate that the camera is set to")
REFERENCE_AGE = Reading("oreline_reference_age_seconds", "Age of the reference in force")
REFERENCE_LIMIT = Reading("oreline_reference_limit_seconds", "Age at which a reference is too old")

REGISTRY.register(INCIDENTS)

_PER_DECADE = 230
_DECADES = 8
_BUCKETS_MS = (0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 150.0, 500.0, 1000.0)


class LatencyHistogram:
    """Latencies in logarithmic bins 1 % wide, from 1 µs to 100 s; constant memory, quantiles to 1 %."""

    def __init__(self) -> None:
        self._counts = [0] * (_PER_DECADE * _DECADES + 1)
        self.n = 0
        self.sum_ms = 0.0
        self.max_ms = 0.0

    def observe_ns(self, ns: int) -> None:
        """Count one latency; a negative one counts as the smallest."""
        us = max(ns / 1e3, 1.0)
        self._counts[min(int(math.log10(us) * _PER_DECADE), len(self._counts) - 1)] += 1
        self.n += 1
        self.sum_ms += us / 1e3
        self.max_ms = max(self.max_ms, us / 1e3)

    def quantile(self, q: float) -> float:
        """Upper edge in ms of the bin that holds quantile `q`, never above the maximum; NaN before the first."""
        if not self.n:
            return math.nan
        rank = int(np.searchsorted(np.cumsum(self._counts), max(1, math.ceil(q * self.n))))
        return min(float(10 ** ((rank + 1) / _PER_DECADE)) / 1e3, self.max_ms)

    def summary(self) -> dict[str, float]:
        """{"p50", "p99", "max"} in ms; empty before the first."""
        return {} if not self.n else {"p50": self.quantile(0.5), "p99": self.quantile(0.99), "max": self.max_ms}

    def at_most(self, ms: float) -> int:
        """Number of those in bins that begin below `ms`."""
        return sum(self._counts[: int(math.log10(ms * 1e3) * _PER_DECADE) + 1])


class _Latencies(Collector):
    def __init__(self) -> None:
        self.by_stage: dict[str, LatencyHistogram] = {}

    def collect(self) -> Iterator[HistogramMetricFamily]:
        family = HistogramMetricFamily("oreline_latency_ms", "From the sensor to this stage", labels=["stage"])
        for stage, histogram in self.by_stage.items():
            buckets = [(str(edge), float(histogram.at_most(edge))) for edge in _BUCKETS_MS]
            family.add_metric([stage], [*buckets, ("+Inf", float(histogram.n))], histogram.sum_ms)
        yield family


_latencies = _Latencies()
REGISTRY.register(_latencies)


def latency(stage: str) -> LatencyHistogram:
    """The histogram of a stage, made at its first use and exposed as `oreline_latency_ms{stage=...}`."""
    return _latencies.by_stage.setdefault(stage, LatencyHistogram())


class Account:
    """Account of one stage: every sequence number once, so that acquired = labelled + shed + lost is checked, not made.

    `lines` are scene lines that came, `lost` and `shed` those that did not, `reference` those that were never meant
    to; `acquired` is counted from the sequence numbers alone.
    """

    def __init__(self, stage: str) -> None:
        self.stage, self.run = stage, b""
        self.next: int | None = None
        self.start = 0
        self.lines = self.lost = self.shed = self.reference = 0
        self.incidents: dict[str, int] = {}
        """Number of incidents by kind."""
        self._scene, self._reference = (LINES.labels(stage, kind) for kind in ("scene", "reference"))

    @property
    def acquired(self) -> int:
        return (self.next or 0) - self.start - self.reference

    @property
    def unaccounted(self) -> int:
        return self.acquired - self.lines - self.shed - self.lost

    def see(self, message: Message) -> None:
        """Count a message that this stage has dealt with; one that covers no new line counts for nothing."""
        first, n = message.first, message.n
        if self.next is None:
            self.start = self.next = first
        if first + n <= self.next:
            self.run = message.run if isinstance(message, StreamInfo) else self.run
            return
        before, self.next = self.next, first + n
        if isinstance(message, Gap):
            self._gap(message.reason, self.next - max(first, before))
        elif isinstance(message, RawLine) and message.kind:
            self.reference += 1
            self._reference.inc()
        elif isinstance(message, Line):
            self.lines += 1
            self._scene.inc()

    def incident(self, kind: str, words: str = "", seq: int | None = None) -> None:
        """Count something that should not happen, and say it, with the line that it began at where one is known."""
        self.count(kind)
        report(self.stage, kind, words, run=self.run, seq=seq)

    def count(self, kind: str) -> None:
        """Count something that was said already."""
        self.incidents[kind] = self.incidents.get(kind, 0) + 1

    def _gap(self, reason: Reason, n: int) -> None:
        GAP_LINES.labels(self.stage, reason.name.lower()).inc(n)
        if reason in LOST:
            self.lost += n
        elif reason is Reason.SHED:
            self.shed += n
        else:
            self.reference += n
            self._reference.inc(n)

    def end(self, run: bytes, epoch: int, seq: int) -> EndOfStream:
        """The last message of the stream, with the totals. `seq`: one past its last line, whoever has seen that."""
        return EndOfStream(run, epoch, seq, self.lines, self.lost, self.reference)

    def summary(self) -> dict[str, int]:
        return {
            "acquired": self.acquired,
            "lines": self.lines,
            "shed": self.shed,
            "lost": self.lost,
            "reference": self.reference,
            "unaccounted": self.unaccounted,
        }
