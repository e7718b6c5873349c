"""How is a registry made that costs next to nothing itself, and counts what it is asked? Read-only, from memory.

    python -m benchmarks.registry_server PORT IMAGES

It prints `ready`, and serves until it is killed. HTTP/1.1 with connections that stay open, one thread. What it is told:

    PUT /control/latency/50     milliseconds before each answer
    PUT /control/login/1        it wants tokens (anonymous ones will do), good for all scopes that were asked for
    PUT /control/login/2        the same, but it grants the first of several scopes only, and says nothing of the others
    PUT /control/forget/1       count from 0 again
    GET /control/counts         requests by method and kind, and connections, since then
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from benchmarks.many_images import contents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.many_images import Stored

_END = b"\r\n\r\n"
_TLS = b"\x16"  # how a TLS client begins


class Shop:
    """What all connections share: the contents, the count and the orders given over the control path."""

    def __init__(self, port: int, stored: Mapping[str, Stored]) -> None:
        self.realm = f"http://127.0.0.1:{port}/token"
        self.stored = stored
        self.counts: Counter[str] = Counter()
        self.latency = 0.0
        self.granted: int | None = 0
        """How many scopes one token gets; none where no token is wanted, all without a number."""
        self.tokens: dict[str, frozenset[str]] = {}

    def obey(self, method: str, path: str) -> bytes:
        """Carry out an order of the control path."""
        _, _, order, *values = path.split("/")
        if method == "GET":
            return _answer(200, {}, json.dumps(self.counts).encode())
        value = int(values[0])
        if order == "latency":
            self.latency = value / 1000
        elif order == "login":
            self.granted = (0, None, 1)[value]
        elif order == "forget":
            self.counts.clear()
        else:
            return _answer(404, {}, b"")
        return _answer(200, {}, b"")

    def answer(self, method: str, target: str, head: bytes) -> bytes:
        """The answer to a request of the registry's API, which is counted."""
        parts = urlsplit(target)
        kind = next((kind for kind in ("manifests", "blobs", "token") if f"/{kind}" in parts.path), "ping")
        self.counts[f"{method} {kind}"] += 1
        if kind == "token":
            token = f"token-{len(self.tokens)}"
            self.tokens[token] = frozenset(parse_qs(parts.query).get("scope", [])[: self.granted])
            return _answer(200, {}, json.dumps({"token": token, "expires_in": 300}).encode())
        if self.granted != 0 and (challenge := self._challenge(parts.path, head)):
            return _answer(401, {"WWW-Authenticate": challenge}, b"")
        if kind == "ping":
            return _answer(200, {"Docker-Distribution-Api-Version": "registry/2.0"}, b"{}")
        found = self.stored.get(parts.path)
        if found is None:
            return _answer(404, {}, b"")
        headers = {"Content-Type": found.media_type, "Docker-Content-Digest": found.digest}
        return _answer(200, headers, found.content, has_body=method != "HEAD")

    def _challenge(self, path: str, head: bytes) -> str:
        """What is wanted; nothing where the right token came along."""
        repository = path.removeprefix("/v2/").partition("/manifests/")[0].partition("/blobs/")[0]
        scope = f"repository:{repository}:pull" if repository else ""
        if scope in self.tokens.get(_token(head), ()):
            return ""
        return f'Bearer realm="{self.realm}",service="bench"' + (f',scope="{scope}"' if scope else "")


class Connection(asyncio.Protocol):
    """One client. Requests have no bodies here."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._heard = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._shop.counts["connections"] += 1

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if self._heard.startswith(_TLS) and self._transport is not None:
            self._transport.close()  # the engine tries https first, and would wait ten seconds for an answer
            return
        while _END in self._heard:
            head, _, self._heard = self._heard.partition(_END)
            self._request(head + b"\r\n")

    def _request(self, head: bytes) -> None:
        method, target, _ = head.partition(b"\r\n")[0].decode().split(" ")
        if target.startswith("/control/"):
            self._write(self._shop.obey(method, target))
            return
        answer = self._shop.answer(method, target, head)
        if self._shop.latency:
            asyncio.get_running_loop().call_later(self._shop.latency, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.write(answer)


def _token(head: bytes) -> str:
    """The token that came along with a request."""
    lines = (line.partition(b": ") for line in head.split(b"\r\n"))
    value = next((value for name, _, value in lines if name.lower() == b"authorization"), b"")
    return value.decode().removeprefix("Bearer ")


def _answer(status: int, headers: Mapping[str, str], body: bytes, *, has_body: bool = True) -> bytes:
    lines = [f"HTTP/1.1 {status} OK", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + _END + (body if has_body else b"")


async def serve(port: int, images: int) -> None:
    """Serve until killed."""
    shop = Shop(port, dict(contents(images)))
    server = await asyncio.get_running_loop().create_server(lambda: Connection(shop), "127.0.0.1", port, backlog=512)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
