"""What if a registry is slow, wrong or hostile? A real HTTP server on the loopback that can be told to be.

with FakeRegistry() as registry:
    digest = registry.push("team/app", "latest")
    registry.faults["/v2/team/app/manifests/latest"] = Fault(status=503, times=1)
    ...
    assert registry.count("HEAD") == 2
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from rig.fake_server import Reply, Server

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from rig.fake_server import Seen

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"


@dataclass
class Bearer:
    """Token authentication. The realm is the registry's own `/token` where none is given."""

    users: dict[str, str] = field(default_factory=dict)
    identity_tokens: set[str] = field(default_factory=set)
    # Whether a token without credentials opens the repositories.
    anonymous: bool = True
    realm: str = ""
    scope: str = ""
    key: str = "token"
    expires_in: object = 300
    # Which of several scopes in one request are granted: all, first, last; or none, by answering with this status, or
    # by no answer at all (`nothing`).
    together: str | int = "all"
    # Private repositories: nobody but the users gets these granted.
    private: frozenset[str] = frozenset()
    issued: dict[str, str] = field(default_factory=dict)


@dataclass
class Quota:
    """So many requests are answered, then 429. `counted` are the methods that count; all answers tell what is left."""

    remaining: int
    limit: int = 100
    counted: tuple[str, ...] = ("GET",)
    window_seconds: int = 21600
    retry_after: int | None = None


class FakeRegistry(Server):
    """A registry in memory, open, or with Basic or Bearer authentication."""

    def __init__(
        self,
        address: str = "127.0.0.1",
        *,
        basic: tuple[str, str] | None = None,
        bearer: Bearer | None = None,
        quota: Quota | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(address, tls=tls)
        self.basic = basic
        self.bearer = bearer
        self.quota = quota
        self.contents: dict[str, Reply] = {}
        # How lists of tags are told: by `Link` (a path, or a whole URL), or without one, page after page.
        self.links: str = "path"
        self.longest_page = 1000
        # Who asks for a longer page gets this status (distribution 3.1 with `tags.maxtags`: 400), not a shorter one.
        self.refuses_longer_pages: int | None = None
        # Requests whose line or headers are longer (in characters) get 414 or 431.
        self.longest_line: int | None = None
        self.longest_header: int | None = None
        self._counting = threading.Lock()

    def put_blob(self, repository: str, content: bytes) -> str:
        """Store a blob; its digest."""
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        self.contents[f"/v2/{repository}/blobs/{digest}"] = Reply(200, {"Docker-Content-Digest": digest}, content)
        return digest

    def put_manifest(self, repository: str, document: object, media_type: str, *tags: str) -> str:
        """Store a manifest or index (bytes as they are, anything else as JSON) under its digest and tags."""
        content = document if isinstance(document, bytes) else json.dumps(document).encode()
        digest = "sha256:" + hashlib.sha256(content).hexdigest()
        for name in (digest, *tags):
            headers = {"Content-Type": media_type, "Docker-Content-Digest": digest}
            self.contents[f"/v2/{repository}/manifests/{name}"] = Reply(200, headers, content)
        return digest

    def push(self, repository: str, *tags: str, platform: str = "linux/amd64", **config: object) -> str:
        """Publish an image for one platform (`os/architecture[/variant]`); the digest of its manifest."""
        os_name, architecture, *variant = platform.split("/")
        values = {"os": os_name, "architecture": architecture, **config}
        if variant:
            values["variant"] = variant[0]
        content = json.dumps(values).encode()
        descriptor = {"mediaType": OCI_CONFIG, "digest": self.put_blob(repository, content), "size": len(content)}
        document = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": descriptor, "layers": []}
        return self.put_manifest(repository, document, OCI_MANIFEST, *tags)

    def push_index(self, repository: str, tag: str, entries: Mapping[str, str]) -> str:
        """Publish an index of digest → platform (none where that is empty); its digest."""
        manifests = []
        for digest, platform in entries.items():
            names = dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False)) if platform else {}
            reply = self.contents[f"/v2/{repository}/manifests/{digest}"]
            entry = {"mediaType": reply.headers["Content-Type"], "digest": digest, "size": len(reply.body)}
            manifests.append({**entry, **({"platform": names} if names else {})})
        document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}
        return self.put_manifest(repository, document, OCI_INDEX, tag)

    def reply(self, seen: Seen) -> Reply:
        path = urlsplit(seen.path).path
        if self.longest_line is not None and len(seen.path) > self.longest_line:
            return Reply(414)
        if self.longest_header is not None and max(map(len, seen.headers.values())) > self.longest_header:
            return Reply(431)
        if self.bearer is not None and path == "/token":
            return self._token(seen, self.bearer)
        challenge = self._challenge(seen, path)
        if challenge is not None:
            return Reply(401, {"WWW-Authenticate": challenge}, _error("UNAUTHORIZED"))
        if path == "/v2/":
            return Reply()
        if path.endswith("/tags/list"):
            return self._tags(seen, path)
        found = self.contents.get(path, Reply(404, {}, _error("MANIFEST_UNKNOWN")))
        return found if self.quota is None else self._counted(seen, found, self.quota)

    def _counted(self, seen: Seen, found: Reply, quota: Quota) -> Reply:
        with self._counting:
            is_counted = seen.method in quota.counted and "/manifests/" in seen.path
            if is_counted and quota.remaining <= 0:
                pause = {} if quota.retry_after is None else {"Retry-After": str(quota.retry_after)}
                return Reply(429, pause, _error("TOOMANYREQUESTS"))
            quota.remaining -= is_counted
            told = {
                "RateLimit-Limit": f"{quota.limit};w={quota.window_seconds}",
                "RateLimit-Remaining": f"{quota.remaining};w={quota.window_seconds}",
            }
        return replace(found, headers={**found.headers, **told})

    def _tags(self, seen: Seen, path: str) -> Reply:
        repository = path.removeprefix("/v2/").removesuffix("/tags/list")
        start = f"/v2/{repository}/manifests/"
        tags = sorted(known.removeprefix(start) for known in self.contents if known.startswith(start))
        tags = [tag for tag in tags if ":" not in tag]
        query = parse_qs(urlsplit(seen.path).query)
        wanted = int(query.get("n", [str(self.longest_page)])[0])
        if wanted > self.longest_page and self.refuses_longer_pages is not None:
            return Reply(self.refuses_longer_pages, {}, _error("PAGINATION_NUMBER_INVALID"))
        size = min(wanted, self.longest_page)
        after = [tag for tag in tags if tag > query.get("last", [""])[0]]
        page, rest = after[:size], after[size:]
        headers = {}
        if rest and self.links != "none":
            where = f"{path}?last={page[-1]}&n={size}"
            headers["Link"] = f'<{self.url if self.links == "url" else ""}{where}>; rel="next"'
        return Reply(200, headers, json.dumps({"name": repository, "tags": page}).encode())

    def _challenge(self, seen: Seen, path: str) -> str | None:
        if path == "/v2/" and self.bearer is not None:
            return f'Bearer realm="{self.bearer.realm or self.url + "/token"}",service="fake"'
        given = seen.headers.get("authorization", "")
        if self.basic is not None:
            return None if given == basic_header(*self.basic) else 'Basic realm="fake"'
        if self.bearer is None:
            return None
        repository = path.removeprefix("/v2/").partition("/manifests/")[0].partition("/blobs/")[0]
        repository = repository.removesuffix("/tags/list")
        scope = self.bearer.scope or f"repository:{repository}:pull"
        if scope in self.bearer.issued.get(given.removeprefix("Bearer "), "").split():
            return None
        return f'Bearer realm="{self.bearer.realm or self.url + "/token"}",service="fake",scope="{scope}"'

    def _token(self, seen: Seen, bearer: Bearer) -> Reply:
        given = seen.headers.get("authorization")
        query = parse_qs(seen.body.decode() if seen.method == "POST" else urlsplit(seen.path).query)
        if seen.method == "POST":
            is_known = query["refresh_token"][0] in bearer.identity_tokens
        else:
            is_known = given in {basic_header(*user) for user in bearer.users.items()}
        if not is_known and (given is not None or seen.method == "POST"):
            return Reply(401, {}, _error("UNAUTHORIZED"))
        scopes = [scope for value in query.get("scope", []) for scope in value.split()]
        if len(scopes) > 1 and bearer.together != "all":
            if isinstance(bearer.together, int):
                return Reply(bearer.together, {}, _error("UNSUPPORTED"))
            if bearer.together == "nothing":
                raise ConnectionAbortedError
            scopes = scopes[:1] if bearer.together == "first" else scopes[-1:]
        if not is_known:
            hidden = {f"repository:{repository}:pull" for repository in bearer.private}
            scopes = [scope for scope in scopes if bearer.anonymous and scope not in hidden]
        with self._counting:
            token = f"token-{len(bearer.issued) + 1}"
            bearer.issued[token] = " ".join(scopes)
        return Reply(body=json.dumps({bearer.key: token, "expires_in": bearer.expires_in}).encode())


def basic_header(username: str, password: str) -> str:
    """The value of Authorization for a name and a password."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def _error(code: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": "said by the fake registry"}]}).encode()
