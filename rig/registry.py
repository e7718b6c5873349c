"""How is a registry of our own started, whom does it let in, and what can be done to its tags?"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import requests

from rig.errors import RigError
from rig.machine import SEARCH_PATH, find_program
from rig.passwords import htpasswd_line
from rig.recording_proxy import RecordingProxy
from rig.service import Service
from rig.token_service import AUDIENCE, ISSUER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from rig.namespaces import Namespaces
    from rig.recording import Recording
    from rig.token_service import TokenService

START_SECONDS = 10.0
BEHIND = 10_000
"""The registry itself listens this many ports above the port that is told to everybody."""

MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


class PrivateRegistry:
    """docker-registry on the loopback of the namespaces, behind a proxy that writes down every request.

    The engine and the program under test use `address`; `requests.log` of `recording` is what they asked.
    Pushing and moving tags by the methods here goes past the proxy, so a test's own preparation is not counted.
    """

    def __init__(
        self,
        namespaces: Namespaces,
        port: int = 5000,
        users: Mapping[str, str] | None = None,
        *,
        tokens: TokenService | None = None,
        upstream: PrivateRegistry | None = None,
    ) -> None:
        """Open to everybody; or for `users` (htpasswd); or for whom `tokens` lets in; or a cache of `upstream`."""
        self.namespaces = namespaces
        self.folder = namespaces.directory / f"registry-{port}"
        self.address = f"127.0.0.1:{port}"
        self.listens_at = f"127.0.0.1:{port + BEHIND}"
        self.url = f"http://{self.listens_at}"
        self.trusted: str | bool = True
        """Whose certificates the rig itself trusts here, where `url` is https."""
        self.proxy = RecordingProxy(namespaces, port, port + BEHIND)
        self._users = dict(users or {})
        self._tokens = tokens
        self._upstream = upstream
        self._service: Service | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def recording(self) -> Recording:
        """Every request that reached the registry's address, in order."""
        return self.proxy.recording

    @property
    def running(self) -> bool:
        return self._service is not None and self._service.running

    def start(self) -> None:
        """Start the registry and the proxy before it; what was pushed earlier is still there."""
        self.start_service()
        self.proxy.start()

    def stop(self) -> None:
        """Nobody listens at the address from now on, until `start`."""
        self.proxy.stop()
        self.kill_service()

    def start_service(self) -> None:
        """Start the program itself, and return when it answers."""
        self.folder.mkdir(exist_ok=True)
        self._service = Service(self.namespaces, self.folder.name, self.program(), {"PATH": SEARCH_PATH})
        self._service.wait_until(self._answers, START_SECONDS)

    def kill_service(self) -> None:
        if self._service is not None:
            self._service.kill()

    def program(self) -> Sequence[str]:
        """What is run."""
        configuration = self.folder / "config.yml"
        # JSON is valid YAML, and needs no library to be written.
        configuration.write_text(json.dumps(self._configuration()))
        return [find_program("docker-registry"), "serve", str(configuration)]

    def http(self) -> dict[str, object]:
        """Where and how it listens."""
        return {"addr": self.listens_at}

    def close(self) -> None:
        self.stop()

    def put_blob(self, repository: str, digest: str, content: bytes) -> None:
        """Upload one blob, unless the repository has it already."""
        if self.ask("HEAD", f"/v2/{repository}/blobs/{digest}").status_code == requests.codes.ok:
            return
        place = self.ask("POST", f"/v2/{repository}/blobs/uploads/").headers["Location"]
        joint = "&" if "?" in place else "?"
        self._expect_created(self.ask("PUT", f"{place}{joint}digest={digest}", content))

    def put_manifest(self, repository: str, reference: str, media_type: str, content: bytes) -> str:
        """Make a tag (or digest) name this manifest or index; the answer is its digest."""
        path = f"/v2/{repository}/manifests/{reference}"
        answer = self.ask("PUT", path, content, {"Content-Type": media_type})
        self._expect_created(answer)
        return answer.headers["Docker-Content-Digest"]

    def digest_of(self, repository: str, reference: str) -> str | None:
        """The digest a tag names now."""
        path = f"/v2/{repository}/manifests/{reference}"
        answer = self.ask("HEAD", path, headers={"Accept": ", ".join(MANIFEST_TYPES)})
        return answer.headers["Docker-Content-Digest"] if answer.ok else None

    def delete(self, repository: str, digest: str, kind: str = "manifests") -> None:
        """Remove a manifest and every tag that names it; or one of the `blobs`."""
        answer = self.ask("DELETE", f"/v2/{repository}/{kind}/{digest}")
        if answer.status_code != requests.codes.accepted:
            raise RigError(f"the registry did not delete {repository}@{digest}: {answer.status_code} {answer.text}")

    def ask(
        self, method: str, path: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """One request past the proxy, with the first user's login or a token of the rig's own."""
        url = path if path.startswith(("http://", "https://")) else self.url + path
        allowed = {"Authorization": self._permission(url)} if self._tokens else {}
        with self.namespaces.network(), requests.Session() as session:
            # The machine's proxies, certificates and .netrc are no business of a loopback registry.
            session.trust_env = False
            session.verify = self.trusted
            session.auth = next(iter(self._users.items()), None)
            return session.request(method, url, data=content, headers={**(headers or {}), **allowed}, timeout=30)

    def _permission(self, url: str) -> str:
        assert self._tokens is not None
        path = urlsplit(url).path.removeprefix("/v2/")
        return self._tokens.permission(re.split("/(?:manifests|blobs)/", path)[0], "pull", "push", "delete")

    def _expect_created(self, answer: requests.Response) -> None:
        if answer.status_code != requests.codes.created:
            raise RigError(f"the registry refused {answer.url}: {answer.status_code} {answer.text}")

    def _answers(self) -> bool:
        try:
            return self.ask("GET", "/v2/").ok
        except requests.ConnectionError:
            return False

    def _configuration(self) -> dict[str, object]:
        configuration: dict[str, object] = {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(self.folder / "data")},
                "delete": {"enabled": True},
                "maintenance": {"uploadpurging": {"enabled": False}},
            },
            "http": self.http(),
        }
        if self._users:
            configuration["auth"] = {"htpasswd": {"realm": "rig", "path": str(self._passwords())}}
        if self._tokens is not None:
            configuration["auth"] = {"token": self._token_settings(self._tokens)}
        if self._upstream is not None:
            configuration["proxy"] = {"remoteurl": f"http://{self._upstream.address}"}
        return configuration

    def _passwords(self) -> Path:
        passwords = self.folder / "htpasswd"
        passwords.write_text("".join(htpasswd_line(name, password) for name, password in self._users.items()))
        return passwords

    @staticmethod
    def _token_settings(tokens: TokenService) -> dict[str, str]:
        return {"realm": tokens.realm, "service": AUDIENCE, "issuer": ISSUER, "rootcertbundle": str(tokens.root)}
