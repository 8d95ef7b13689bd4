"""Refusals: one message that says what to do, and an exit code of its own.

OrelineError                     1
├── ConfigError       ValueError          3   unknown key, wrong unit, out of range
├── SystemRefused     OSError             5   the operating system refused a file, a folder or a port
├── CameraError       OSError            10   the camera failed while in use
│   ├── ProducerNotFound                 11   no such .cti, or not one
│   ├── CameraNotFound                   12   no camera, or none that matches
│   ├── CameraBusy                       13   another process has it
│   ├── FeatureError                     14   the camera has no such feature, or refused the value
│   └── CameraLost                       15   it was lost, and did not come back in time
├── ModelError        ValueError         20   missing, damaged, or its golden vector differs
│   ├── ModelMismatch                    21   made for other bands or wavelengths
│   └── ModelUntrusted                   22   not signed by a maker that is trusted here
├── ReferenceRefused  ValueError         30   missing, damaged, or not fit for this stream
├── RecordingError    ValueError         40   truncated, or not a recording
│   └── StoreFailed       OSError        41   the disk takes no more; what was committed is safe
├── SpectraRefused    ValueError         42   no point spectra, or not reflectance, or not of the model's range
├── AuditBroken       ValueError         43   an audit log was changed, or is none
├── WavelengthsOff    ValueError         44   features of a standard do not lie where a camera should see them
├── PlcError          ConnectionError    50   no PLC, or it refused
├── StreamError       ConnectionError    60   no peer, or one of another version
│   └── WireError                        61   bytes that are not a message
│   └── Undelivered                      64   a consumer lacks lines: they stay in the ring, for the next start
├── RingError         OSError            62   no space, or not a ring
├── SecurityError     PermissionError    63   a stream open to anyone, or a key missing or readable by others
├── StageFailed       RuntimeError       70   a process of the line died
│   ├── StateGone                        71   the line's folder was removed while it ran; what was on the way is lost
│   └── Stopped                         130   Ctrl-C, SIGTERM or SIGHUP came before a line was at work
├── MachineUnfit      RuntimeError       80   `oreline doctor`: lines would be lost, or no line would run
└── MachineDoubtful   RuntimeError       81   `oreline doctor`: a line runs, but something is doubtful
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class OrelineError(Exception):
    exit_code = 1


class ConfigError(OrelineError, ValueError):
    exit_code = 3


class SystemRefused(OrelineError, OSError):
    exit_code = 5


class CameraError(OrelineError, OSError):
    exit_code = 10


class ProducerNotFound(CameraError):
    exit_code = 11


class CameraNotFound(CameraError):
    exit_code = 12


class CameraBusy(CameraError):
    exit_code = 13


class FeatureError(CameraError):
    exit_code = 14


class CameraLost(CameraError):
    exit_code = 15


class ModelError(OrelineError, ValueError):
    exit_code = 20


class ModelMismatch(ModelError):
    exit_code = 21


class ModelUntrusted(ModelError):
    exit_code = 22


class ReferenceRefused(OrelineError, ValueError):
    """`code`: the reason in one word, as reports and metrics have it."""

    exit_code = 30

    def __init__(self, message: str, code: str = "unfit") -> None:
        super().__init__(message)
        self.code = code


class RecordingError(OrelineError, ValueError):
    exit_code = 40


class StoreFailed(RecordingError, OSError):
    """The same `commit` may be called again: nothing that was consumed is lost."""

    exit_code = 41


class SpectraRefused(OrelineError, ValueError):
    exit_code = 42


class AuditBroken(OrelineError, ValueError):
    exit_code = 43


class WavelengthsOff(OrelineError, ValueError):
    exit_code = 44


class PlcError(OrelineError, ConnectionError):
    exit_code = 50


class StreamError(OrelineError, ConnectionError):
    exit_code = 60


class WireError(StreamError):
    exit_code = 61


class Undelivered(StreamError):
    """The process has ended in order, and what it could not deliver is safe: the line's next start goes on with it."""

    exit_code = 64


class RingError(OrelineError, OSError):
    exit_code = 62


class SecurityError(OrelineError, PermissionError):
    exit_code = 63


class StageFailed(OrelineError, RuntimeError):
    exit_code = 70


class StateGone(StageFailed):
    """Rings and sockets have no name any more: who has them open can go on, and nobody who comes."""

    exit_code = 71


STOPPED = 130
"""Exit code of what Ctrl-C has ended before it could end in order."""


class Stopped(StageFailed):
    """Somebody asked for it: no failure, and no alarm."""

    exit_code = STOPPED


class MachineUnfit(OrelineError, RuntimeError):
    exit_code = 80


class MachineDoubtful(OrelineError, RuntimeError):
    exit_code = 81


PASSING = frozenset({StoreFailed.exit_code, PlcError.exit_code})
"""Exit codes of what may be over in a moment."""


def nearest(name: str, names: Iterable[str]) -> str:
    """` Did you mean 'X'?`, or nothing where no name is near or begins like it; made to be appended to a refusal."""
    by_case, name = {one.casefold(): one for one in names}, name.casefold()
    near = [one for one in by_case if name and one.startswith(name)] or difflib.get_close_matches(name, by_case, 1)
    return f" Did you mean {by_case[near[0]]!r}?" if near else ""
