"""Settings of the operator's page."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from oreline.config import Section

Language = Literal["browser", "en", "es", "zh-CN"]


class WebSettings(Section):
    """The operator's page: where browsers find it, and what one may do there who has no account.

    On loopback anyone who has an account of the host can open it. Elsewhere it needs a certificate and accounts.
    """

    port: Annotated[int, Field(ge=0, le=65535)] = 8470
    """Port of the page; 0 takes a free one."""
    bind: str = "127.0.0.1"
    """Address of this host at which it is served. Any but loopback needs `certificate` and accounts."""
    names: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")], ...] = ()
    """Names by which browsers call this host, besides its address; requests to any other are refused."""
    certificate: Path | None = None
    """Certificate of this host and those it rests on, PEM: the page is served by HTTPS."""
    certificate_key: Path | None = None
    """Private key of the certificate, PEM."""
    without_account: Literal["viewer", "operator", "engineer"] = "operator"
    """Role of everybody on loopback where the station has no accounts."""
    language: Language = "browser"
    """Language of the page until somebody chooses another; "browser" asks the browser."""
    viewers: Annotated[int, Field(ge=1, le=256)] = 32
    """Most pages that are open at once."""

    @property
    def is_loopback(self) -> bool:
        return ip_address(self.bind).is_loopback

    @property
    def scheme(self) -> str:
        return "https" if self.certificate else "http"

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        try:
            ip_address(self.bind)
        except ValueError:
            raise ValueError(f"bind = {self.bind!r} is no address: give one of this host, such as 127.0.0.1") from None
        if (self.certificate is None) != (self.certificate_key is None):
            raise ValueError("certificate and certificate_key go together: give both, or neither")
        if not self.is_loopback and self.certificate is None:
            raise ValueError(
                f"bind = {self.bind!r} can be reached from other hosts: give certificate and certificate_key, or serve "
                "on 127.0.0.1"
            )
        return self
