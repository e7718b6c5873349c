"""How is a registry of our own started, with or without a login, and what can be done to its tags?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

import requests

from rig.errors import RigError
from rig.machine import SEARCH_PATH, find_program
from rig.passwords import htpasswd_line
from rig.recording_proxy import RecordingProxy
from rig.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from rig.namespaces import Namespaces
    from rig.recording import Recording

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

    def __init__(self, namespaces: Namespaces, port: int = 5000, users: Mapping[str, str] | None = None) -> None:
        self._namespaces = namespaces
        self._users = dict(users or {})
        self._port = port
        self._service: Service | None = None
        self._folder = namespaces.directory / f"registry-{port}"
        self.address = f"127.0.0.1:{port}"
        self.proxy = RecordingProxy(namespaces, port, port + BEHIND)

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
        self._folder.mkdir(exist_ok=True)
        configuration = self._folder / "config.yml"
        # JSON is valid YAML, and needs no library to be written.
        configuration.write_text(json.dumps(self._configuration()))
        program = [find_program("docker-registry"), "serve", str(configuration)]
        self._service = Service(self._namespaces, self._folder.name, program, {"PATH": SEARCH_PATH})
        self._service.wait_until(self._answers, START_SECONDS)
        self.proxy.start()

    def stop(self) -> None:
        """Nobody listens at the address from now on, until `start`."""
        self.proxy.stop()
        if self._service is not None:
            self._service.kill()

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

    def delete(self, repository: str, digest: str) -> None:
        """Remove a manifest and every tag that names it."""
        answer = self.ask("DELETE", f"/v2/{repository}/manifests/{digest}")
        if answer.status_code != requests.codes.accepted:
            raise RigError(f"the registry did not delete {repository}@{digest}: {answer.status_code} {answer.text}")

    def ask(
        self, method: str, path: str, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """One request past the proxy, with the first user's login."""
        url = path if path.startswith("http://") else f"http://127.0.0.1:{self._port + BEHIND}{path}"
        with self._namespaces.network(), requests.Session() as session:
            # The machine's proxies, certificates and .netrc are no business of a loopback registry.
            session.trust_env = False
            session.auth = next(iter(self._users.items()), None)
            return session.request(method, url, data=content, headers=dict(headers or {}), timeout=30)

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
                "filesystem": {"rootdirectory": str(self._folder / "data")},
                "delete": {"enabled": True},
                "maintenance": {"uploadpurging": {"enabled": False}},
            },
            "http": {"addr": f"127.0.0.1:{self._port + BEHIND}"},
        }
        if self._users:
            passwords = self._folder / "htpasswd"
            lines = [htpasswd_line(name, password) for name, password in self._users.items()]
            passwords.write_text("".join(lines))
            configuration["auth"] = {"htpasswd": {"realm": "rig", "path": str(passwords)}}
        return configuration
