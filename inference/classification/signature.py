"""Signature of a model's maker: Ed25519 over its card, which holds the hashes of everything else in its folder.

TorchScript is a program: to load it is to run what its maker wrote. So a card is not even parsed before its signature
by someone trusted was checked, nor a network before its hash was; and what was checked is what is used, the same bytes
in memory. `card.sig` beside the card is one line: "ed25519", the maker's public key, the signature, both in hex.

Trusted are the makers that come with Oreline, this user, and the makers of the line's folder of keys. A user's own key
is made when it is first needed, so what `oreline train` made runs in this user's lines, and in nobody else's.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from inference.classification.card import FILE, Card
from oreline.errors import ModelUntrusted, SecurityError
from oreline.files import read_plain, write_private
from oreline.keys import MAKER, makers

SIGNATURE = "card.sig"
SHIPPED_MAKERS = Path(__file__).parents[1] / "models" / "trusted"
_LARGEST = 4096
_LINE = re.compile(rb"ed25519 ([0-9a-f]{64}) ([0-9a-f]{128})\n?")


def own_folder() -> Path:
    """Where this user's key is: `maker.secret`, and `maker.pem` for others to trust. Raises SecurityError where he has
    no home, and XDG_DATA_HOME names none."""
    try:
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "oreline"
    except RuntimeError:
        raise SecurityError(
            f"user {os.geteuid()} has no home folder for a key of his own: name a folder in XDG_DATA_HOME"
        ) from None


def sign(folder: Path) -> Path:
    """Sign a model's card with this user's key; the answer is the public key's file.

    Raises ModelError where the folder is not whole, SecurityError where the key is not to be used.
    """
    content = Card.content_of(folder)
    Card.parse(content, folder / FILE).check_files(folder)
    key = _own_key()
    public = key.public_key()
    signed = key.sign(content)
    (folder / SIGNATURE).write_text(f"ed25519 {public.public_bytes_raw().hex()} {signed.hex()}\n", encoding="utf-8")
    place = own_folder() / f"maker{MAKER}"
    place.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return place


def checked(folder: Path, keys: Path | None = None) -> tuple[Card, str]:
    """The card of a model's folder, and who signed it. `keys`: the line's folder of keys.

    Raises ModelUntrusted where its signature is missing, wrong, or of a stranger; ModelError as `Card.parse` does.
    """
    content = Card.content_of(folder)
    key, signature = _read(folder)
    who = trusted(keys).get(key)
    if who is None:
        raise ModelUntrusted(
            f"the model in {folder} is signed by a stranger, key {key.hex()[:16]}: get the maker's public key by a way "
            "that you trust and run `oreline keys allow NAME.pem`, or sign the model yourself: `oreline model sign`"
        )
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, content)
    except InvalidSignature:
        raise ModelUntrusted(
            f"{folder / FILE} was changed after {who} signed it: restore the model's folder, or train it again"
        ) from None
    return Card.parse(content, folder / FILE), who


def trusted(keys: Path | None = None) -> dict[bytes, str]:
    """Public keys, 32 bytes each, and where they are trusted from. Raises SecurityError for a file that is none."""
    own: list[Path] = []
    with suppress(SecurityError):
        own = sorted(own_folder().glob(f"*{MAKER}"))
    ours = [*sorted(SHIPPED_MAKERS.glob(f"*{MAKER}")), *own]
    return {_public(path): str(path) for path in (*ours, *(makers(keys) if keys else ()))}


def _read(folder: Path) -> tuple[bytes, bytes]:
    path = folder / SIGNATURE
    try:
        match = _LINE.fullmatch(read_plain(path, _LARGEST))
    except OSError as error:
        raise ModelUntrusted(
            f"the model in {folder} is not signed ({path}: {error.strerror}): a model is a program. If you trust it, "
            "sign it: `oreline model sign`"
        ) from None
    if match is None:
        raise ModelUntrusted(
            f"{path} is damaged: copy the model's whole folder again, or sign it: `oreline model sign`"
        )
    return bytes.fromhex(match[1].decode()), bytes.fromhex(match[2].decode())


def _public(path: Path) -> bytes:
    try:
        key = load_pem_public_key(read_plain(path, _LARGEST))
    except OSError as error:
        raise SecurityError(f"the maker's key {path} is refused: {error.strerror}") from None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise SecurityError(f"{path} is no Ed25519 public key in PEM: remove it, or get it from the maker again")
    return key.public_bytes_raw()


def _own_key() -> Ed25519PrivateKey:
    path = own_folder() / "maker.secret"
    if not path.exists():
        new = Ed25519PrivateKey.generate()
        write_private(path, new.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        key = load_pem_private_key(read_plain(path, _LARGEST, private=True), None)
    except OSError as error:
        raise SecurityError(f"your key {path} is refused: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SecurityError(f"{path} is no Ed25519 key: move it away, and another is made")
    return key
