"""Certificates: the server's own, those of clients that it trusts, and those that it has refused, in one folder.

own.der, own.key    the server's; made where they are not there
trusted/            certificates of clients that may connect, DER or PEM
rejected/           those that came and were not trusted: whoever is to be trusted is moved by hand
"""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.cert_gen import dump_private_key_as_pem, generate_private_key, generate_self_signed_app_certificate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from oreline.errors import SecurityError
from oreline.files import make_private, write_private
from oreline.incidents import report
from oreline.ownership import own

YEARS = 10
MOST_REJECTED, MOST_BYTES = 100, 1 << 14
CERTIFICATE, KEY, TRUSTED, REJECTED = "own.der", "own.pem", "trusted", "rejected"


class Certificates:
    """Certificates in a folder, which is made where there is none. `uri`: of the application. Raises SecurityError."""

    def __init__(self, folder: Path, uri: str) -> None:
        self._folder = folder
        own(folder, "name another in sinks.station.opcua.certificates")
        for name in (TRUSTED, REJECTED):
            make_private(folder / name)
        self.own, self.key = folder / CERTIFICATE, folder / KEY
        if not self.own.exists():
            self._make(uri)

    def _make(self, uri: str) -> None:
        if self.key.exists():
            raise SecurityError(f"{self.key} has no certificate: put {CERTIFICATE} beside it, or remove it")
        key, host = generate_private_key(), socket.gethostname()
        names = [x509.UniformResourceIdentifier(uri), x509.DNSName(host), x509.DNSName("localhost")]
        certificate = generate_self_signed_app_certificate(
            key, "Oreline", {"organizationName": host}, names, [ExtendedKeyUsageOID.SERVER_AUTH], days=365 * YEARS
        )
        write_private(self.key, dump_private_key_as_pem(key))
        write_private(self.own, certificate.public_bytes(Encoding.DER))

    def trust(self, der: bytes) -> None:
        """Return where a client's certificate is trusted. Raises ServiceError, and puts it beside."""
        try:
            certificate = x509.load_der_x509_certificate(der)
        except ValueError:
            raise ServiceError(ua.StatusCodes.BadCertificateInvalid) from None
        if certificate not in self._trusted():
            self._reject(certificate, der)
            raise ServiceError(ua.StatusCodes.BadCertificateUntrusted)
        if not certificate.not_valid_before_utc <= datetime.now(UTC) <= certificate.not_valid_after_utc:
            raise ServiceError(ua.StatusCodes.BadCertificateTimeInvalid)

    def _trusted(self) -> Iterator[x509.Certificate]:
        for path in (self._folder / TRUSTED).iterdir():
            try:
                yield _certificate(path.read_bytes())
            except (OSError, ValueError):
                continue

    def _reject(self, certificate: x509.Certificate, der: bytes) -> None:
        common = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        name = re.sub(r"[^A-Za-z0-9@._-]+", "_", str(common[0].value))[:40] if common else "unnamed"
        path = self._folder / REJECTED / f"{name}-{hashlib.sha256(der).hexdigest()[:12]}.der"
        report("opcua", "refused_key", f"a client's certificate is not trusted: {path}", aloud=False)
        if not path.exists() and len(der) <= MOST_BYTES and sum(1 for _ in path.parent.iterdir()) < MOST_REJECTED:
            write_private(path, der)


def _certificate(content: bytes) -> x509.Certificate:
    if content.lstrip().startswith(b"-----BEGIN"):
        return x509.load_pem_x509_certificate(content)
    return x509.load_der_x509_certificate(content)
