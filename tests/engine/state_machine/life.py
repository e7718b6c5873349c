"""What happens to a container, on its engine and in the model alike? Whatever a command answers has to agree."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.engine.contract import checked, ran
from tests.engine.state_machine.model import UPDATED, Container, Model
from tests.engine.state_machine.site import Site
from tests.engine.state_machine.versions import Kind, Version, make_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rig.host import Host, Result

JSON = ("-o", "json")


class Life:
    """One container from its first start on. Every method is something that happens."""

    def __init__(self, host: Host, policy: Mapping[str, object]) -> None:
        self.host = host
        self.site = Site(host, policy)
        self._versions: list[Version] = []
        self._asides = itertools.count(1)
        self.model = Model(policy, self._make(Kind.GOOD))
        self.create()
        self.site.write_data()

    @property
    def container(self) -> Container:
        """As the model has it; to be asked only while it is there."""
        assert self.model.container is not None
        return self.model.container

    # What is published

    def publish(self, kind: Kind) -> None:
        self.model.published = self._make(kind)

    def publish_again(self, back: int) -> None:
        self.model.published = self._versions[-1 - back % len(self._versions)]
        self.site.publish(self.model.published)

    def _make(self, kind: Kind) -> Version:
        version = make_version(len(self._versions) + 1, kind)
        self._versions.append(version)
        self.site.publish(version)
        return version

    def version_of(self, digest: str) -> Version:
        return next(version for version in self._versions if version.digest == digest)

    # What the user does

    def create(self) -> None:
        """Of the newest good image: a user would not keep another."""
        version = next(version for version in reversed(self._versions) if version.is_good)
        self.model.container = Container(self.site.create(version), version, runs=True)
        self.model.tag_is_known = True

    def recreate(self) -> None:
        if self.model.container is not None:
            self.remove()
        self.create()

    def remove(self) -> None:
        self.site.remove()
        self.model.container = None

    def rename(self) -> None:
        name = self.site.rename(f"mine{next(self._asides)}")
        self.model.asides[name] = self.container
        self.model.container = None

    def stop(self) -> None:
        self.site.stop()
        self.model.container = replace(self.container, runs=False)

    def start(self) -> None:
        self.site.start()
        self.model.container = replace(self.container, runs=True)

    # What the engine does

    def boot(self, *, killed: bool) -> None:
        """What runs after a boot is the engine's business, as long as nothing is being updated."""
        (self.site.kill_engine if killed else self.site.restart_engine)()
        before = self.model.container
        self.see_asides()
        if before is not None:
            now = self.site.look()
            assert now is not None, "the engine has lost it"
            runs = bool(now["State"]["Running"])
            must_run = before.runs and self.model.survives_boot(killed=killed)
            assert runs or not must_run, "the engine has not started it again"
            self.model.container = replace(before, runs=runs)

    def see_asides(self) -> None:
        for name, aside in self.model.asides.items():
            now = self.site.look(name)
            if now is not None:
                self.model.asides[name] = replace(aside, runs=bool(now["State"]["Running"]))

    # What the updater does

    def cycle(self, *, include_stopped: bool) -> None:
        if self.model.container is None:
            self._refused("run", self.site.name, *JSON)
            return
        before = self.site.lives()
        ended = self.site.updater("run", self.site.name, *JSON, *including(include_stopped))
        self.settle(ended, before, include_stopped=include_stopped)

    def settle(self, ended: Result, before: str, *, include_stopped: bool) -> None:
        """A cycle has come to its end: has it done what it had to, and does it say so?"""
        assert ended.exit_code in (0, 1), str(ended)
        assert "Traceback" not in ended.stderr, str(ended)
        result = ran(ended.json)[self.site.name]
        answer = result["outcome"], result["reason"]["code"]
        answers = self.model.answers(include_stopped=include_stopped)
        assert answer in answers, f"it should have been one of {answers}: {ended}"
        assert ended.exit_code == int(answer[0] == "rolled-back"), str(ended)
        if answer == UPDATED:
            self.updated(self.container.version, self.model.published, self._new_id())
        elif answer[0] == "rolled-back":
            self.model.reject(self.model.published)
            self.model.tag_is_known = True
        else:
            assert self.site.lives() == before, f"nothing should have been touched: {ended}"

    def updated(self, source: Version, target: Version, container_id: str) -> None:
        self.model.container = Container(container_id, target, self.container.runs, before=source)
        self.model.last_update = (source, target)
        self.model.tag_is_known = True

    def check(self) -> None:
        name = () if self.model.container is None else (self.site.name,)
        ended = self._harmless("check", *name, *JSON)
        containers = checked(ended.json)
        if self.model.container is None:
            return
        answers = self.model.answers(include_stopped=False)
        tried = {outcome in ("updated", "rolled-back") for outcome, _ in answers}
        decision = containers[self.site.name]["decision"]
        assert (decision == "update") in tried, f"a cycle would answer one of {answers}: {ended}"

    def recover(self) -> None:
        """There is nothing to recover."""
        ended = self._harmless("recover", *JSON)
        assert ended.json["recovered"] == [], str(ended)

    def retry(self) -> None:
        self._harmless("retry", self.site.name)
        self.model.forget_rejections()

    def roll_back(self) -> None:
        if self.model.version_before is None:
            self._refused("rollback", self.site.name, *JSON)
            return
        self.settle_rollback(self.site.updater("rollback", self.site.name, *JSON))

    def settle_rollback(self, ended: Result) -> None:
        assert ended.exit_code == 0, str(ended)
        (result,) = ended.json["results"]
        assert result["outcome"] == "rolled-back", str(ended)
        self.rolled_back(self._new_id())

    def rolled_back(self, container_id: str) -> None:
        """What its user has turned down is not tried again."""
        target = self.model.version_before
        assert target is not None
        self.model.reject(self.container.version)
        self.model.container = Container(container_id, target, runs=True)
        self.model.tag_is_known = True

    def _new_id(self) -> str:
        now = self.site.look()
        assert now is not None, "there is no container"
        return str(now["Id"])

    def _refused(self, command: str, *arguments: str) -> None:
        ended = self._untouched(command, *arguments)
        assert (ended.exit_code, ended.stdout) == (2, ""), str(ended)

    def _harmless(self, command: str, *arguments: str) -> Result:
        ended = self._untouched(command, *arguments)
        assert ended.exit_code == 0, str(ended)
        return ended

    def _untouched(self, command: str, *arguments: str) -> Result:
        before = self.site.lives()
        ended = self.site.updater(command, *arguments)
        assert "Traceback" not in ended.stderr, str(ended)
        assert self.site.lives() == before, f"nothing should have been touched: {ended}"
        return ended


def including(stopped: bool) -> tuple[str, ...]:
    return ("--include-stopped",) if stopped else ()
