"""A model is a program: nothing of it is run that nobody trusted has signed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from inference.classification import card
from inference.classification.card import FILE, GOLDEN, MODEL, Card
from inference.classification.classifier import Classifier
from inference.classification.signature import SHIPPED_MAKERS, SIGNATURE, checked, sign, trusted
from inference.models import SHIPPED
from oreline import keys
from oreline.errors import ModelError, ModelUntrusted, SecurityError
from oreline.files import make_private

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED / "nir224", tmp_path / "model"))


def makers_of(folder: Path) -> Path:
    """An empty list of makers in a new folder of keys."""
    makers = folder / "keys" / keys.MAKERS
    make_private(makers)
    return makers


def oreline(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "oreline.cli.main", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)


@pytest.mark.parametrize("name", ["nir224", "swir288"])
def test_the_models_that_ship_are_signed_by_a_maker_that_ships(name: str) -> None:
    _, who = checked(SHIPPED / name)
    assert Path(who).parent == SHIPPED_MAKERS


def test_no_secret_key_ships() -> None:
    assert [path.suffix for path in SHIPPED_MAKERS.iterdir()] == [".pem"]
    assert all(b"PUBLIC" in path.read_bytes() for path in SHIPPED_MAKERS.iterdir())


@pytest.mark.parametrize("file", [FILE, MODEL, GOLDEN, SIGNATURE])
def test_no_flipped_bit_passes(folder: Path, file: str) -> None:
    whole = (folder / file).read_bytes()
    model = Card.read(folder)
    for at in range(0, len(whole), max(1, len(whole) // 97)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        (folder / file).write_bytes(damaged)
        with pytest.raises(ModelError):
            checked(folder)[0].check_files(folder)
    (folder / file).write_bytes(whole)
    assert checked(folder)[0] == model


def test_a_model_without_a_signature_is_refused(folder: Path) -> None:
    (folder / SIGNATURE).unlink()
    with pytest.raises(ModelUntrusted, match="is not signed"):
        Classifier.load(folder)


def test_a_model_that_this_user_signs_is_trusted_by_this_user_alone(
    folder: Path, own_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = sign(folder)
    assert public.parent == own_folder
    assert checked(folder)[1] == str(public)
    assert (own_folder / "maker.secret").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "someone-else"))
    with pytest.raises(ModelUntrusted, match="signed by a stranger"):
        checked(folder)


def test_a_stranger_s_model_is_refused_until_his_public_key_is_allowed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("XDG_DATA_HOME", str(tmp_path / "stranger"))
        public = sign(folder)
    with pytest.raises(ModelUntrusted, match="signed by a stranger"):
        Classifier.load(folder, keys=tmp_path / "keys")
    place = keys.allow(tmp_path / "keys", public)
    assert checked(folder, tmp_path / "keys")[1] == str(place)
    keys.forbid(tmp_path / "keys", "maker")
    with pytest.raises(ModelUntrusted, match="signed by a stranger"):
        checked(folder, tmp_path / "keys")


def test_a_trusted_name_on_a_stranger_s_signature_does_not_help(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = (folder / SIGNATURE).read_text().split()
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("XDG_DATA_HOME", str(tmp_path / "stranger"))
        sign(folder)
    theirs = (folder / SIGNATURE).read_text().split()
    (folder / SIGNATURE).write_text(f"ed25519 {ours[1]} {theirs[2]}\n")
    with pytest.raises(ModelUntrusted, match="was changed after"):
        checked(folder)


def test_a_card_that_another_maker_s_model_is_put_under_is_refused(folder: Path) -> None:
    other = SHIPPED / "swir288"
    shutil.copy(other / SIGNATURE, folder / SIGNATURE)
    with pytest.raises(ModelUntrusted, match="was changed after"):
        checked(folder)
    shutil.copy(SHIPPED / "nir224" / SIGNATURE, folder / SIGNATURE)
    shutil.copy(other / MODEL, folder / MODEL)
    with pytest.raises(ModelError, match="damaged or was exchanged"):
        Classifier.load(folder)


@pytest.mark.parametrize("file", [FILE, MODEL, GOLDEN, SIGNATURE])
def test_a_link_is_not_followed(folder: Path, file: str) -> None:
    moved = (folder / file).rename(folder / "elsewhere")
    (folder / file).symlink_to(moved)
    with pytest.raises(ModelError, match="it is a link"):
        Classifier.load(folder)


@pytest.mark.parametrize("file", [FILE, MODEL, SIGNATURE])
def test_a_pipe_does_not_hang_and_a_giant_is_not_read(folder: Path, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / file).unlink()
    os.mkfifo(folder / file)
    with pytest.raises(ModelError, match="no regular file"):
        Classifier.load(folder)
    (folder / file).unlink()
    with (folder / file).open("wb") as giant:
        giant.truncate(card._LARGEST_FILE + 1)
    with pytest.raises(ModelError, match="it has more than"):
        Classifier.load(folder)


def test_a_list_of_makers_that_others_can_add_to_is_refused(folder: Path, tmp_path: Path) -> None:
    makers = makers_of(tmp_path)
    makers.chmod(0o775)
    with pytest.raises(SecurityError, match="others can put keys into"):
        Classifier.load(folder, keys=tmp_path / "keys")


@pytest.mark.parametrize("content", [b"", b"no key", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_a_maker_s_file_that_is_no_key_is_named(folder: Path, tmp_path: Path, content: bytes) -> None:
    (makers_of(tmp_path) / "acme.pem").write_bytes(content)
    with pytest.raises(SecurityError, match=r"acme\.pem is no Ed25519 public key"):
        checked(folder, tmp_path / "keys")


def test_a_key_of_another_kind_is_named(folder: Path, tmp_path: Path) -> None:
    pem = generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (makers_of(tmp_path) / "acme.pem").write_bytes(pem)
    with pytest.raises(SecurityError, match="no Ed25519 public key"):
        checked(folder, tmp_path / "keys")


def test_a_secret_that_others_can_read_signs_nothing(folder: Path, own_folder: Path) -> None:
    sign(folder)
    (own_folder / "maker.secret").chmod(0o640)
    with pytest.raises(SecurityError, match="chmod 600"):
        sign(folder)
    (own_folder / "maker.secret").chmod(0o600)


def test_what_is_loaded_are_the_bytes_that_were_checked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is exchanged after its hash was taken; torch still gets what was hashed."""
    given: list[bytes] = []
    load = torch.jit.load

    def watched(file, *rest, **more):  # type: ignore[no-untyped-def]
        given.append(file.getvalue())
        return load(file, *rest, **more)

    def exchanged(self: Card, place: Path, file: str, sha256: str) -> bytes:
        content = read(self, place, file, sha256)
        (place / file).write_bytes(b"exchanged")
        return content

    read = Card.content
    monkeypatch.setattr(Card, "content", exchanged)
    monkeypatch.setattr(torch.jit, "load", watched)
    assert Classifier.load(folder).card.name == "nir224"
    assert [hashlib.sha256(one).hexdigest() for one in given] == [Card.read(folder).model_sha256]


def test_the_command_line_signs_verifies_and_refuses_with_a_code_of_its_own(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "me"))
    signed = oreline("model", "sign", folder)
    assert signed.returncode == 0, signed.stderr
    assert "maker.pem" in signed.stdout
    assert "whole, and signed by" in oreline("model", "verify", folder).stdout
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "you"))
    refused = oreline("model", "verify", folder)
    assert refused.returncode == ModelUntrusted.exit_code == 22
    assert "oreline keys allow" in refused.stderr
    allowed = oreline("keys", "allow", tmp_path / "me" / "oreline" / "maker.pem", "--folder", tmp_path / "keys")
    assert allowed.returncode == 0, allowed.stderr
    assert oreline("model", "verify", folder, "--folder", tmp_path / "keys").returncode == 0


def test_a_user_without_a_home_trusts_the_makers_that_ship_and_signs_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "~")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert [Path(where).parent for where in trusted().values()] == [SHIPPED_MAKERS]
    with pytest.raises(SecurityError, match="name a folder in XDG_DATA_HOME"):
        sign(folder)
