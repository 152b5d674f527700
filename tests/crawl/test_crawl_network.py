"""Crawls by IPv6, through proxies and over TLS, and what is said when the way is barred."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path

import pytest
import trustme
from support.crawling import QUICK, Crawl, Field, Nursery, check_warcs, rows, run_installed
from support.faults import Faults, FaultyHandler, Redirect, Tamper, refusing, serve_faulty
from support.network import ipv6_server, proxy, saying, tls_server

from yiqihui_spider.sample.server import serve
from yiqihui_spider.sample.site import Response, SampleSite

NOW = datetime.now(timezone.utc)
NO_PROXY = dict.fromkeys(("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "NO_PROXY"), "")


def crawl(nursery: Nursery, archive: Path, start: str, *options: str, **env: str) -> Crawl:
    settings = [f"--set={name}={value}" for name, value in QUICK.items()]
    arguments = [
        "crawl",
        "--json",
        "--archive",
        str(archive),
        "--delay",
        "0",
        "--start-url",
        start,
        *settings,
    ]
    return nursery.start(*arguments, *options, env={**NO_PROXY, **env}).wait()


# --- content codings that are none -----------------------------------------------------------------


def declared(coding: str) -> Tamper:
    return Tamper(
        lambda response: replace(response, headers={**response.headers, "Content-Encoding": coding})
    )


@pytest.mark.parametrize(
    "coding",
    ["utf-8", "none", "UTF-8, identity", "identity", "gzip", "br", "deflate", "zstd", "made-up", "gzip, br"],
)
def test_a_coding_declared_over_plain_text_changes_nothing(
    crawls: Field, faults: Faults, coding: str
) -> None:
    faults.on("*", declared(coding))
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")
    assert crawls.rows("SELECT count(*) FROM articles") == [(32,)]


def test_rules_declared_coded_bind_all_the_same(crawls: Field, faults: Faults, site: SampleSite) -> None:
    site.robots = "User-agent: *\nDisallow: /\n"
    for coding in ("none", "gzip", "deflate"):
        faults.rules.clear()
        faults.on("/robots.txt", declared(coding))
        assert crawls.crawl().code == 1


def deflated(response: Response) -> Response:
    import zlib

    headers = {**response.headers, "Content-Encoding": "deflate"}
    return replace(response, headers=headers, body=zlib.compress(response.body))


def test_rules_really_coded_bind_too(crawls: Field, faults: Faults, site: SampleSite) -> None:
    site.robots = "User-agent: *\nDisallow: /\n"
    faults.on("/robots.txt", Tamper(deflated))
    assert crawls.crawl().code == 1


def test_an_unknown_coding_over_bytes_is_named(crawls: Field, faults: Faults) -> None:
    def packed(response: Response) -> Response:
        headers = {**response.headers, "Content-Encoding": "lz4"}
        return replace(
            response, headers=headers, body=b"\x04\x22\x4d\x18" + gzip.compress(response.body, mtime=0)
        )

    faults.on("/news/list.php?cat=3&page=2", Tamper(packed))
    done = crawls.crawl("--no-details")
    assert done.code == 3
    assert any("content coding lz4" in line for line in done.lines)


@pytest.mark.parametrize(
    ("status", "head"), [(203, {}), (206, {"Content-Range": "bytes 0-{last}/{size}"})], ids=["203", "206"]
)
def test_a_page_by_another_status(crawls: Field, faults: Faults, status: int, head: dict[str, str]) -> None:
    def change(response: Response) -> Response:
        size = len(response.body)
        more = {name: value.format(last=size - 1, size=size) for name, value in head.items()}
        return replace(response, status=status, headers={**response.headers, **more})

    faults.on("/news/*", Tamper(change))
    done = crawls.crawl()
    assert (done.code, done.err) == (0, "")
    assert crawls.rows("SELECT count(*) FROM articles") == [(32,)]


def test_a_part_of_a_page_is_none(crawls: Field, faults: Faults) -> None:
    def part(response: Response) -> Response:
        return replace(response, status=206, headers={**response.headers, "Content-Range": "bytes 0-99/2000"})

    faults.on("/news/view/4160.html", Tamper(part))
    done = crawls.crawl()
    assert done.code == 3
    assert any("206 Partial Content" in line for line in done.lines)


# --- IPv6 ----------------------------------------------------------------------------------------


def test_ipv6_by_number(nursery: Nursery, tmp_path: Path, faults: Faults) -> None:
    with ipv6_server(SampleSite(), partial(FaultyHandler, faults)) as server:  # type: ignore[arg-type]
        done = crawl(nursery, tmp_path / "a.db", server.url + "/news/")
        assert (done.code, done.err) == (0, "")
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM articles") == [(32,)]
    assert check_warcs(tmp_path / "warc") > 40


NAMED = """
import socket, sys
real = socket.getaddrinfo
socket.getaddrinfo = lambda host, *a, **k: real("::1" if host == "six.example" else host, *a, **k)
from yiqihui_spider.cli import main
main(sys.argv[1:])
"""


def test_ipv6_by_name(tmp_path: Path) -> None:
    import subprocess

    with ipv6_server(SampleSite()) as server:
        start = f"http://six.example:{server.port}/news/"
        command = [
            sys.executable,
            "-c",
            NAMED,
            "crawl",
            "--json",
            "--delay",
            "0",
            "--archive",
            str(tmp_path / "a.db"),
        ]
        done = subprocess.run([*command, "--start-url", start], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM articles") == [(32,)]


# --- proxies -------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("http_proxy", "https_proxy"), ("HTTP_PROXY", "ALL_PROXY")])
def test_the_sample_is_crawled_past_a_proxy_of_the_environment(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    with refusing() as nowhere:
        env = dict.fromkeys(names, nowhere)
        done = run_installed("crawl", "--sample", "--json", cwd=tmp_path, **env)
    assert (done.code, done.err) == (0, "")


def test_a_site_behind_a_proxy(nursery: Nursery, tmp_path: Path) -> None:
    with serve(SampleSite()) as server, proxy(www__178hui__com=server.port) as way:
        done = crawl(nursery, tmp_path / "a.db", "http://www.178hui.com/news/", http_proxy=way.url)
        assert (done.code, done.err) == (0, "")
        assert "http://www.178hui.com/robots.txt" in way.asked
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM articles") == [(32,)]


def test_a_proxy_that_wants_a_password(nursery: Nursery, tmp_path: Path) -> None:
    archive = tmp_path / "a.db"
    with serve(SampleSite()) as server, proxy("me:s3cret", www__178hui__com=server.port) as way:
        known = way.url.replace("//", "//me:s3cret@")
        start = "http://www.178hui.com/news/"
        done = crawl(nursery, archive, start, "--no-details", "-vv", http_proxy=known)
        assert done.code == 0
        refused = crawl(nursery, archive, start, "-vv", http_proxy=way.url.replace("//", "//me:wr0ng@"))
    assert refused.code == 75
    line = refused.lines[-1]
    assert line == (
        "failed: http://www.178hui.com/news/: robots.txt could not be fetched (the proxy "
        f"127.0.0.1:{way.port} refused: 407 Proxy Authentication Required): nothing may be fetched for now"
    )
    kept = b"".join(gzip.decompress(path.read_bytes()) for path in (tmp_path / "warc").glob("*.warc.gz"))
    everything = kept + archive.read_bytes() + (done.err + refused.err + done.out + refused.out).encode()
    for secret in (b"s3cret", b"wr0ng", b"Proxy-Authorization", b"bWU6czNjcmV0"):
        assert secret not in everything


def test_a_proxy_that_is_not_there(nursery: Nursery, tmp_path: Path) -> None:
    with refusing() as nowhere:
        place = nowhere.removeprefix("http://")
        secret = {"http_proxy": f"http://me:s3cret@{place}", "https_proxy": f"http://me:s3cret@{place}"}
        for start in ("http://www.178hui.com/news/", "https://www.178hui.com/news/"):
            done = crawl(nursery, tmp_path / "a.db", start, **secret)
            assert done.code == 75
            assert done.lines == [
                f"failed: {start}: robots.txt could not be fetched (the proxy {place} refused the "
                "connection): nothing may be fetched for now"
            ]


def test_no_proxy(nursery: Nursery, tmp_path: Path) -> None:
    """The name leads nowhere, so the reason tells which way was taken."""
    with proxy() as way:
        for listed in ("site.invalid", ".invalid", "other,site.invalid:80", "*"):
            done = crawl(
                nursery, tmp_path / "a.db", "http://site.invalid:80/", http_proxy=way.url, no_proxy=listed
            )
            assert done.code == 75
            assert "the host name site.invalid cannot be resolved (DNS)" in done.err
        assert way.asked == []


def test_a_tunnel_that_is_refused(nursery: Nursery, tmp_path: Path) -> None:
    with proxy("me:s3cret") as way:
        done = crawl(nursery, tmp_path / "a.db", "https://www.178hui.com/news/", https_proxy=way.url)
    assert done.code == 75
    assert (
        f"the proxy 127.0.0.1:{way.port} refused the way to www.178hui.com: 407 Proxy Authentication Required"
        in done.err
    )


# --- TLS -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> dict[str, str]:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return {"SSL_CERT_FILE": str(tmp_path / "ca.pem")}


def test_https(nursery: Nursery, tmp_path: Path, authority: trustme.CA, trusted: dict[str, str]) -> None:
    with tls_server(authority.issue_cert("localhost")) as server:
        done = crawl(nursery, tmp_path / "a.db", f"https://localhost:{server.port}/news/", **trusted)
    assert (done.code, done.err) == (0, "")


def test_https_through_a_proxy(
    nursery: Nursery, tmp_path: Path, authority: trustme.CA, trusted: dict[str, str]
) -> None:
    expired = authority.issue_cert("178hui.com", not_after=NOW - timedelta(days=2))
    with (
        tls_server(authority.issue_cert("www.178hui.com")) as server,
        tls_server(expired) as old,
        proxy("me:s3cret", **{"www__178hui__com": server.port, "178hui__com": old.port}) as way,
    ):
        env = {"https_proxy": way.url.replace("//", "//me:s3cret@"), **trusted}
        done = crawl(nursery, tmp_path / "a.db", "https://www.178hui.com/news/", "--no-details", **env)
        assert (done.code, done.err) == (0, "")
        done = crawl(nursery, tmp_path / "b.db", "https://178hui.com/news/", **env)
    assert done.code == 75
    assert f"the certificate of 178hui.com expired on {NOW - timedelta(days=2):%Y-%m-%d}" in done.err
    assert "s3cret" not in done.err


@contextmanager
def untrusted(kind: str, authority: trustme.CA) -> Iterator[tuple[int, str]]:
    soon, late = NOW + timedelta(days=9), NOW - timedelta(days=3)
    certificate, words = {
        "expired": (
            authority.issue_cert("localhost", not_before=NOW - timedelta(days=30), not_after=late),
            f"the certificate of localhost expired on {late:%Y-%m-%d}",
        ),
        "not yet": (
            authority.issue_cert("localhost", not_before=soon),
            f"the certificate of localhost is valid only from {soon:%Y-%m-%d} on (is this clock right?)",
        ),
        "another name": (
            authority.issue_cert("other.example", "*.example.org"),
            "the certificate is for other.example, *.example.org, not for localhost",
        ),
        "another authority": (
            trustme.CA(organization_name="Strangers").issue_cert("localhost"),
            "the certificate of localhost was issued by an authority not trusted here (",
        ),
        "self-signed": (SelfSigned(), "the certificate of localhost is self-signed"),
    }[kind]
    with tls_server(certificate) as server:
        yield server.port, words


class SelfSigned:
    """A certificate that signed itself."""

    def configure_cert(self, context: object) -> None:
        import tempfile

        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
        builder = x509.CertificateBuilder(name, name, key.public_key(), 5)
        builder = builder.not_valid_before(NOW - timedelta(days=1)).not_valid_after(NOW + timedelta(days=9))
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        made = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with tempfile.NamedTemporaryFile() as file:
            file.write(secret + made.public_bytes(serialization.Encoding.PEM))
            file.flush()
            context.load_cert_chain(file.name)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["expired", "not yet", "another name", "another authority", "self-signed"])
def test_certificates_that_are_not_trusted(
    nursery: Nursery, tmp_path: Path, authority: trustme.CA, trusted: dict[str, str], kind: str
) -> None:
    with untrusted(kind, authority) as (port, words):
        done = crawl(nursery, tmp_path / "a.db", f"https://localhost:{port}/news/", **trusted)
    assert done.code == 75
    (line,) = done.lines
    assert f"robots.txt could not be fetched ({words}" in line
    assert "Error" not in line
    assert "SSL" not in line


# --- what else can bar the way -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "answer", "words"),
    [
        ("http", b"SSH-2.0-OpenSSH_9.2\r\n", "the answer is no HTTP: SSH-2.0-OpenSSH_9.2"),
        ("http", b"HTTP/1.1 abc\r\n\r\n", "the answer is no HTTP: HTTP/1.1 abc"),
        ("http", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "the answer's head is malformed"),
        ("http", b"", "localhost closed the connection without an answer"),
        ("http", b"HTTP/1.1 200 OK\r\nX: 1", "localhost closed the connection before the answer's head"),
        ("http", None, "localhost gave no answer within 0.6 seconds (timed out)"),
        ("https", b"HTTP/1.1 400 Bad Request\r\n\r\n", "localhost does not speak TLS at this address"),
        ("https", b"", "localhost broke the connection off (reset)"),
    ],
    ids=["ssh", "status", "length", "nothing", "half a head", "silence", "plain over TLS", "TLS hung up"],
)
def test_answers_that_are_none(
    nursery: Nursery, tmp_path: Path, scheme: str, answer: bytes | None, words: str
) -> None:
    with saying(answer) as port:
        start = f"{scheme}://localhost:{port}/news/"
        done = crawl(nursery, tmp_path / "a.db", start, "--set=DOWNLOAD_TIMEOUT=0.6", "--set=RETRY_TIMES=0")
    assert done.code == 75
    (line,) = done.lines
    assert f"robots.txt could not be fetched ({words}" in line
    assert "Error" not in line
    assert "<" not in line


def test_a_name_that_is_not_known(nursery: Nursery, tmp_path: Path) -> None:
    done = crawl(nursery, tmp_path / "a.db", "http://no-such-name.invalid/news/")
    assert done.code == 75
    assert "the host name no-such-name.invalid cannot be resolved (DNS)" in done.err


def test_a_password_in_an_address_is_refused_unread(nursery: Nursery, tmp_path: Path) -> None:
    done = crawl(nursery, tmp_path / "a.db", "http://me:s3cret@www.178hui.com/news/")
    assert done.code == 2
    assert "s3cret" not in done.err + done.out
    assert not (tmp_path / "a.db").exists()


# --- the site's several names ------------------------------------------------------------------------


def test_the_bare_name_whose_links_lead_to_www(nursery: Nursery, tmp_path: Path) -> None:
    site = SampleSite(links="absolute")
    with serve(site) as server, proxy(**{"178hui__com": server.port, "www__178hui__com": server.port}) as way:
        for _ in range(2):
            done = crawl(nursery, tmp_path / "a.db", "http://178hui.com/news/", http_proxy=way.url)
            assert (done.code, done.err) == (0, "")
        asked = set(way.asked)
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM articles") == [(32,)]
    assert {"http://178hui.com/robots.txt", "http://www.178hui.com/robots.txt"} <= asked


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_redirects_to_the_other(
    nursery: Nursery, tmp_path: Path, authority: trustme.CA, trusted: dict[str, str], scheme: str
) -> None:
    faults = Faults()
    for path in ("/robots.txt", "/news/"):
        faults.on(path, Redirect(f"{scheme}://www.178hui.com{path}", 301))
    certificate = authority.issue_cert("www.178hui.com")
    with (
        serve(SampleSite()) if scheme == "http" else tls_server(certificate) as server,
        serve_faulty(SampleSite(), faults) as bare,
        proxy(**{"178hui__com": bare.port, "www__178hui__com": server.port}) as way,
    ):
        env = {"http_proxy": way.url, "https_proxy": way.url, **trusted}
        done = crawl(nursery, tmp_path / "a.db", "http://178hui.com/news/", "--no-details", **env)
    assert (done.code, done.err) == (0, "")
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM articles") == [(32,)]


def test_rules_of_either_name_bind_there(nursery: Nursery, tmp_path: Path) -> None:
    with (
        serve(SampleSite(links="absolute")) as bare,
        serve(SampleSite(robots="User-agent: *\nDisallow: /\n")) as www,
        proxy(**{"178hui__com": bare.port, "www__178hui__com": www.port}) as way,
    ):
        done = crawl(nursery, tmp_path / "a.db", "http://178hui.com/news/", http_proxy=way.url)
        assert done.code == 3
        assert www.paths == ["/robots.txt"]
    assert "robots.txt forbids http://www.178hui.com/" in done.err
