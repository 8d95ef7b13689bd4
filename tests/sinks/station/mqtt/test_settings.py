from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from oreline.errors import SecurityError
from sinks.station.mqtt.session import tls_of
from sinks.station.mqtt.settings import MqttSettings
from tests.sinks.station.mqtt.broker import certificates


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"host": "10.0.0.9"}, "anyone on the way"),
        ({"host": "broker.plant"}, "anyone on the way"),
        ({"host": "10.0.0.9", "ca": "ca.pem"}, "give certificate and key"),
        ({"certificate": "a.pem"}, "go together"),
        ({"key": "a.key"}, "go together"),
        ({"topic": "mine/#"}, "pattern"),
        ({"topic": "/mine"}, "pattern"),
        ({"topic": "$SYS/x"}, "pattern"),
        ({"port": 70_000}, "65535"),
        ({"tls": True}, "Extra inputs"),
    ],
)
def test_a_broker_that_would_be_told_in_the_clear_or_nowhere_is_refused(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        MqttSettings.model_validate(wrong)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_broker_of_this_host_needs_no_certificates(host: str) -> None:
    assert tls_of(MqttSettings(host=host)) is None


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    certificates(tmp_path, "station")
    key = tmp_path / "station.key"
    settings = MqttSettings(host="10.0.0.9", ca=tmp_path / "ca.pem", certificate=tmp_path / "station.pem", key=key)
    assert tls_of(settings) is not None
    key.chmod(0o644)
    with pytest.raises(SecurityError, match="others can read it"):
        tls_of(settings)
    os.truncate(key, 0)
    key.chmod(0o600)
    with pytest.raises(SecurityError, match=r"station\.key"):
        tls_of(settings)
    key.unlink()
    with pytest.raises(SecurityError, match="No such file"):
        tls_of(settings)
