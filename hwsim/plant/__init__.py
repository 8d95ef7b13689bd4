"""The far end of the line: a PLC that takes valve commands, the belt and nozzles that it drives, and what they do to
the stones that pass. `report` says it as a plant manager reads it."""

from hwsim.plant.program import CHANGE, ROW, Route, ValveFault, VirtualPlc
from hwsim.plant.server import Settings, run, serve

__all__ = ["CHANGE", "ROW", "Route", "Settings", "ValveFault", "VirtualPlc", "run", "serve"]
