"""The page: one HTML file, its pictures in it."""

from __future__ import annotations

import base64
from html import escape
from typing import Any

from inference.commands.report.facts import Facts
from inference.references.acceptance import AVERAGED, FEW
from inference.references.findings import of_entry
from inference.references.measurement import Measurement

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2733; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: 0.2rem; } h2 { font-size: 1.1rem; margin: 2rem 0 0.4rem; }
.verdict { padding: 0.7rem 1rem; border-left: 5px solid; margin: 1rem 0; }
.good { background: #eaf6ee; border-color: #2e8b57; } .bad { background: #fbeceb; border-color: #c0392b; }
.note { background: #fdf6e3; border-color: #d9a406; }
table { border-collapse: collapse; }
td, th { padding: 0.15rem 1.2rem 0.15rem 0; text-align: left; vertical-align: top; }
th { font-weight: 600; } .at { white-space: nowrap; } td { font-variant-numeric: tabular-nums; }
figure { margin: 0.5rem 0; } img { width: 100%; } figcaption, .small { color: #55636f; font-size: 0.9rem; }
code { font-size: 0.9em; }
"""
CAPTIONS = {
    "Drift since last": "Median over the samples, and the middle nine tenths of them, against the last good reference.",
    "Where the light changed": "White less dark against that of the last good reference, for the same exposure.",
    "Dark and white by wavelength": "Median over the samples, and the middle nine tenths of them.",
    "The panel across the line": "Median over the bands, and the middle nine tenths of them: a panel that is level and "
    "clean under even light gives a smooth curve.",
    "Dark, and light of the panel, by element": "Colours cover the middle 98 % of the elements.",
    "Signal to noise, and bad pixels": "Signal to noise falls where the lamp or the sensor is weak. Bad pixels are "
    "those that dark and white show to be hot, dead or noisy.",
    "Noise model, and how sure is sure": "Left: variance from line to line against the light, and the model that the "
    "uncertainty of reflectance rests on. Right: the true share of errors within the stated uncertainty; on the "
    "diagonal it is right. Drawn from this reference and its noise model.",
}


def page(facts: Facts, pictures: dict[str, str]) -> str:
    """The page's HTML. `pictures`: SVG by title, in their order."""
    reference = facts.reference
    title = f"Reference {reference.id}"
    where = (
        f"{reference.camera} {reference.serial}, {len(reference.wavelengths_nm)} bands x {reference.samples} samples"
    )
    figures = "".join(_figure(name, svg) for name, svg in pictures.items())
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>\n'
        f'<h1>{title}</h1><p class="small">{escape(where)}, captured {escape(_time(reference.captured))} UTC</p>\n'
        f"{_verdict(facts)}\n{_conditions(facts)}\n{figures}\n{_history(facts)}\n</body></html>\n"
    )


def _verdict(facts: Facts) -> str:
    state = "It is the chosen one." if facts.chosen else "It is not the chosen one."
    compared = f"compared with {facts.before.id}" if facts.before else "without an earlier one to compare with"
    if not facts.findings:
        return f'<p class="verdict good"><strong>Nothing speaks against it</strong>, {compared}. {state}</p>'
    words = "".join(f"<li>{escape(finding.words)} <code>{finding.code}</code></li>" for finding in facts.findings)
    how = "note" if {finding.code for finding in facts.findings} <= {FEW, AVERAGED} else "bad"
    return (
        f'<div class="verdict {how}"><strong>What speaks against it</strong>, {compared}:<ul>{words}</ul>{state}</div>'
    )


def _conditions(facts: Facts) -> str:
    reference = facts.reference
    kinds = list(reference.measurements())
    head = "<tr><th></th>" + "".join(f"<th>{name.replace('_', ' ')}</th>" for name, _ in kinds) + "</tr>"
    rows = "".join(
        f"<tr><th>{label}</th>{''.join(f'<td>{_condition(kind, label)}</td>' for _, kind in kinds)}</tr>"
        for label in _ROWS
    )
    noise = facts.noise
    electrons = f"{1 / noise.per_count:.0f} electrons a count" if noise.per_count > 0 else "no shot noise seen"
    behind = f"{float(noise.read_variance.mean()) ** 0.5:.2f} counts behind the shutter, {electrons}"
    bad = ", ".join(f"{n} {name}" for name, n in facts.bad_counts.items())
    panel = f"{escape(reference.panel_name)} <code>{reference.panel_sha256[:16]}</code>" if reference.panel_name else (
        "no certificate: taken as a perfect reflector"
    )  # fmt: skip
    coefficients = escape(reference.coefficients_unit) if reference.coefficients is not None else "none"
    more = {
        "panel": panel,
        "radiometric coefficients": coefficients,
        "noise": behind if facts.has_noise else "not known: the lines were averaged before",
        "bad pixels": bad,
    }
    rest = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in more.items())
    return f"<h2>How it was taken</h2><table>{head}{rows}</table><table>{rest}</table>"


_ROWS: dict[str, Any] = {
    "captured": lambda m: escape(_time(m.captured)),
    "lines": lambda m: f"{m.lines}",
    "left out as outliers": lambda m: f"{m.rejected / (m.lines * m.mean.size):.3%}",
    "exposure": lambda m: "not known" if m.exposure_us != m.exposure_us else f"{m.exposure_us:g} us",
    "gain": lambda m: f"{m.gain:g}",
    "temperature": lambda m: "not known" if m.temperature_c != m.temperature_c else f"{m.temperature_c:.1f} °C",
    "elements at full scale": lambda m: f"{(m.saturated > 0).mean():.2%}",
    "lamp, from line to line": lambda m: _share(m.flicker),
    "motion, from line to line": lambda m: _share(m.motion),
}


def _condition(measured: Measurement, label: str) -> str:
    return str(_ROWS[label](measured))


def _time(iso: str) -> str:
    """To the second, in UTC as it was written."""
    return iso[:19].replace("T", " ")


def _share(value: float) -> str:
    return "not known" if value != value else f"{value:.2%}"


def _figure(name: str, svg: str) -> str:
    data = base64.b64encode(svg.encode()).decode()
    return (
        f'<h2>{name}</h2><figure><img alt="{name}" src="data:image/svg+xml;base64,{data}">'
        f"<figcaption>{CAPTIONS[name]}</figcaption></figure>\n"
    )


def _history(facts: Facts) -> str:
    rows = "".join(_entry(entry) for entry in reversed(facts.history[-40:]))
    return f"<h2>What happened at this line</h2><table>{rows}</table>" if rows else ""


def _entry(entry: dict[str, Any]) -> str:
    words = "; ".join(finding.words for finding in of_entry(entry))
    if entry["what"] == "in_force":
        words = f"from line {entry['line']} of run {entry['run'][:12]} on"
    what = str(entry["what"]).replace("_", " ")
    cells = f"<td>{what}</td><td><code>{entry['id']}</code></td><td>{escape(words)}</td>"
    return f"<tr><td class=at>{_time(str(entry['at']))}</td>{cells}</tr>"
