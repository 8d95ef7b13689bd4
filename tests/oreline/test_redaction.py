"""Secrets are struck out wherever they stand, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oreline import redaction
from oreline.redaction import STRUCK, Redaction

SECRET = "hunter2-Zq9"


@pytest.mark.parametrize(
    "text",
    [
        f"password = {SECRET}",
        f'mqtt_password: "{SECRET}"',
        f"PASSWD={SECRET} next",
        f"token is '{SECRET}', it says",
        f"connect to mqtt://mine:{SECRET}@broker:1883/x",
        f"Authorization: Bearer {SECRET}",
        f"api-key={SECRET}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}",
    ],
)
def test_what_looks_like_a_secret_is_struck_out(text: str) -> None:
    assert SECRET not in Redaction().text(text)
    assert STRUCK in Redaction().text(text)


@pytest.mark.parametrize(
    "text",
    [
        "the disk is full: free space, nothing that was committed is lost",
        "out/logs belongs to user 0, or others can write to it",
        "the token ring at https://example.org/a/b was read",
        "no passwords are kept here",
    ],
)
def test_what_does_not_stays(text: str) -> None:
    assert Redaction([SECRET]).text(text) == text


@pytest.mark.parametrize(
    "form", [SECRET, f"x{SECRET}y", json.dumps(f'"{SECRET}"'), "aHVudGVyMi1acTk=", "hunter2-Zq9%20"]
)
def test_a_known_secret_is_struck_out_in_every_form(form: str) -> None:
    assert form not in Redaction([SECRET]).text(f"before {form} after")


def test_a_short_name_is_struck_out_as_a_word_alone() -> None:
    assert Redaction(["ann"]).text("ann cannot") == f"{STRUCK} cannot"


def test_settings_lose_values_of_telling_names_and_keep_all_else() -> None:
    tables = {"mqtt": {"password": SECRET, "host": "broker", "username": "mine", "tokens": 3}, "a": [{"api_key": 5}]}
    assert Redaction().tables(tables) == {
        "mqtt": {"password": STRUCK, "host": "broker", "username": STRUCK, "tokens": 3},
        "a": [{"api_key": STRUCK}],
    }


def test_secrets_of_settings_are_those_in_the_files_that_they_name(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{SECRET}\n")
    assert SECRET in redaction.of_settings({"mqtt": {"password": str(file)}})
    assert redaction.of_settings({"mqtt": {"host": str(file)}}) == set()


def test_secrets_of_the_environment_are_those_of_telling_names() -> None:
    environment = {"BROKER_TOKEN": SECRET, "USER": "oreline", "PWD": "/srv", "LANG": "C"}
    assert redaction.of_environment(environment) == {SECRET}
