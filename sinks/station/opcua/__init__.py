"""OPC UA face of the station: an address space of OPC 40100-1, alarms and conditions, roles and encryption."""

from __future__ import annotations
