"""What the station reads out of the metrics of other processes: gaps, counts by label, the bank of valves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from oreline.messages import LOST, Reason
from oreline.metrics_port import Samples
from sinks.conveyor.settings import ConveyorSettings
from sinks.station.status import PlcStatus


def gap_lines(samples: Samples, stage: str, *, shed: bool) -> int:
    """Lines that did not come to a stage: those that it passed over, or those that nobody got."""
    reasons = {Reason.SHED} if shed else LOST
    keys = (("oreline_gap_lines_total", reason.name.lower(), stage) for reason in reasons)
    return int(sum(samples.get(key, 0) for key in keys))


def by_label(samples: Samples, wanted: str) -> dict[str, int]:
    """Values of a metric by its one label."""
    return {label[0]: int(n) for (name, *label), n in samples.items() if name == wanted and label}


def setting_of(table: Mapping[str, Any], name: str) -> Any:
    """A setting of a sorter's table, as the sorter takes it where the table does not say."""
    return table.get(name, ConveyorSettings.model_fields[name].default)


def plc_of(sorter: Samples, table: Mapping[str, Any]) -> PlcStatus:
    """What the sorter, of this table, tells of its bank of valves."""
    valves, life = int(setting_of(table, "valves")), setting_of(table, "valve_life")
    if ("oreline_plc_connected",) not in sorter:
        return PlcStatus(valves=valves)
    faulty = by_label(sorter, "oreline_valve_faulty")
    shots = by_label(sorter, "oreline_valve_shots_total")
    return PlcStatus(
        connected=bool(sorter[("oreline_plc_connected",)]),
        inhibit=bool(sorter.get(("oreline_plc_inhibit",), 0)),
        valves=valves,
        faults=int(sorter.get(("oreline_valve_faults",), 0)),
        faulty=tuple(sorted(int(valve) for valve, n in faulty.items() if n)),
        worn=tuple(sorted(int(valve) for valve, n in shots.items() if n >= (life or math.inf))),
        shots=tuple(shots.get(str(valve), 0) for valve in range(valves)) if shots else (),
        testing=bool(sorter.get(("oreline_valves_testing",), 0)),
    )
