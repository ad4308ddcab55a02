"""An authority for TLS, which gives out certificates for any name."""

from __future__ import annotations

import datetime
import itertools
import ssl
import threading
from pathlib import Path
from typing import Any


class Authority:
    """It, with its files in ``folder``: ``ca.pem`` is its own certificate."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, itertools.count(1000)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()
        self._key, self._certificate = self._made("Fireside's test authority", None)
        self.file = folder / "ca.pem"
        """The certificate that vouches for all others."""
        self.file.write_bytes(self._pem(self._certificate))

    def context(self) -> ssl.SSLContext:
        """Return what serves each site with a certificate of its own."""
        context = self._for("localhost")

        def choose(sock: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            sock.context = self._for(name or "localhost")

        context.sni_callback = choose
        return context

    def for_name(
        self, name: str, days: tuple[int, int] = (-1, 7), *, vouched: bool = True
    ) -> ssl.SSLContext:
        """Return what serves with such a certificate; see `certificate`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate(name, days, vouched=vouched))
        return context

    def certificate(
        self, name: str, days: tuple[int, int] = (-1, 7), *, vouched: bool = True
    ) -> Path:
        """Return a file with a new certificate for a name, and its key.

        It is valid on these days from now. If it is not ``vouched`` for, it is its own authority.
        """
        from cryptography.hazmat.primitives import serialization

        key, certificate = self._made(name, self._certificate if vouched else None, days)
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file = self._folder / f"{next(self._numbers)}.pem"
        file.write_bytes(self._pem(certificate) + secret)
        return file

    def _for(self, name: str) -> ssl.SSLContext:
        with self._lock:
            if name not in self._contexts:
                self._contexts[name] = self.for_name(name)
            return self._contexts[name]

    @staticmethod
    def _pem(certificate: Any) -> bytes:
        from cryptography.hazmat.primitives import serialization

        return bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def _made(self, name: str, issuer: Any, days: tuple[int, int] = (-1, 7)) -> tuple[Any, Any]:
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import NameOID

        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:60])])
        signer = self._key if issuer else key
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + datetime.timedelta(days=days[0]))
            .not_valid_after(now + datetime.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=not issuer, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False
            )
        )
        if issuer:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name)]), False
            )
        else:
            usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        return key, builder.sign(signer, hashes.SHA256())
