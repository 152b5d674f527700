"""Why there was no answer, in the words of the innermost cause, and how to be given every answer. Pure."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import urllib.error
import urllib.request


def why(error: Exception) -> str:
    """One line that a user understands: no class names, no credentials."""
    error = _innermost(error)
    return _of_http(error) or _of_tls(error) or _of_the_system(error)


def _innermost(error: Exception) -> Exception:
    while isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        error = error.reason
    return error


def _of_http(error: Exception) -> str | None:
    if isinstance(error, http.client.RemoteDisconnected):
        return "the connection was closed without an answer"
    if isinstance(error, http.client.IncompleteRead):
        return f"the answer was cut off after {len(error.partial)} bytes"
    if isinstance(error, http.client.BadStatusLine):
        return f"what answers is no HTTP server ({one_line(str(error))[:60]!r})"
    if isinstance(error, http.client.InvalidURL):
        return f"not an address that can be asked: {one_line(str(error))}"
    if isinstance(error, http.client.HTTPException):
        return f"the answer's head is no HTTP head{_more(error)}"
    return None


def _of_tls(error: Exception) -> str | None:
    if isinstance(error, ssl.SSLCertVerificationError):
        said = getattr(error, "verify_message", "") or "it could not be verified"
        return f"its certificate is not valid: {said}"
    if isinstance(error, ssl.SSLError):
        said = getattr(error, "reason", "") or "broken off"
        return f"no TLS connection: {said.lower().replace('_', ' ')}"
    return None


def _of_the_system(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, UnicodeError):
        return "the address holds no valid host name"
    if isinstance(error, socket.gaierror):
        return f"its name can't be looked up: {one_line(error.strerror or '').lower() or 'no such host'}"
    said = getattr(error, "strerror", None) or getattr(error, "reason", None) or error
    return _masked(one_line(str(said)).lower()) or "no answer"


def _more(error: Exception) -> str:
    said = one_line(str(error))
    return f" ({said[:100]})" if said else ""


def _masked(text: str) -> str:
    return re.sub(r"(?<=://)[^/\s@]*@", "", text)


def one_line(text: str, limit: int = 200) -> str:
    """Words of a server's as they can be shown: nothing in them that a terminal would obey."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * limit]).split())[:limit]


class AsTheyCome(urllib.request.HTTPErrorProcessor):
    """No exceptions for error statuses, and no redirects followed: both are answers to look at."""

    def http_response(
        self, request: urllib.request.Request, response: http.client.HTTPResponse
    ) -> http.client.HTTPResponse:
        return response

    https_response = http_response
