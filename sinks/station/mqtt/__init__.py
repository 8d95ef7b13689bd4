"""MQTT 5: tells a broker of the plant of a line. It takes nothing from there."""

from __future__ import annotations
