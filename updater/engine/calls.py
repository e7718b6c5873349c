"""How is one call made? Raw JSON, with a time limit, and every failure in our own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests
from docker.errors import create_api_error_from_http_exception

from updater.engine.translation import translated
from updater.model.silence import unheard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.engine.connection import Client
    from updater.model.silence import Silence

Json = dict[str, Any]
CALL_TIMEOUT = 60  # seconds without an answer


class Calls:
    """The way to one engine; what is called, and why, is said by the classes above it."""

    def __init__(self, client: Client, silence: Silence = unheard) -> None:
        self._client = client
        self._silence = silence

    def _get(self, doing: str, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        answer = self._call("GET", path, doing, params=parameters)
        with translated(doing):
            return answer.json()

    def _tell(self, container_id: str, what: str, doing: str, **arguments: Any) -> None:
        self._call("POST", f"/containers/{container_id}/{what}", doing, **arguments)

    def _call(
        self, method: str, path: str, doing: str, *, version: str | None = None, **arguments: Any
    ) -> requests.Response:
        """One call, in raw JSON: the SDK's own methods drop fields they do not know, and lack time limits."""
        arguments.setdefault("timeout", CALL_TIMEOUT)
        url = f"{self._client.base_url}/v{version or self._client.api_version}{quote(path, safe='/:@')}"
        with self._silence(arguments["timeout"]), translated(doing):
            response = self._client.request(method, url, **arguments)
            try:
                response.raise_for_status()
            except requests.HTTPError as error:
                create_api_error_from_http_exception(error)
            return response
