"""A connection's own CA: the file that requests needs, and TLS with it."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.connectors.target import Target
from core.connectors.transport import Sessions, ca_file
from tests.core.security.served import served


@pytest.fixture(autouse=True)
def state_folder(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


def test_the_file_holds_the_text_and_is_found_again() -> None:
    first = ca_file("PEM one\n")
    assert Path(first).read_text() == "PEM one\n"
    assert ca_file("PEM one\n") == first
    assert ca_file("PEM two\n") != first


def test_the_file_lies_in_our_own_folder_and_only_we_may_write_it(state_folder: Path) -> None:
    """In the shared temporary folder another user of the machine could put a CA of his own in its place."""
    path = Path(ca_file("PEM one\n"))
    assert state_folder in path.parents
    assert path.stat().st_mode & 0o022 == 0


def test_a_changed_file_is_written_anew() -> None:
    path = Path(ca_file("PEM one\n"))
    path.write_text("something else")
    assert ca_file("PEM one\n") == str(path)
    assert path.read_text() == "PEM one\n"


def test_nobody_sees_half_a_file(state_folder: Path) -> None:
    pem = "x" * 200_000
    seen: set[int] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            seen.update(path.stat().st_size for path in state_folder.rglob("*.pem"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(50):
        ca_file(f"{number:05d}{pem}")
    stop.set()
    watcher.join()
    assert seen <= {len(pem) + 5}
    assert len(list(state_folder.rglob("*"))) - len(list(state_folder.rglob("ca"))) == 50


def test_tls_with_a_certificate_of_ones_own(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    with served(context) as server:
        url = f"https://127.0.0.1:{server.port}/"
        trusting = Sessions(Target(None, None, "x", ca_bundle=pem)).get(fresh=False)
        assert trusting.get(url, timeout=10).status_code == 200
        trusting.close()
        careful = Sessions(Target(None, None, "x")).get(fresh=False)
        with pytest.raises(requests.exceptions.SSLError):
            careful.get(url, timeout=10)
        careless = Sessions(Target(None, None, "x", verify_tls=False)).get(fresh=False)
        with pytest.warns(Warning, match="Unverified"):
            assert careless.get(url, timeout=10).status_code == 200
        careless.close()
        assert server.paths == ["/", "/"]


def certificate(folder: Path) -> str:
    """A self-signed certificate for 127.0.0.1 (PEM); with its key in server.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = signed.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(private + pem)
    return pem.decode()
