"""What stands between a crawl and a site: TLS with certificates of our making, a proxy, IPv6."""

from __future__ import annotations

import base64
import contextlib
import http.client
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from yiqihui_spider.sample.server import Handler, SampleServer
from yiqihui_spider.sample.site import SampleSite


class TlsServer(SampleServer):
    """The sample site over https."""

    def __init__(self, context: ssl.SSLContext, site: SampleSite, port: int, handler: type[Handler]) -> None:
        self.context = context
        super().__init__(site, port, handler)

    def get_request(self) -> tuple[Any, Any]:
        connection, address = super().get_request()
        connection.settimeout(5)
        return self.context.wrap_socket(connection, server_side=True), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that does not trust us leaves


class Ipv6Server(SampleServer):
    """The sample site on ``::1``."""

    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        self.server_address = ("::1", *self.server_address[1:])  # type: ignore[assignment]
        super().server_bind()

    @property
    def url(self) -> str:
        return f"http://[::1]:{self.port}"


@contextlib.contextmanager
def running(server: SampleServer) -> Iterator[SampleServer]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


def tls_server(certificate: Any, site: SampleSite | None = None) -> Any:
    """``certificate``: one of trustme's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return running(TlsServer(context, site or SampleSite(), 0, Handler))


def ipv6_server(site: SampleSite, handler: type[Handler] = Handler) -> Any:
    return running(Ipv6Server(site, 0, handler))


# --- a proxy -------------------------------------------------------------------------------------


@dataclass
class Proxy:
    """A forwarding proxy on loopback; ``hosts`` says where each name really is."""

    hosts: dict[str, int] = field(default_factory=dict)
    """Host name to a port on loopback."""
    wants: str | None = None
    """``user:password`` that it asks for."""
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class ProxyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, proxy: Proxy, *args: Any) -> None:
        self.proxy = proxy
        super().__init__(*args)

    def _may_pass(self) -> bool:
        self.proxy.asked.append(self.path)
        if self.proxy.wants is None:
            return True
        token = base64.b64encode(self.proxy.wants.encode()).decode()
        if self.headers.get("Proxy-Authorization") == f"Basic {token}":
            return True
        self.send_response(407)
        self.send_header("Proxy-Authenticate", "Basic")
        self.send_header("Content-Length", "0")
        self.end_headers()
        return False

    def do_GET(self) -> None:
        if not self._may_pass():
            return
        parts = urlsplit(self.path)
        port = self.proxy.hosts.get(parts.hostname or "")
        if port is None:
            self.send_error(502)
            return
        upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with contextlib.closing(upstream):
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {k: v for k, v in self.headers.items() if k.lower() not in ("proxy-authorization",)}
            upstream.request("GET", target, headers=headers)
            answer = upstream.getresponse()
            body = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("date", "server", "content-length"):
                    self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def do_CONNECT(self) -> None:
        self.close_connection = True
        port = self.proxy.hosts.get(self.path.rpartition(":")[0])
        if not self._may_pass():
            return
        if port is None:
            self.send_error(502)
            return
        with socket.create_connection(("127.0.0.1", port), timeout=5) as upstream:
            self.send_response(200)
            self.end_headers()
            self._pipe(upstream)

    def _pipe(self, upstream: socket.socket) -> None:
        ways = {self.connection: upstream, upstream: self.connection}
        while ready := select.select(list(ways), [], [], 5)[0]:
            for source in ready:
                with contextlib.suppress(OSError):
                    if data := source.recv(65536):
                        ways[source].sendall(data)
                        continue
                return

    def log_message(self, format: str, *args: Any) -> None:
        pass


class ProxyServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextlib.contextmanager
def proxy(wants: str | None = None, **hosts: int) -> Iterator[Proxy]:
    """``hosts`` by name, dots as double underscores."""
    state = Proxy({name.replace("__", "."): port for name, port in hosts.items()}, wants)
    with ProxyServer(("127.0.0.1", 0), partial(ProxyHandler, state)) as server:
        state.port = int(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def saying(answer: bytes | None) -> Iterator[int]:
    """A port on which everything is answered with these bytes; None: never."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(20)
        over = threading.Event()

        def talk() -> None:
            while not over.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(5)
                    connection.recv(65536)
                    if answer is None:
                        over.wait(5)
                    else:
                        connection.sendall(answer)

        thread = threading.Thread(target=talk)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
