"""A model's card, for a person: its classes by group, how it was judged, its thresholds, what it is not for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from oreline.cli.verdict import share
from oreline.palette import GROUPS, group_of

NETWORK = "network"
SHOWN = (
    "species", "group", "bands", "AUROC", "FPR95", "named as a species", "named as a group", "right", "wrong", "either",
    "neither and sure", "r", "mean error", "refused by species", "refused by bands",
)  # fmt: skip
"""Quantities that are shown; the card has all."""
BESIDE = ("species", "bands", "group", "either")
"""Quantities beside which the best other method stands."""


def show(card: Any, console: Console) -> None:
    """Print a card."""
    first, last = card.wavelengths_nm[0], card.wavelengths_nm[-1]
    console.print(f"{card.name} {card.model_sha256[:16]}: {len(card.wavelengths_nm)} bands, {first:g} to {last:g} nm")
    training = card.training
    console.print(f"{card.kmac:.0f} kMAC a spectrum, learned {training.data} in {training.steps} steps")
    for sentence in card.not_for or ():
        console.print(f"not for: {sentence}")
    if card.bfloat16 is not None:
        console.print(
            f"in bfloat16 logits differ by {card.bfloat16.logits:.1%} of their spread at most, "
            f"and {card.bfloat16.labels:.0%} of the labels"
        )
    console.print()
    for table in (_classes(card), _bands(card.bands), _thresholds(card), _judged(card.metrics)):
        if table.row_count:
            console.print(table)
            console.print()
    for one in card.metrics.sets or ():
        if one.not_offered is not None:
            console.print(f"{one.name}: {one.not_offered}")
    for pair in card.confused:
        a, b = share(pair.a_as_b, 1.0), share(pair.b_as_a, 1.0)
        console.print(f"hardly separable: {pair.a} is taken for {pair.b} in {a}, the other way in {b}")


def _classes(card: Any) -> Table:
    table = Table("group", "classes, share found, specimens", box=None, pad_edge=False)
    by_group: dict[str, list[Any]] = {}
    for one in card.classes:
        by_group.setdefault(group_of(one.name) or one.name, []).append(one)
    for group in _ordered(by_group):
        said = (f"{one.name} {share(one.recall, 1.0)} of {one.specimens}" for one in by_group[group])
        table.add_row(group, ", ".join(said))
    return table


def _bands(bands: Any) -> Table:
    """Of the second answer; no rows where there is none."""
    table = Table("bands of", "species", box=None, pad_edge=False)
    by_group: dict[str, list[str]] = {}
    for name, group in zip(*((bands.names, bands.groups) if bands else ((), ())), strict=True):
        by_group.setdefault(group, []).append(name)
    for group in _ordered(by_group):
        if by_group[group] != [group]:
            table.add_row(group, ", ".join(by_group[group]))
    return table


def _ordered(groups: Iterable[str]) -> list[str]:
    place = {name: number for number, name in enumerate(GROUPS)}
    return sorted(groups, key=lambda name: (place.get(name, len(place)), name))


def _thresholds(card: Any) -> Table:
    """Each with what it comes to on rocks that did not choose it, where the card says it."""
    table = Table("threshold", "value", "share that it rules", "aim", "on other rocks", box=None, pad_edge=False)
    held = {one.name: one for one in card.metrics.thresholds or ()}
    values = {"unknown_below": card.unknown_below, "group_below": card.group_below}
    if card.bands is not None:
        values |= {"bands.unknown_below": card.bands.unknown_below, "bands.species_below": card.bands.species_below}
    values |= {"noisy_above": card.noisy_above, "dark_below": card.dark_below}
    values["background_reflectance"] = card.background_reflectance
    for name, value in values.items():
        if value is not None:
            one = held.get(name)
            said = (one.of, f"{one.aim:.2f}", f"{one.measured:.2f}") if one else ("", "", "")
            table.add_row(name, f"{value:g}", *said)
    return table


def _judged(metrics: Any) -> Table:
    """All sets, or of an older card its few figures."""
    table = Table("judged on", "spectra", "specimens", "figure", "mean", "95 %", "best other", box=None, pad_edge=False)
    for column in table.columns[1:3]:
        column.justify, column.no_wrap = "right", True
    if metrics.sets is None:
        on = ("laboratory spectra, held out", f"{metrics.spectra}", f"{metrics.specimens}")
        best = max((getattr(metrics.accuracy, name), name.upper()) for name in ("sam", "lda", "svm"))
        table.add_row(*on, "species", f"{metrics.accuracy.cnn:.3f}", "", f"{best[0]:.3f} {best[1]}")
    for one in metrics.sets or ():
        if one.not_offered is not None:
            continue
        named = (one.name, f"{one.spectra}", f"{one.specimens}")
        for quantity in SHOWN:
            if (of := one.figures.get(NETWORK, {}).get(quantity)) is not None:
                table.add_row(*named, quantity, f"{of.mean:.3f}", f"{of.low:.3f}-{of.high:.3f}", _best(one, quantity))
                named = ("", "", "")
        if NETWORK not in one.figures:
            for way, quantities in one.figures.items():
                for of in quantities.values():
                    table.add_row(*named, f"by {way}", f"{of.mean:.3f}", f"{of.low:.3f}-{of.high:.3f}", "")
                    named = ("", "", "")
    return table


def _best(one: Any, quantity: str) -> str:
    others = {name: of[quantity].mean for name, of in one.figures.items() if name != NETWORK and quantity in of}
    if quantity not in BESIDE or not others:
        return ""
    name = max(others, key=lambda method: others[method])
    return f"{others[name]:.3f} {name}"
