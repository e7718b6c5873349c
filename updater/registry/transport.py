"""How does one request reach a server, and how does its answer come back whole, in time, and of bounded size?

The one place that knows urllib3. It is used without a session: there is no cookie jar, no .netrc, and no variable
that turns verification off or elsewhere. Certificates are verified against the system's roots (OpenSSL's
SSL_CERT_FILE and SSL_CERT_DIR name others), or a host's own `ca_file`.
"""

from __future__ import annotations

import logging
import ssl
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit

import certifi
import urllib3

from updater import __version__
from updater.errors import RegistryAnswerInvalid, RegistryTimeout, RegistryUntrusted
from updater.model.wording import printable
from updater.registry.connections import CONNECT_SECONDS, sent, timed
from updater.registry.hosts import api_host, origin_of, shown_host, spelled_hosts
from updater.registry.messages import LARGEST_ERROR, Answer, Redirects, Request
from updater.registry.network_errors import translated
from updater.registry.proxies import proxy_for
from updater.registry.realms import may_lead, serves_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.registry.access import RegistryAccess
    from updater.registry.connections import Deadline

_MOST_REDIRECTS = 4
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024
# Hosts to which connections are kept open.
_HOSTS = 64
# Contents do not depend on cookies, nor on an encoding: sizes and digests are those of the plain bytes.
_HEADERS = {"User-Agent": f"container-updater/{__version__}", "Accept-Encoding": "identity"}


def _without_query(record: logging.LogRecord) -> bool:
    """Cut queries off the URLs that urllib3 logs: a redirect to a store carries a signature there."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            argument.partition("?")[0] if isinstance(argument, str) else argument for argument in record.args
        )
    return True


logging.getLogger("urllib3.connectionpool").addFilter(_without_query)


class Transport:
    """Sends requests over connections that stay open, to each host so many. May be used by several threads at once."""

    def __init__(self, access: Mapping[str, RegistryAccess], *, connections: int) -> None:
        self._connections = connections
        self._access = {api_host(host): entry for host, entry in access.items()}
        self._managers: dict[tuple[_Tls | None, str | None], urllib3.PoolManager] = {}
        self._ways: dict[tuple[str, str], urllib3.PoolManager] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for manager in self._managers.values():
                manager.clear()
            self._managers.clear()
            self._ways.clear()

    def send(self, request: Request, deadline: Deadline) -> Answer:
        """The answer to the request, after redirects as far as the request allows them.

        Raises RegistryUnreachable and its kin, and RegistryAnswerInvalid for an answer that is too large, encoded,
        or leads where it may not.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._exchange(request, deadline)
            if answer.status not in _REDIRECTS:
                return answer
            request = _redirected(request, answer)
        raise RegistryAnswerInvalid(f"{_host(request.url)} redirects without end; ask its operator")

    def _exchange(self, request: Request, deadline: Deadline) -> Answer:
        host = _host(request.url)
        if not deadline.remaining:
            raise RegistryTimeout(f"no time was left to ask {host}; it is tried again in the next cycle")
        with translated(host), deadline.holds():
            response = sent(lambda: self._opened(request, deadline))
            try:
                body = _body(response, request, host)
            finally:
                # A connection whose answer was read to the end is back in the pool by now.
                response.close()
            headers = {name.lower(): value for name, value in response.headers.itermerged()}
        return Answer(response.status, headers, body, request.url)

    def _opened(self, request: Request, deadline: Deadline) -> urllib3.BaseHTTPResponse:
        return self._manager(request.url).urlopen(
            request.method,
            request.url,
            headers={**_HEADERS, **request.headers},
            body=request.body,
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(
                connect=min(CONNECT_SECONDS, deadline.remaining), read=max(0.001, deadline.remaining)
            ),
        )

    def _manager(self, url: str) -> urllib3.PoolManager:
        """The way to a host is found once: that a proxy stands there is read from the environment, which takes time."""
        parts = urlsplit(url)
        with self._lock:
            way = self._ways.get((parts.scheme, parts.netloc))
            if way is None:
                way = self._ways[parts.scheme, parts.netloc] = self._way(url, parts.scheme)
            return way

    def _way(self, url: str, scheme: str) -> urllib3.PoolManager:
        spellings = spelled_hosts(url)
        entry = next((self._access[host] for host in spellings if host in self._access), None)
        tls = _Tls(entry.ca_file, entry.insecure) if entry else _Tls()
        # Reading the system's roots takes time and memory, and plain http has no use for them.
        key = (tls if scheme == "https" else None, proxy_for(url))
        if key not in self._managers:
            self._managers[key] = _new_manager(*key, self._connections)
        return self._managers[key]


@dataclass(frozen=True, slots=True)
class _Tls:
    """What is asked of a server's certificate."""

    ca_file: Path | None = None
    insecure: bool = False


def _new_manager(tls: _Tls | None, proxy: str | None, connections: int) -> urllib3.PoolManager:
    context = _tls_context(tls) if tls is not None else None
    if proxy is None:
        return timed(urllib3.PoolManager(num_pools=_HOSTS, maxsize=connections, ssl_context=context))
    credentials = urllib3.util.parse_url(proxy).auth
    headers = urllib3.util.make_headers(proxy_basic_auth=unquote(credentials)) if credentials else None
    return timed(
        urllib3.ProxyManager(proxy, num_pools=_HOSTS, maxsize=connections, ssl_context=context, proxy_headers=headers)
    )


def _tls_context(tls: _Tls) -> ssl.SSLContext:
    if tls.insecure:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if tls.ca_file is None:
        return ssl.create_default_context(cafile=None if _system_has_roots() else certifi.where())
    try:
        return ssl.create_default_context(cafile=str(tls.ca_file))
    except OSError as error:
        raise RegistryUntrusted(
            f"the ca_file {tls.ca_file} cannot be used ({error.strerror}); name a readable file of PEM certificates"
        ) from error


def _system_has_roots() -> bool:
    # A slim image may lack them; then those that come with the HTTP library serve.
    # (Each path is None where it does not exist, whatever the type stubs say.)
    cafile, capath, *_ = ssl.get_default_verify_paths()
    return bool(cafile) or (bool(capath) and any(Path(capath).iterdir()))


def _redirected(request: Request, answer: Answer) -> Request:
    """The request that follows the redirect; raises RegistryAnswerInvalid where it leads too far."""
    location = answer.headers.get("location", "")
    try:
        target = urljoin(request.url, location)
    except ValueError:
        # `http://[x/`: what is no address at all.
        raise _leads_astray(request.url, "") from None
    same_origin = _is_same_origin(request.url, target)
    if not location or request.redirects is Redirects.REFUSED or not may_lead(request.url, target):
        raise _leads_astray(request.url, target)
    if not same_origin and request.redirects is Redirects.SAME_ORIGIN and not serves_for(request.url, target):
        raise _leads_astray(request.url, target)
    if same_origin:
        return replace(request, url=target)
    headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
    return replace(request, url=target, headers=headers)


def _is_same_origin(one: str, other: str) -> bool:
    try:
        return origin_of(one) == origin_of(other)
    except ValueError:
        return False


def _leads_astray(source: str, target: str) -> RegistryAnswerInvalid:
    where = shown_host(target) or "no address"
    return RegistryAnswerInvalid(
        f"{_host(source)} redirects to {where}, which is not followed; use the name of the registry itself"
    )


def _body(response: urllib3.BaseHTTPResponse, request: Request, host: str) -> bytes:
    """The body up to its limit. Of an error no more than its beginning is read, and nothing of a coded one."""
    is_success = 200 <= response.status < 300
    if request.method != "HEAD" and response.headers.get("Content-Encoding", "").strip().lower() not in (
        "",
        "identity",
    ):
        if is_success:
            raise RegistryAnswerInvalid(f"{host} sends an encoded answer that was not asked for; ask its operator")
        return b""
    largest = request.largest if is_success else LARGEST_ERROR
    if is_success and request.method != "HEAD" and _announced(response) > largest:
        raise _too_large(host, largest)
    chunks, size = [], 0
    while chunk := response.read(min(_CHUNK, largest + 1 - size), decode_content=False):
        chunks.append(chunk)
        size += len(chunk)
        if size > largest:
            if is_success:
                raise _too_large(host, largest)
            return b""
    return b"".join(chunks)


def _announced(response: urllib3.BaseHTTPResponse) -> int:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


def _too_large(host: str, largest: int) -> RegistryAnswerInvalid:
    return RegistryAnswerInvalid(f"{host} sends more than {largest} bytes for what should be small")


def _host(url: str) -> str:
    return printable(urlsplit(url).netloc.rpartition("@")[2])
