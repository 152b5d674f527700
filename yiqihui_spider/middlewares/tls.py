"""What is wrong with a server's certificate. OpenSSL, as Twisted passes it on, says only that it is."""

from __future__ import annotations

import ssl
from datetime import datetime, timezone
from http.client import HTTPException, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography import x509

SECONDS = 10.0
"""For one more look at a certificate that was refused."""


def certificate_trouble(url: str, proxy: str | None = None, authorization: str | None = None) -> str:
    """Look at the certificate once more and say in words why it is not trusted. Blocks.

    ``authorization``: the value of Proxy-Authorization, if the proxy wants one.
    """
    host = urlsplit(url).hostname or ""
    try:
        certificate = x509.load_der_x509_certificate(_presented(url, proxy, authorization))
    except (OSError, HTTPException, ValueError):
        return f"the certificate of {host} is not trusted"
    return "; ".join(faults(certificate, host, datetime.now(timezone.utc)))


def _presented(url: str, proxy: str | None, authorization: str | None) -> bytes:
    """The certificate, whatever it is worth, in DER."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    near = urlsplit(proxy) if proxy else parts
    host, port = parts.hostname or "", parts.port or 443
    connection = HTTPSConnection(
        near.hostname or "", near.port or (80 if proxy else 443), timeout=SECONDS, context=context
    )
    if proxy:
        head = {"Proxy-Authorization": authorization} if authorization else {}
        connection.set_tunnel(host, port, headers=head)
    try:
        connection.connect()
        return connection.sock.getpeercert(binary_form=True) or b""
    finally:
        connection.close()


def faults(certificate: x509.Certificate, host: str, now: datetime) -> list[str]:
    """What is wrong with a certificate that was refused, the plainest first. Pure."""
    found = []
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now > end:
        found.append(f"the certificate of {host} expired on {end:%Y-%m-%d}")
    elif now < begin:
        found.append(
            f"the certificate of {host} is valid only from {begin:%Y-%m-%d} on (is this clock right?)"
        )
    names = _names(certificate)
    if not any(_fits(name, host) for name in names):
        found.append(f"the certificate is for {', '.join(names[:4]) or 'no host name'}, not for {host}")
    if certificate.issuer == certificate.subject:
        found.append(f"the certificate of {host} is self-signed")
    elif not found:
        issuer = certificate.issuer.rfc4514_string()
        found.append(f"the certificate of {host} was issued by an authority not trusted here ({issuer})")
    return found


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    addresses = [str(address) for address in alternatives.get_values_for_type(x509.IPAddress)]
    return [*alternatives.get_values_for_type(x509.DNSName), *addresses]


def _fits(name: str, host: str) -> bool:
    """Whether a name in a certificate covers a host (RFC 6125: a star is one whole label)."""
    try:
        return ip_address(name) == ip_address(host)
    except ValueError:
        pass
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    if name.startswith("*."):
        return host.partition(".")[2] == name[2:]
    return name == host
