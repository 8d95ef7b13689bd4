"""What is fuzzed. A decoder more is a file here and a line in TARGETS."""

from tests.fuzz.target import MakeTarget
from tests.fuzz.targets import bank, card, control, envi, incident, link, plant, plc, points, recording, reference, wire

TARGETS: dict[str, MakeTarget] = {
    "wire": wire.target,
    "control": control.target,
    "batch": plc.batch,
    "pulse": plc.pulse,
    "status": plc.status,
    "plant": plant.target,
    "link": link.target,
    "bank": bank.target,
    "envi": envi.target,
    "recording": recording.target,
    "points": points.target,
    "card": card.target,
    "reference": reference.target,
    "incident": incident.target,
}
