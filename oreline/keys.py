"""A folder of keys: who this host is to others, and with whom it talks over a network.

    NAME.secret         CURVE, secret: stays here, mode 0600
    NAME.key            CURVE, public: goes to the other host
    allowed/NAME.key    public keys of processes on other hosts that we talk with
    makers/NAME.pem     public keys of those whose models are taken, see inference/classification/signature.py

A key belongs to one process and has its name: `acquisition` and `inference` serve streams, every other name is a
consumer's, that of its table in [sinks]. So a name that a consumer claims is one that its key proves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from pydantic import Field

from oreline.errors import SecurityError
from oreline.files import WRITERS, make_private, read_plain, try_to_write, write_private

ALLOWED, MAKERS = "allowed", "makers"
SECRET, PUBLIC, MAKER = ".secret", ".key", ".pem"
_LARGEST = 4096
NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
_KEY = re.compile(rb"[0-9A-Za-z.:+=^!/*?&<>()\[\]{}@%$#-]{40}")
_PORT = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"

TcpAddress = Annotated[
    str,
    Field(pattern=rf"^tcp://(\*|\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+):{_PORT}$", examples=["tcp://10.0.0.5:7401"]),
]


@dataclass(frozen=True)
class Pair:
    """A CURVE key pair, each as 40 characters of Z85."""

    public: bytes
    secret: bytes


@dataclass(frozen=True)
class ServerKeys:
    """Keys with which a process serves a stream: its secret key, and the folder of those who may come."""

    secret: bytes
    allowed: Path


@dataclass(frozen=True)
class ClientKeys:
    """Keys with which a consumer connects: its own pair, and the public key that the server must have."""

    own: Pair
    server: bytes


def server_keys(address: str, folder: Path | None, name: str) -> ServerKeys | None:
    """The keys with which a process serves a stream at a tcp address; None on loopback without a folder of keys.

    Raises SecurityError where anyone could connect, nobody may, or a key is missing, no key, or readable by others.
    """
    if folder is None:
        _must_be_loopback(address, f"anyone could read the stream at {address}")
        return None
    keys = ServerKeys(read_secret(folder, name), folder / ALLOWED)
    if not allowed(keys.allowed):
        raise SecurityError(
            f"nobody may connect to {address}: {keys.allowed} holds no key; allow a consumer's with "
            "`oreline keys allow NAME.key`, or remove the address"
        )
    return keys


def client_keys(address: str, folder: Path | None, name: str, server: str) -> ClientKeys | None:
    """The keys with which a consumer connects to `server`; None on loopback without a folder of keys.

    Raises SecurityError as `server_keys` does.
    """
    if folder is None:
        _must_be_loopback(address, f"nobody knows who answers at {address}")
        return None
    own = Pair(_read(folder / f"{name}{PUBLIC}", name), read_secret(folder, name))
    return ClientKeys(own, _read(folder / ALLOWED / f"{server}{PUBLIC}", server))


def _must_be_loopback(address: str, why: str) -> None:
    if not _is_loopback(address):
        raise SecurityError(f"{why}: make keys with `oreline keys make`, and name their folder in line.keys")


def address_of(endpoint: str) -> tuple[str, int]:
    """Host and port of a tcp address."""
    host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
    return host.strip("[]"), int(port)


def _is_loopback(address: str) -> bool:
    host, _ = address_of(address)
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_secret(folder: Path, name: str) -> bytes:
    """A process's secret key. Raises SecurityError: none, not a key, or others can read it."""
    return _read(folder / f"{name}{SECRET}", name, private=True)


def allowed(folder: Path) -> dict[bytes, str]:
    """The public keys in a folder, and whose they are. Raises SecurityError."""
    return {_read(path, path.stem): path.stem for path in _kept(folder, PUBLIC)}


def makers(folder: Path) -> list[Path]:
    """The files of the makers that a folder of keys trusts. Raises SecurityError."""
    return _kept(folder / MAKERS, MAKER)


def _kept(folder: Path, suffix: str) -> list[Path]:
    """The files of a list that only its owner may add to."""
    for place in (folder, folder.parent):
        if place.is_dir() and place.stat().st_mode & WRITERS:
            raise SecurityError(f"others can put keys into {place}: look what is there, then chmod 700 {place}")
    return sorted(folder.glob(f"*{suffix}"))


def save(folder: Path, name: str, pair: Pair) -> Path:
    """Write a pair; the answer is the public file. Raises SecurityError where that name has one."""
    _check_name(name)
    secret, public = folder / f"{name}{SECRET}", folder / f"{name}{PUBLIC}"
    make_private(folder)
    try_to_write(public)
    try:
        write_private(secret, pair.secret + b"\n")
    except FileExistsError:
        raise SecurityError(f"{name} has a key in {folder}: remove {secret} first, if it is to have another") from None
    public.write_bytes(pair.public + b"\n")
    return public


def allow(folder: Path, file: Path) -> Path:
    """Take a public key of a process or of a maker of models into the folder; the answer is its place there.

    Raises SecurityError where the file is no public key.
    """
    _check_name(file.stem)
    if not file.exists():
        raise SecurityError(f"there is no {file} here: copy it from the host whose key it is")
    if file.suffix not in (PUBLIC, MAKER):
        raise SecurityError(f"{file} is no public key: give a process's NAME{PUBLIC}, or a model maker's NAME{MAKER}")
    if file.suffix == PUBLIC:
        place, content = folder / ALLOWED / file.name, _read(file, file.stem) + b"\n"
    else:
        place, content = folder / MAKERS / file.name, _content(file)
    if file.suffix == MAKER and b"BEGIN PUBLIC KEY" not in content:
        raise SecurityError(
            f"{file} is no public key of a maker of models: give the one that `oreline model sign` names"
        )
    if place.exists() and _content(place) != content:
        raise SecurityError(f"{place} is another key: rename {file}, or forbid {file.stem} first")
    make_private(place.parent)
    place.write_bytes(content)
    return place


def forbid(folder: Path, name: str) -> list[Path]:
    """Remove what was allowed by that name. Raises SecurityError where nothing was."""
    _check_name(name)
    places = [folder / ALLOWED / f"{name}{PUBLIC}", folder / MAKERS / f"{name}{MAKER}"]
    removed = [path for path in places if path.is_file()]
    if not removed:
        raise SecurityError(f"{folder} allows no {name}: `oreline keys list` shows whom it does")
    for path in removed:
        path.unlink()
    return removed


def listed(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Every key of a folder: whose, what it is for, its public text or what is wrong with it."""
    for path in sorted(folder.glob(f"*{SECRET}")):
        yield path.stem, "own", _said(path.with_suffix(PUBLIC), path)
    for path in sorted((folder / ALLOWED).glob(f"*{PUBLIC}")):
        yield path.stem, "allowed", _said(path)
    for path in sorted((folder / MAKERS).glob(f"*{MAKER}")):
        yield path.stem, "maker of models", str(path)


def _said(public: Path, secret: Path | None = None) -> str:
    try:
        if secret is not None:
            _read(secret, secret.stem, private=True)
        return _read(public, public.stem).decode()
    except SecurityError as error:
        return str(error)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        raise SecurityError(f"{name!r} is no name of a key: use up to 32 letters, digits, - and _")


def _read(path: Path, name: str, *, private: bool = False) -> bytes:
    content = _content(path, private=private).strip()
    if not _KEY.fullmatch(content):
        raise SecurityError(f"{path} is no key: it must hold 40 characters, as `oreline keys make {name}` writes them")
    return content


def _content(path: Path, *, private: bool = False) -> bytes:
    try:
        return read_plain(path, _LARGEST, private=private)
    except FileNotFoundError:
        ours, theirs = (
            f"make it with `oreline keys make {path.stem}`",
            "get it from its host: `oreline keys allow` takes it",
        )
        raise SecurityError(f"no key {path}: {theirs if path.parent.name == ALLOWED else ours}") from None
    except OSError as error:
        raise SecurityError(f"the key {path} is refused: {error.strerror}") from None
