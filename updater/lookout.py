"""Which schedules of their own do containers have at this moment? Asked often, so it asks for as little as it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.deciding import consider_all
from updater.engine.docker_engine import DockerEngine
from updater.model.container import ContainerState
from updater.policy.declarations import PER_CONTAINER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.model.schedule import Schedule
    from updater.policy.terms import Request

_SETTING = PER_CONTAINER["schedule"]


class Lookout:
    """Keeps the connection between one look and the next; `close` lets go of it, and a look opens it again."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._engine: DockerEngine | None = None

    def own_schedules(self, host: str | None, request: Request) -> frozenset[Schedule]:
        """Those of the containers that a cycle would look at. Raises EngineError, InvalidSetting."""
        if self._engine is None:
            self._engine = DockerEngine.open(host, self._environment)
        # Unless the config file speaks of schedules, only a label can give one.
        by_name = any(_SETTING.name in entry.values for entry in request.entries)
        try:
            containers = self._engine.containers(None if by_name else _SETTING.label)
            if not by_name and any(container.state is ContainerState.EXITED for container in containers):
                # It may be a job of others, which are to be known for that.
                containers = self._engine.containers()
        except BaseException:
            self.close()
            raise
        considered, _ = consider_all(containers, request)
        return frozenset(
            schedule
            for one in considered
            if one.listed and one.objection is None and (schedule := one.terms.schedule) is not None
        )

    def close(self) -> None:
        """Let go of the connection, and of what was learnt of images."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()
