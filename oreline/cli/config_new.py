"""A line's first file: a few questions, and an answer that `oreline config check` accepts."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from oreline.cameras import CAMERAS, camera_preset
from oreline.config import Config
from oreline.errors import ConfigError, ReferenceRefused, nearest
from oreline.files import try_to_write, write_whole
from oreline.supervision.check import check, examined
from oreline.toml_writer import value_of

SIMULATED = "simcam"
PURPOSES = {
    "log": "labels of every line into a journal and maps",
    "sort": "the same, and stones to the valves of a PLC, with the operator's page",
    "record": "what the camera saw, and nothing else",
}
"""What a line is for."""
RATE_SHARE = 0.9
"""Of the most lines a second that the camera's kind has: a simulated one goes at this rate."""


@dataclass(frozen=True)
class Answers:
    """What a first file is made of. `ore`: groups or minerals of the model that are wanted; `distance_counts`: encoder
    counts from the camera's line to the valves. Both of a sorter alone, as `plc`, its host."""

    name: str
    purpose: str
    producer: str
    preset: str
    plc: str = ""
    distance_counts: int = 0
    ore: tuple[str, ...] = ()


def asked(given: dict[str, Any], ask: Callable[..., Any] | None = None) -> Answers:
    """Answers, those that are not `given` by asking for them. Raises ConfigError for those that mean nothing, and where
    there is nobody to ask."""
    ask = ask or (typer.prompt if sys.stdin.isatty() else _nobody)

    def one(key: str, words: str, **more: Any) -> Any:
        value = given.get(key)
        return value if value not in (None, "") else ask(f"{words} (--{key.replace('_', '-')})", **more)

    known = "".join(f"\n  {purpose}: {words}" for purpose, words in PURPOSES.items())
    name = one("name", "Name of the line", default="line")
    purpose = one("purpose", f"What it is for{known}\nOne of these", default="log")
    if purpose not in PURPOSES:
        raise ConfigError(f"no purpose {purpose!r}: there are {', '.join(PURPOSES)}.{nearest(purpose, PURPOSES)}")
    producer = one("producer", f"The camera's GenTL producer, a .cti, or {SIMULATED}", default=SIMULATED)
    preset = camera_preset(one("preset", f"Camera, one of {', '.join(CAMERAS)}")).name
    if purpose != "sort":
        return Answers(name, purpose, producer, preset)
    plc = one("plc", "Host of the PLC", default="127.0.0.1")
    distance = one("distance_counts", "Encoder counts from the camera's line to the valves", type=int)
    ore = one("ore", "What is wanted, minerals or groups of the model, with commas")
    return Answers(name, purpose, producer, preset, plc, distance, tuple(word.strip() for word in ore.split(",")))


def _nobody(words: str, **more: Any) -> Any:
    """Where the standard input is no terminal."""
    if "default" in more:
        return more["default"]
    raise ConfigError(f"nobody can be asked here, so give the option: {words}")


def write(path: Path, answers: Answers) -> bool:
    """Write the file, once it is right. Returns whether its references are to be taken first, which is all that
    `oreline config check` may say of it then. Raises ConfigError where there is a file already, and whatever else the
    check refuses; nothing is written then."""
    if path.exists():
        raise ConfigError(f"{path} is there already: name another file, or move it away")
    try_to_write(path)
    content = text_of(answers)
    config = Config(tomllib.loads(content), str(path))
    findings, _ = examined(config)
    lacks_references = len(findings) == 1 and _is_of_references(findings[0])
    if findings and not lacks_references:
        check(config)
    write_whole(path, content.encode())
    return lacks_references


def _is_of_references(error: Exception) -> bool:
    return isinstance(error, ReferenceRefused) and error.code == "none"


def text_of(answers: Answers) -> str:
    """A file, with what its reader may want to change."""
    parts = [_line(answers), *_camera(answers), *_results(answers)]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _line(answers: Answers) -> list[str]:
    return [
        f"# Line {answers.name}: {PURPOSES[answers.purpose]}.",
        "# `oreline config schema TABLE` explains every key, `oreline config show FILE` all that are in force.",
        "",
        "[line]",
        f"name = {value_of(answers.name)}",
        f"output = {value_of(f'out/{answers.name}')}",
    ]


def _camera(answers: Answers) -> Iterator[list[str]]:
    acquisition = ["[acquisition]", f"producer = {value_of(answers.producer)}", f"preset = {value_of(answers.preset)}"]
    if answers.producer != SIMULATED:
        yield [
            *acquisition,
            '# features = [["PixelFormat", "Mono12"], ...], of the camera, written in this order.',
            "# `oreline calibrate dark` and `white` take its references.",
            'steps = [{ kind = "scene" }]',
        ]
        return
    rate = CAMERAS[answers.preset].line_rate_hz * RATE_SHARE
    yield [
        "[simulator]", f"frame_rate = {rate:.1f}", "counts_per_line = 8.0", "",
        "[simulator.scene]", f"camera = {value_of(answers.preset)}", "lines = 9000", "counts_per_line = 8.0",
    ]  # fmt: skip
    yield [
        *acquisition,
        "ring_lines = 2048",
        "counts_per_line = 8.0",
        f'features = [["PixelFormat", "Mono{CAMERAS[answers.preset].bits}"], ["AcquisitionFrameRate", {rate:.1f}],',
        '  ["ChunkModeActive", true], ["ChunkSelector", "EncoderValue"], ["ChunkEnable", true]]',
        "steps = [",
        '  { kind = "dark", lines = 100, features = [["Shutter", "Closed"]] },',
        '  { kind = "white", lines = 100, features = [["Shutter", "Open"], ["TargetSelector", "White"]] },',
        '  { kind = "scene", lines = 9000, features = [["TargetSelector", "Scene"]] },',
        "]",
    ]


def _results(answers: Answers) -> Iterator[list[str]]:
    if answers.purpose == "record":
        yield ["[sinks.record]", 'what = "raw"']
        return
    yield ["[inference]", f"model = {value_of(answers.preset)}"]
    yield ["[sinks.log]"]
    if answers.purpose == "sort":
        if answers.producer == SIMULATED:
            yield ["[plant]", "port = 5020"]
        yield ["[sinks.station]"]
        yield [
            "[sinks.conveyor]", f"host = {value_of(answers.plc)}",
            *(["port = 5020"] if answers.producer == SIMULATED else []),
            f"distance_counts = {answers.distance_counts}", "",
            "[sinks.conveyor.recipe]", f"ore = {value_of(answers.ore)}",
        ]  # fmt: skip
