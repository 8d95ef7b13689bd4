"""Variables of a line under Oreline's own namespace. docs/reference/opcua.md is made from this table."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sinks.station.status import Status


@dataclass(frozen=True, slots=True)
class Unit:
    """Unit of measurement. `code`: of UN/CEFACT recommendation 20."""

    symbol: str
    code: str
    name: str

    @property
    def number(self) -> int:
        """Number of the code, as OPC 10000-8 makes it."""
        return int.from_bytes(self.code.encode(), "big")


HZ, M_S = Unit("Hz", "HTZ", "hertz"), Unit("m/s", "MTS", "metre per second")
S, MS = Unit("s", "SEC", "second"), Unit("ms", "C26", "millisecond")
MM, CELSIUS = Unit("mm", "MMT", "millimetre"), Unit("°C", "CEL", "degree Celsius")


@dataclass(frozen=True, slots=True)
class Variable:
    """Variable of a line: its path, the name of its type, what it is of a status, and what it says. `array`: it has one
    value for each of something."""

    path: str
    kind: str
    of: Callable[[Status], Any]
    words: str
    unit: Unit | None = None
    array: bool = False

    def value(self, status: Status) -> Any:
        """Its value; None where nobody knows it."""
        found = self.of(status)
        if isinstance(found, float) and math.isnan(found):
            return None
        return list(found) if self.array else found


VARIABLES = (
    Variable("Phase", "String", lambda s: str(s.phase), "starting, calibrating, held, running, no_lines, or ended"),
    Variable("Run", "String", lambda s: s.run, "The run, in hex digits; it is the JobId, too"),
    Variable("Sorts", "Boolean", lambda s: s.sorts, "There is a sorter in this line"),
    Variable("Held", "Boolean", lambda s: s.held, "Somebody has the sorter hold its fire"),
    Variable("Camera/Model", "String", lambda s: s.camera, "What the camera calls itself"),
    Variable("Camera/Serial", "String", lambda s: s.serial, "Its serial number"),
    Variable("Camera/Samples", "UInt32", lambda s: s.samples, "Samples across the belt"),
    Variable("Camera/Pitch", "Double", lambda s: s.pitch_mm, "Width of a sample on the belt", MM),
    Variable("Camera/Temperature", "Double", lambda s: s.camera_temperature_c, "Of the camera", CELSIUS),
    Variable("Camera/LineRate", "Double", lambda s: s.line_rate_hz, "As set at the camera", HZ),
    Variable("Rates/Lines", "Double", lambda s: s.lines_per_s, "Lines seen over the last second", HZ),
    Variable("Rates/Belt", "Double", lambda s: s.belt_m_per_s, "Belt's speed, from the encoder", M_S),
    Variable("Rates/LastLineAge", "Double", lambda s: s.last_line_age_s, "Age of the last line", S),
    Variable("Latency/Median", "Double", lambda s: s.latency_p50_ms, "From the sensor to the sorter's decision", MS),
    Variable("Latency/P99", "Double", lambda s: s.latency_p99_ms, "Of 99 in 100 lines, it is no longer", MS),
    Variable("Latency/Budget", "Double", lambda s: s.budget_ms, "No decision is sent later than this", MS),
    Variable("Counts/Lines", "UInt64", lambda s: s.lines, "Lines that came to inference since it started"),
    Variable("Counts/Lost", "UInt64", lambda s: s.lost, "Lines that nobody got"),
    Variable("Counts/Shed", "UInt64", lambda s: s.shed, "Lines that the sorter passed over"),
    Variable("Shares/Names", "String", lambda s: s.shares, "Classes in the rock of the last minute", array=True),
    Variable("Shares/Values", "Double", lambda s: s.shares.values(), "Their shares, all together 1", array=True),
    Variable("Stones/Names", "String", lambda s: s.stones, "Decisions about stones", array=True),
    Variable("Stones/Counts", "UInt64", lambda s: s.stones.values(), "Stones that were decided so", array=True),
    Variable("Reference/Id", "String", lambda s: s.reference_id, "Dark and white reference in use"),
    Variable("Reference/Age", "Double", lambda s: s.reference_age_s, "Its age", S),
    Variable("Reference/Limit", "Double", lambda s: s.reference_limit_s, "Beyond this it is too old", S),
    Variable("Reference/Stale", "Boolean", lambda s: s.reference_stale, "It is too old, or does not fit any more"),
    Variable("Lamp/Ok", "Boolean", lambda s: s.lamp_ok, "The lamp is as bright as the reference knew it"),
    Variable("Plc/Connected", "Boolean", lambda s: s.plc.connected, "The PLC answers"),
    Variable("Plc/Inhibit", "Boolean", lambda s: s.plc.inhibit, "The PLC lets no valve open"),
    Variable("Valves/Number", "UInt32", lambda s: s.plc.valves, "Valves in the bank"),
    Variable("Valves/Faults", "UInt32", lambda s: max(s.plc.faults, len(s.plc.faulty)), "Those that do not answer"),
    Variable("Valves/Faulty", "UInt32", lambda s: s.plc.faulty, "Which, where the bank tells, from 0", array=True),
    Variable("Valves/Worn", "UInt32", lambda s: s.plc.worn, "Those that have shot more than they may", array=True),
    Variable("Valves/Shots", "UInt64", lambda s: s.plc.shots, "Shots of each, since it is new", array=True),
    Variable("Valves/Testing", "Boolean", lambda s: s.plc.testing, "Valves are being tested"),
    Variable("Recipe/Name", "String", lambda s: s.recipe.name, "Recipe in force"),
    Variable("Recipe/Version", "UInt32", lambda s: s.recipe.version, "Its version"),
    Variable("Recipe/Words", "String", lambda s: s.recipe.words, "What it does"),
    Variable("Recipe/CutOff", "Double", lambda s: s.recipe.cut_off, "Least share of ore of a stone that is wanted"),
    Variable("Model", "String", lambda s: s.model, "Model that labels"),
    Variable("Processes/Names", "String", lambda s: s.processes, "Processes of the line", array=True),
    Variable("Processes/Answer", "Boolean", lambda s: s.processes.values(), "Whether each answers", array=True),
)
