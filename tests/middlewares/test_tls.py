"""What is wrong with a certificate; crawls that meet such are in ``test_crawl_network.py``."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
import trustme
from cryptography import x509

from yiqihui_spider.middlewares.tls import certificate_trouble, faults

NOW = datetime(2026, 1, 10, tzinfo=timezone.utc)
DAY = timedelta(days=1)
AUTHORITY = trustme.CA(organization_name="Strangers")


def told(host: str, *names: str, begin: datetime = NOW - DAY, end: datetime = NOW + DAY) -> list[str]:
    made = AUTHORITY.issue_cert(*names, not_before=begin, not_after=end)
    return faults(x509.load_pem_x509_certificate(made.cert_chain_pems[0].bytes()), host, NOW)


def test_dates() -> None:
    assert told("a.example", "a.example", end=NOW - DAY / 2) == [
        "the certificate of a.example expired on 2026-01-09"
    ]
    assert told("a.example", "a.example", begin=NOW + DAY / 2) == [
        "the certificate of a.example is valid only from 2026-01-10 on (is this clock right?)"
    ]


@pytest.mark.parametrize(
    ("host", "name", "fits"),
    [
        ("a.example", "a.example", True),
        ("A.Example.", "a.example", True),
        ("b.a.example", "*.a.example", True),
        ("c.b.a.example", "*.a.example", False),
        ("a.example", "*.a.example", False),
        ("ba.example", "a.example", False),
        ("::1", "::1", True),
        ("0:0::1", "::1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("127.0.0.1", "a.example", False),
    ],
)
def test_names(host: str, name: str, fits: bool) -> None:
    mismatch = f"the certificate is for {name}, not for {host}"
    assert (mismatch in told(host, name)) is not fits


def test_an_authority_that_is_not_known_is_the_last_guess() -> None:
    (words,) = told("a.example", "a.example")
    assert words.startswith("the certificate of a.example was issued by an authority not trusted here (")
    assert "Strangers" in words


def test_all_that_is_wrong_is_told() -> None:
    root = x509.load_pem_x509_certificate(AUTHORITY.cert_pem.bytes())
    assert faults(root, "a.example", datetime(3026, 1, 1, tzinfo=timezone.utc)) == [
        f"the certificate of a.example expired on {root.not_valid_after_utc:%Y-%m-%d}",
        "the certificate is for no host name, not for a.example",
        "the certificate of a.example is self-signed",
    ]


def test_a_server_that_is_gone_by_then() -> None:
    assert certificate_trouble("https://127.0.0.1:1/") == "the certificate of 127.0.0.1 is not trusted"
