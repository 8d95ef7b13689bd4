"""Settings of the page: what could be reached by strangers is refused."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from oreline.config import validated
from oreline.errors import ConfigError, SystemRefused
from sinks.station.web.face import hosts_of, listener
from sinks.station.web.settings import WebSettings


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"bind": "0.0.0.0"}, "can be reached from other hosts: give certificate and certificate_key, or serve"),
        ({"bind": "mill"}, "'mill' is no address: give one of this host, such as 127.0.0.1"),
        ({"certificate": "a.pem"}, "certificate and certificate_key go together: give both, or neither"),
        ({"language": "fr"}, "language"),
    ],
)
def test_what_is_not_sound_is_refused(wanted: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        validated(WebSettings, wanted, "line.toml: [sinks.station]")


def test_a_port_that_is_taken_is_refused_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(SystemRefused, match=f"cannot have port {port} at 127.0.0.1: Address already in use; stop"):
            listener(WebSettings(port=port))


def test_a_certificate_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="cannot be used"):
        listener(WebSettings(port=0, certificate=tmp_path / "a.pem", certificate_key=tmp_path / "b.pem"))


def test_a_host_is_known_by_its_names() -> None:
    assert hosts_of(WebSettings(), 8470) == {"localhost:8470", "127.0.0.1:8470", "[::1]:8470"}
    named = WebSettings(bind="10.0.0.5", names=("Mill.example",), certificate=Path("a"), certificate_key=Path("b"))
    assert hosts_of(named, 443) == {"10.0.0.5:443", "mill.example:443", "10.0.0.5", "mill.example"}
