"""Messages: frozen types, one name each.

Every message covers `n` consecutive sequence numbers from `first`; a line or a stone covers one, a gap as many as it
lost, `StreamInfo` and `EndOfStream` none. A consumer that has seen every message has therefore accounted for every
line:

    acquired = labelled + shed + lost        (reference lines are counted apart, they are nobody's loss)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum, IntFlag

import numpy as np
from numpy.typing import NDArray

from oreline.moment import NEVER, Moment

SCHEMA_VERSION = 4

UNKNOWN = 255
"""Label: the classifier's confidence is below the model's threshold."""
BACKGROUND = 254
"""Label: belt or tray, too dark to be a stone."""
INVALID = 253
"""Label: the sample was saturated, or its reference is not valid; nothing was computed from it."""


class Kind(IntEnum):
    """View of the camera."""

    SCENE = 0
    DARK = 1
    WHITE = 2


class Reason(IntEnum):
    """Why lines are not there. `REFERENCE` is no loss: those lines became a reference."""

    DROPPED = 1
    """The camera or its driver skipped them: their frame ids never came."""
    INCOMPLETE = 2
    """Their frames came short of bytes."""
    RING_FULL = 3
    """A consumer was so far behind that the ring gave them up."""
    RESTART = 4
    """They passed while a process was away, or the camera."""
    SHED = 5
    """Older than a `fresh` consumer's budget, and left out for it alone."""
    REFERENCE = 6
    """Dark or white lines, which became a reference."""
    DAMAGED = 7
    """Their bytes in the ring, or on the way, were not those that were written."""


LOST = frozenset(Reason) - {Reason.SHED, Reason.REFERENCE}


class Decision(IntEnum):
    """What a sorter did with a stone."""

    PASSED = 0
    """It is not wanted."""
    EJECTED = 1
    """Valves were told to open for it; which of them took that in time, `StoneRecord.valves` says."""
    DOUBTFUL = 2
    """Its position is not known, so it is not ejected, wanted or not."""
    HELD = 3
    """It is wanted, but sorting was held, and no valve was told."""


class Flag(IntFlag):
    """Faults of a line that is there all the same."""

    NONE = 0
    SATURATED = 1
    """Some of its counts are at full scale: those samples are invalid."""
    NO_ENCODER = 2
    """The camera sent no encoder count: lines are counted instead."""
    ENCODER = 4
    """The encoder jumped or ran backwards: the position is doubtful."""
    CLOCK = 8
    """The camera's time stamp could not be true: the time is that of the fetch."""
    NO_LIGHT = 16
    """No more light than behind the shutter: nothing was concluded from this line."""
    LAMP = 32
    """The lamp is not as bright as it was when the white reference was taken."""
    NO_ANSWER = 64
    """The network gave something that is not a number for some samples: they are unknown, with confidence 0."""
    STALE = 128
    """The reference in force has passed a limit of age or temperature: take a new one."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Identity of a line, unchanged from the camera to the last sink.

    `run`: 16 bytes, one a run. `epoch`: new whenever the camera was opened again. `seq`: contiguous, ours.
    `block_id`: the camera's frame id extended to 64 bits. `t_ns`: CLOCK_MONOTONIC at the sensor, or at the fetch
    where the camera has no clock of ours. `encoder`: belt or stage position in counts.
    """

    run: bytes
    epoch: int
    seq: int
    block_id: int
    t_ns: int
    encoder: int


@dataclass(frozen=True, slots=True)
class ClassInfo:
    """A class a label index stands for: its mineral and its colour (red, green, blue, 0..255)."""

    name: str
    colour: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A layer that stands beside the labels of each line. `planes`: values a sample. `legend`: what a code stands for,
    empty where the values are numbers, each `scale` times what is written."""

    name: str
    planes: int = 1
    legend: tuple[ClassInfo, ...] = ()
    scale: float = 1.0

    @property
    def blank(self) -> int:
        """What is written where nothing is said."""
        return UNKNOWN if self.legend else 0


def blank_planes(layers: Iterable[LayerInfo]) -> NDArray[np.uint8]:
    """What layers hold of a sample of which they say nothing, uint8 (planes, 1)."""
    return np.array([[layer.blank] for layer in layers for _ in range(layer.planes)], np.uint8)


@dataclass(frozen=True, slots=True)
class FeatureInfo:
    """An absorption feature, and the window in nm over which its continuum is taken."""

    name: str
    first_nm: float
    last_nm: float


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """Description of a stream; sent before its first line and again when it changes, in force from `seq` on.

    `wavelengths_nm`: one a band. `samples`: pixels across; `offset_x`: first of them on the sensor.
    `full_scale`: the count of a saturated pixel. `counts_per_line`: encoder counts from one line to the next.
    `pitch_mm`: size of a sample across the belt, 0 where not known. `classes`, `model`: empty until labels are made.
    `temperature_c`: of the camera when this was said, NaN where it tells none. `unit`: of what lines of reflectance
    hold, where it is radiance. `kind`: what the camera looks at from here on; dark and white are complete where a scene
    is announced, even if the stream ends there. `clock`: when this was said, by which each `t_ns` of its lines can be
    put on a calendar. `layers`: what lines hold beside their labels, in this order. `features`: of what lines of
    features hold, in this order.
    """

    run: bytes
    epoch: int
    seq: int
    camera: str
    serial: str
    wavelengths_nm: tuple[float, ...]
    samples: int
    offset_x: int
    full_scale: int
    exposure_us: float
    gain: float
    line_rate_hz: float
    counts_per_line: float
    pitch_mm: float
    classes: tuple[ClassInfo, ...] = ()
    model: str = ""
    temperature_c: float = field(default=math.nan, compare=False)
    unit: str = ""
    kind: Kind = Kind.SCENE
    clock: Moment = NEVER
    layers: tuple[LayerInfo, ...] = ()
    features: tuple[FeatureInfo, ...] = ()

    @property
    def first(self) -> int:
        return self.seq

    @property
    def n(self) -> int:
        return 0

    @property
    def bands(self) -> int:
        return len(self.wavelengths_nm)

    def same_setting(self, other: StreamInfo) -> bool:
        """True where the camera is set alike: place and time in the stream, temperature and view may differ."""
        placed = replace(self, run=other.run, epoch=other.epoch, seq=other.seq, clock=other.clock)
        return replace(placed, kind=other.kind) == other


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line of any type."""

    stamp: Stamp

    @property
    def first(self) -> int:
        return self.stamp.seq

    @property
    def n(self) -> int:
        return 1


@dataclass(frozen=True, slots=True, eq=False)
class RawLine(Line):
    """Counts as the camera gave them, uint16 (bands, samples)."""

    kind: Kind
    flags: Flag
    counts: NDArray[np.uint16]


@dataclass(frozen=True, slots=True, eq=False)
class LabelLine(Line):
    """A class index a sample, or UNKNOWN, BACKGROUND, INVALID.

    `labels`, `confidence`: uint8 (samples,); confidence is the probability of the label times 255.
    `model`, `reference_id`: the first 16 hex digits of the sha256 of the model and of the reference.
    `layers`: uint8 (planes, samples), the planes of the layers that `StreamInfo` names, one after the other; UNKNOWN in
    a layer with a legend is no answer. None where there are none.
    """

    flags: Flag
    model: str
    reference_id: str
    labels: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    layers: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ReflectanceLine(Line):
    """Reflectance, unitless float32 (bands, samples); NaN where the reference has no valid denominator.

    `invalid`: uint8 (samples,), bits that say what is wrong with a sample, or how its values came about.
    `uncertainty`: standard uncertainty of each element, float32 (bands, samples), where it is asked for; NaN as above.
    """

    flags: Flag
    reference_id: str
    reflectance: NDArray[np.float32]
    invalid: NDArray[np.uint8]
    uncertainty: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FeatureLine(Line):
    """Absorption features, float32 (features, 2, samples): centre in nm, and depth as a share of the hull, of those
    that `StreamInfo` names. NaN in both where there is no such feature."""

    flags: Flag
    reference_id: str
    features: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class StoneRecord(Line):
    """A stone that has passed the sorter; of stones that touch, each piece. `stamp.seq` numbers the stones of a run
    from 0 on; its time is that of the stone's last line, its encoder that of the first.

    `first_line`, `last_line`: sequence numbers of lines. `first_sample`, `stop_sample`: the samples [first, stop) that
    its box spans. `pixels`: its samples, and `counts` of them by class: uint32 (classes + 1,), by the classes of its
    stream's StreamInfo, unknown last. `decision`, and `why` in short words; `measure`: the number that was compared
    with the recipe's limit, NaN where none was. `valves`: bit v is set where the bank took that valve v is to open over
    it. `product`: of the recipe, counted from 1, 0 for what passes. `recipe`: name and version. `model` and
    `reference_id`: of its last line. `cut`: its end was not seen. `clump`: it is a piece of stones that touch.
    `outline`: its runs of samples, int32 (n, 3): line, counted from `first_line`, start, stop; of a stone of very many
    runs the lines that are a multiple of 2, 4, or so, alone.
    """

    first_line: int
    last_line: int
    first_sample: int
    stop_sample: int
    pixels: int
    decision: Decision
    why: str
    measure: float
    valves: int
    product: int
    recipe: str
    model: str
    reference_id: str
    cut: bool
    clump: bool
    counts: NDArray[np.uint32]
    outline: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Gap:
    """`n` lines from `first` on that do not come, and why."""

    run: bytes
    epoch: int
    first: int
    n: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class EndOfStream:
    """The run is over. `seq` is one past the last line; the totals are what its sender counted."""

    run: bytes
    epoch: int
    seq: int
    lines: int
    lost: int
    reference: int

    @property
    def first(self) -> int:
        return self.seq

    @property
    def n(self) -> int:
        return 0


Message = StreamInfo | RawLine | LabelLine | ReflectanceLine | FeatureLine | StoneRecord | Gap | EndOfStream
