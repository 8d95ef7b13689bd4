"""Node maps of cameras that do not speak the newest standard: camera.xml, with features of other names and units."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple
from xml.etree import ElementTree

from hwsim.camera.shared_file import PRODUCER

SPACE = "http://www.genicam.org/GenApi/Version_1_1"
EXPOSURE, RATE, GAIN, TEMPERATURE = "ExposureTime", "AcquisitionFrameRate", "Gain", "DeviceTemperature"
INNER = "Standard"
"""Ends the name of a node that hosts are not shown any more, and that others stand upon."""


class Spelling(NamedTuple):
    """A feature that tells what a standard one would. `to`, `back`: the standard's value from the feature's (FROM), and
    the other way round (TO). `whole`: an integer."""

    name: str
    standard: str
    unit: str = ""
    to: str = "FROM"
    back: str = "TO"
    whole: bool = False

    @classmethod
    def scaled(cls, name: str, standard: str, unit: str, one: float, *, whole: bool = False) -> Spelling:
        """Of which one is so many of the standard's."""
        return cls(name, standard, unit, f"FROM * {one!r}", f"TO / {one!r}", whole)

    def elements(self) -> list[ElementTree.Element]:
        """Its nodes: formulas of integers know no fractions, so one of a real number stands behind it."""
        children = {
            "FormulaTo": self.to,
            "FormulaFrom": self.back,
            "pValue": f"{self.standard}{INNER}",
            "Unit": self.unit,
        }
        if not self.whole:
            return [_node("Converter", self.name, children)]
        real = f"{self.name}Real"
        return [_node("Converter", real, children), _node("Integer", self.name, {"pValue": real, "Unit": self.unit})]


class Constant(NamedTuple):
    """A feature that always tells the same."""

    name: str
    value: int | float
    unit: str = ""

    def elements(self) -> list[ElementTree.Element]:
        """Its node."""
        kind = "Integer" if isinstance(self.value, int) else "Float"
        return [_node(kind, self.name, {"Value": f"{self.value}", "Unit": self.unit})]


def _node(kind: str, name: str, children: dict[str, str]) -> ElementTree.Element:
    node = ElementTree.Element(f"{{{SPACE}}}{kind}", Name=name)
    for tag, text in children.items():
        if text:
            ElementTree.SubElement(node, f"{{{SPACE}}}{tag}").text = text
    return node


@dataclass(frozen=True)
class Dialect:
    """Features instead of standard ones, which are not shown (`without`). `cached`: hosts take what they have written
    for what is, and do not ask."""

    without: tuple[str, ...]
    features: tuple[Spelling | Constant, ...]
    cached: bool = False


DIALECTS = {
    "basler-ace": Dialect(
        (EXPOSURE, RATE, GAIN, TEMPERATURE),
        (
            Spelling("ExposureTimeAbs", EXPOSURE, "us"),
            Spelling("ExposureTimeRaw", EXPOSURE, whole=True),
            Spelling("AcquisitionFrameRateAbs", RATE, "Hz"),
            Spelling("ResultingFrameRateAbs", RATE, "Hz"),
            Spelling("GainRaw", GAIN, to="20 * LG(FROM / 32.0)", back="32.0 * 10 ** (TO / 20)", whole=True),
            Spelling("TemperatureAbs", TEMPERATURE, "C"),
            Constant("PixelDynamicRangeMax", 4095),
        ),
    ),
    "basler-scout": Dialect(
        (EXPOSURE, RATE, GAIN),
        (
            Spelling.scaled("ExposureTimeRaw", EXPOSURE, "", 20.0, whole=True),
            Constant("ExposureTimeBaseAbs", 20.0, "us"),
            Spelling("AcquisitionFrameRateAbs", RATE, "Hz"),
            Spelling.scaled("GainRaw", GAIN, "", 0.0359, whole=True),
        ),
    ),
    "jai": Dialect((EXPOSURE,), (Spelling.scaled("ExposureTimeRaw", EXPOSURE, "", 31.5, whole=True),)),
    "dalsa": Dialect(
        (EXPOSURE, GAIN), (Spelling(EXPOSURE, EXPOSURE), Spelling(GAIN, GAIN, "", "20 * LG(FROM)", "10 ** (TO / 20)"))
    ),
    "genie": Dialect(
        (EXPOSURE, RATE, GAIN),
        (
            Spelling(EXPOSURE, EXPOSURE, "uS", whole=True),
            Spelling.scaled("FrameRate", RATE, "mHz", 1e-3, whole=True),
            Spelling(GAIN, GAIN, "db"),
        ),
    ),
    "flycapture": Dialect(
        (EXPOSURE, RATE, "Shutter"),
        (Spelling.scaled("Shutter", EXPOSURE, "ms", 1e3), Spelling("FrameRate", RATE, "fps")),
    ),
    "xenics": Dialect(
        (EXPOSURE, RATE, GAIN, TEMPERATURE),
        (
            Spelling("IntegrationTime", EXPOSURE),
            Spelling.scaled("AcquisitionFramePeriod", RATE, "ms", 1e3)._replace(to="1000.0 / FROM", back="1000.0 / TO"),
            Spelling(TEMPERATURE, TEMPERATURE, "K", "FROM - 273.15", "TO + 273.15"),
            Constant("BitDepth", 14),
        ),
    ),
    "regions": Dialect(("Height",), (Constant("Height", 1024),)),
    "cached": Dialect((), (), cached=True),
}
"""By the maker whose cameras speak so; "regions": several regions of interest, Height is the sensor's."""


def known(dialect: str) -> str:
    """The dialect. Raises ValueError for one that there is not."""
    if dialect not in DIALECTS:
        raise ValueError(f"the simulated camera speaks no {dialect!r}: one of {', '.join(DIALECTS)}")
    return dialect


@dataclass(frozen=True)
class Quirks:
    """What a camera does otherwise than the newest standard. `dialect`: a name in DIALECTS. `id_bits`: of its counter
    of frame ids, which begins at `id_start`, or one later where it has no 0 (`id_from_one`). An exposure reads back as
    it was written for `settle_s`, and is then a multiple of `exposure_step_us`.
    """

    dialect: str | None = None
    id_bits: int = 64
    id_from_one: bool = False
    id_start: int = 0
    settle_s: float = 0.0
    exposure_step_us: float = 0.0

    def node_map(self) -> bytes:
        """Its own, empty where it is camera.xml."""
        return node_map(self.dialect) if self.dialect else b""

    def control(self) -> dict[str, float]:
        """Fields of the control block."""
        ids = {"id_bits": self.id_bits, "id_from_one": self.id_from_one, "id_start": self.id_start}
        return ids | {"settle_ns": round(self.settle_s * 1e9), "exposure_step": self.exposure_step_us}


USUAL = Quirks()


@cache
def node_map(dialect: str) -> bytes:
    """XML of a camera that speaks it. Raises ValueError."""
    ElementTree.register_namespace("", SPACE)
    root = ElementTree.parse(PRODUCER.with_name("producer") / "camera.xml").getroot()  # noqa: S314 (our own)
    spoken = DIALECTS[known(dialect)]
    for node in [node for node in root if node.get("Name") in spoken.without]:
        node.set("Name", f"{node.get('Name')}{INNER}")
        for unit in node.findall(f"{{{SPACE}}}Unit"):  # those who stand upon it would have it, too
            node.remove(unit)
    for category in root.iterfind(f"{{{SPACE}}}Category"):
        for feature in [feature for feature in category if feature.text in spoken.without]:
            category.remove(feature)
        if category.get("Name") == "AcquisitionControl":
            for one in spoken.features:
                ElementTree.SubElement(category, f"{{{SPACE}}}pFeature").text = one.name
    for node in root if spoken.cached else ():
        cachable = node.find(f"{{{SPACE}}}Cachable")
        if cachable is not None and node.findtext(f"{{{SPACE}}}pPort") == "Device":
            cachable.text = "WriteThrough"
    root.extend(element for one in spoken.features for element in one.elements())
    return bytes(ElementTree.tostring(root, "utf-8", xml_declaration=True))
