"""Settings of what the station tells by MQTT."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from oreline.config import Section


class MqttSettings(Section):
    """Broker that the station tells by MQTT 5. Nothing is taken from it: there are no commands by MQTT."""

    host: str = "127.0.0.1"
    """Name or address of the broker. One that is not of loopback needs TLS, and a certificate of this station's own."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 0
    """Its port; 0 is 8883 with TLS, and 1883 without."""
    topic: Annotated[str, Field(pattern=r"^[^#+/$\x00-\x1f][^#+\x00-\x1f]{0,199}$")] | None = None
    """Beginning of all topics, such as "mine/crusher2/line1"; None: oreline and the line's name."""
    client: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = None
    """Identity of this client, one of its own on each broker; None: oreline and the line's name."""
    ca: Path | None = None
    """Certificate of the authority that has signed the broker's, PEM; None: those that the host trusts."""
    certificate: Path | None = None
    """Certificate of this station, PEM, with those between it and its authority. With it, TLS is spoken."""
    key: Path | None = None
    """Its private key, PEM, which nobody else may read."""
    username: str | None = None
    """Name for a broker that asks for one."""
    password: Path | None = None
    """File with the password to it, which nobody else may read."""
    keepalive_s: Annotated[int, Field(ge=1, le=3600)] = 4
    """A broker that hears nothing for one and a half times as long takes the station for dead, and publishes its
    will."""
    status_s: Annotated[float, Field(ge=0.5, le=3600)] = 5.0
    """The status is told so often, and at once when the phase changes."""
    batch_s: Annotated[float, Field(ge=0.1, le=60)] = 1.0
    """Stones are told together that came within so long,"""
    batch_stones: Annotated[int, Field(ge=1, le=500)] = 100
    """and at most so many of them."""
    spool_mb: Annotated[float, Field(gt=0, le=100_000)] = 64.0
    """Most that waits on the disk while the broker is away, in MB. Then the oldest goes, and is counted."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together: give both")
        if self.ca is not None and self.certificate is None:
            raise ValueError("ca: a broker's certificate is checked where TLS is spoken: give certificate and key, too")
        if self.certificate is None and not _is_loopback(self.host):
            raise ValueError(
                f"host: {self.host} is not this host: anyone on the way could read and change what is told; give "
                "certificate and key, and ca where the broker's is the plant's own"
            )
        return self

    @property
    def has_tls(self) -> bool:
        return self.certificate is not None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
