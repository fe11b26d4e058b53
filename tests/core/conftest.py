from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services import MissingPartError, RedisServer


@pytest.fixture
def private_redis() -> Iterator[RedisServer]:
    """A Redis of one test, which may stop it and start it again on the same port."""
    try:
        server = RedisServer()
    except MissingPartError as error:
        pytest.skip(str(error))
    server.start()
    yield server
    server.stop()


def _certificate(directory: Path, *hosts: str, days: int = 1) -> tuple[ssl.SSLContext, bytes]:
    """A server context with a fresh self-signed certificate for the hosts, and that certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    alternatives: list[x509.GeneralName] = []
    for host in hosts:
        try:
            alternatives.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            alternatives.append(x509.DNSName(host))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=10))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    path = directory / "server.pem"
    path.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context, pem


class MakeCertificate(Protocol):
    def __call__(self, *hosts: str, days: int = 1) -> tuple[ssl.SSLContext, bytes]: ...


@pytest.fixture
def make_certificate(tmp_path: Path) -> MakeCertificate:
    """Makes a server context and its self-signed certificate, valid for `days` from now."""

    def make(*hosts: str, days: int = 1) -> tuple[ssl.SSLContext, bytes]:
        return _certificate(tmp_path, *hosts, days=days)

    return make
