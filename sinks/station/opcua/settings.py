"""Settings of the OPC UA face."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from oreline.config import Section


class OpcUaSettings(Section):
    """OPC UA, as of the companion specification for machine vision, OPC 40100-1: see ../reference/opcua.md."""

    bind: str = "127.0.0.1"
    """Address of this host at which the server listens; `0.0.0.0` is all of them."""
    port: Annotated[int, Field(ge=0, le=65535)] = 4840
    """0 takes a free one."""
    anonymous: bool = False
    """Whoever is on this host may look, without a name and without encryption; only where `bind` is of loopback."""
    certificates: Path | None = None
    """Folder of the server's own certificate, of those of clients that it trusts, and of those that it has refused;
    None: `opcua` in the output folder."""

    @field_validator("bind")
    @classmethod
    def _address(cls, bind: str) -> str:
        return str(ip_address(bind))

    @model_validator(mode="after")
    def _anonymous_here(self) -> Self:
        if self.anonymous and not self.loopback:
            raise ValueError(f"`anonymous` is for loopback alone: at {self.bind} anybody could look")
        return self

    @property
    def loopback(self) -> bool:
        return ip_address(self.bind).is_loopback
