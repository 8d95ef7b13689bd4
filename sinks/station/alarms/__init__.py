"""Alarms of the operator's station, after ISA-18.2: what calls somebody, and what he does about it."""

from __future__ import annotations
