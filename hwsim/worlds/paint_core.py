"""Kernels that paint a tray of drill core, pixel by pixel.

`u` (lines,) is the place along the rows in mm from the tray's front, `x` (samples,) the place across in mm. `light` is
what `Pixels` holds, `truth` the maps of `Truth`, and `lit` the share of the light that arrives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwsim.random_field import normal, smooth
from hwsim.worlds.paint_stones import mirror
from oreline.jit import kernel

EDGE, ROUNDED, ROUNDED_MM, MOTTLE, GRAIN = 0.45, 0.35, 2.0, 0.1, 0.05
ROUGH_MM, DARK_MM = 1.5, 18.0
WAVE_MM = 1.5

Floats = NDArray[np.float64]
Places = tuple[Floats, Floats]
Planes = NDArray[np.void]


@kernel
def furnish(
    places: Places, rows: Floats, sizes: tuple[float, ...], material: int, key: np.uint64, light: tuple[Any, ...]
) -> None:
    """Paint the empty tray: its boards, the walls between its rows, and their floors, with the fibres of wood.

    sizes: length of a row, thickness of a board, half the width of a floor and of the tray, in mm. light: `one`, `a`.
    """
    u, x = places
    row_mm, board, floor, half = sizes
    one, a = light
    pitch = rows[1] - rows[0] if len(rows) > 1 else 1.0
    for i in range(len(u)):
        is_board = u[i] < 0.0 or u[i] > row_mm
        for j in range(len(x)):
            if u[i] < -board or u[i] > row_mm + board or abs(x[j] - 0.5 * (rows[0] + rows[-1])) > half:
                continue
            row = min(len(rows) - 1, max(0, round((x[j] - rows[0]) / pitch)))
            off, along, across = abs(x[j] - rows[row]), u[i], x[j]
            if is_board:
                along, across = across, along
            fibres = 0.1 * smooth(key, across / 1.5, along / 70.0) + 0.06 * smooth(key, across / 6.0, along / 200.0)
            one[i, j] = material
            a[i, j] = (1.0 + fibres) * (1.0 if is_board or off > floor else 0.6 - 0.25 * off / floor)


@kernel
def lay(
    pieces: NDArray[np.void],
    places: Places,
    planes: tuple[Planes, Planes],
    tones: Floats,
    looks: tuple[float, float, float, float],
    table: NDArray[np.float32],
    light: tuple[NDArray[Any], ...],
    truth: tuple[NDArray[Any], ...],
    lit: NDArray[np.float32],
) -> None:
    """Lay core into the tray.

    planes: contacts and veins. tones: brightness of each rock. looks: variation, shadow, 1 for whole core or 0 for
    half, and the length of a row in mm. table: dice.NORMAL.
    """
    u, x = places
    pixel, row_mm = x[1] - x[0], looks[3]
    for p in range(len(pieces)):
        piece = pieces[p]
        radius = piece.radius
        left, right = np.searchsorted(x, piece.x - radius - DARK_MM), np.searchsorted(x, piece.x + radius + DARK_MM)
        far = radius * max(abs(piece.tilt_start), abs(piece.tilt_end)) + ROUGH_MM + DARK_MM
        for i in range(np.searchsorted(u, piece.start - far), np.searchsorted(u, piece.end + far)):
            if u[i] < 0.0 or u[i] > row_mm:
                continue
            for j in range(left, right):
                v = x[j] - piece.x
                ends = _inside(piece, u[i], v)
                covered = min(1.0, max(0.0, 0.5 + min(ends, radius - abs(v)) / pixel))
                if covered > 0.0:
                    rock = _rock(piece, u[i], v, looks[2], pixel, planes)
                    _put(piece, (u[i], v, ends, covered), rock, tones, looks, table, (i, j), light, truth)
                else:
                    away = max(-ends, abs(v) - radius)
                    lit[i, j] = min(lit[i, j], np.float32(1.0 - looks[1] * max(0.0, 1.0 - away / DARK_MM)))


@kernel
def _put(
    piece: Any,
    point: tuple[float, float, float, float],
    rock: tuple[int, int, float],
    tones: Floats,
    looks: tuple[float, float, float, float],
    table: NDArray[np.float32],
    at: tuple[int, int],
    light: tuple[NDArray[Any], ...],
    truth: tuple[NDArray[Any], ...],
) -> None:
    """Put a point of a piece over what is there; on its edge, its main rock there and what is there share the pixel."""
    u, v, ends, covered = point
    first, second, share = rock
    one, two, a, b, slope, glint = light
    ids, depth, true_one, true_two, true_share = truth
    n = len(tones)
    dome = 1.0 - looks[2] * (1.0 - np.sqrt(max(0.0, 1.0 - (v / piece.radius) ** 2)))
    mottle = smooth(piece.key, u / 2.5, v / 2.5)
    grain = normal(table, piece.key, int(u * 8.0) * 4096 + int((v + piece.radius) * 8.0))
    relief = EDGE * (dome - 1.0) - ROUNDED * np.exp(-max(ends, 0.0) / ROUNDED_MM) + MOTTLE * mottle + GRAIN * grain
    gain = covered * piece.gain * (1.0 + looks[0] * relief)
    glint[at] += covered * piece.shine * dome**4 * mirror(piece.key, u, v)
    slope[at] = piece.slope
    if covered < 1.0:
        first = second if share >= 0.5 else first
        two[at] = one[at] if a[at] >= b[at] else two[at]
        one[at], a[at], b[at] = piece.state * n + first, gain * tones[first], (a[at] + b[at]) * (1.0 - covered)
        second, share = first, 0.0
    else:
        one[at], two[at] = piece.state * n + first, piece.state * n + second
        a[at], b[at] = gain * (1.0 - share) * tones[first], gain * share * tones[second]
    if covered >= 0.5:
        ids[at], depth[at], true_share[at] = piece.id, piece.depth_m + (u - piece.start) / 1e3, share
        true_one[at], true_two[at] = piece.state * n + first, piece.state * n + second


@kernel
def _inside(piece: Any, u: float, v: float) -> float:
    """Distance of a point from the nearer end of a piece, in mm; negative beyond it."""
    start = piece.start + piece.tilt_start * v + ROUGH_MM * smooth(piece.key_start, v / 5.0, 0.5)
    end = piece.end + piece.tilt_end * v + ROUGH_MM * smooth(piece.key_end, v / 5.0, 0.5)
    return float(min(u - start, end - u))


@kernel
def _rock(
    piece: Any, u: float, v: float, whole: float, pixel: float, planes: tuple[Planes, Planes]
) -> tuple[int, int, float]:
    """Two rocks at a point of the surface, and the share of the second: a unit and the next one over a contact,
    or a unit and a vein."""
    contacts, veins = planes
    depth, high = piece.depth_m * 1e3 + u - piece.start, whole * np.sqrt(max(0.0, piece.radius**2 - v * v))
    one, two, share = contacts[0].rock, contacts[0].rock, 0.0
    for c in range(1, len(contacts)):
        contact = contacts[c]
        below = _below(contact, piece.turn, depth, v, high) / contact.half
        if below >= 1.0:
            one = contact.rock
        elif below > -1.0:
            mix = 0.5 + 0.5 * below
            patches = smooth(contact.key, depth / 12.0, v / 12.0) + 0.6 * smooth(contact.key, depth / 4.0, v / 4.0)
            two, share = contact.rock, min(1.0, max(0.0, mix + 1.6 * mix * (1.0 - mix) * patches))
    for k in range(len(veins)):
        vein = veins[k]
        waves = WAVE_MM * smooth(vein.key, depth / 9.0, v / 9.0)
        off = abs(_below(vein, piece.turn, depth, v, high) + waves)
        covered = min(1.0, 0.5 + (vein.half - off) / (pixel * (1.0 + vein.slope)))
        if covered > 0.0:
            one = two if share >= 0.5 else one
            two, share = vein.rock, covered
    return one, two, share


@kernel
def _below(plane: Any, turn: float, depth: float, v: float, high: float) -> float:
    """Distance of a point down the hole from a plane, in mm."""
    towards = v * np.cos(plane.turn + turn) + high * np.sin(plane.turn + turn)
    return float(depth - plane.depth - plane.slope * towards)
