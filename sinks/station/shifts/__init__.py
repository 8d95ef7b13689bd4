"""Minutes and shifts: what a line did in them, as the station saw it, and as the journal has it."""

from __future__ import annotations
