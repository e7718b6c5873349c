"""The updater is dead: what happens until it recovers, and what has to be there then?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.engine.contract import ran
from tests.engine.state_machine.death import Death, Meanwhile
from tests.engine.state_machine.life import JSON, including
from tests.engine.state_machine.model import Container
from tests.engine.state_machine.versions import VERDICTS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rig.host import Result
    from tests.engine.state_machine.life import Life
    from tests.engine.state_machine.site import Json
    from tests.engine.state_machine.versions import Version

_VERDICTS = frozenset(VERDICTS.values())


class Aftermath:
    """From a death in an update from `source` to `target` until all is well again."""

    def __init__(self, life: Life, target: Version) -> None:
        self._life = life
        self._site = life.site
        self._model = life.model
        self._before = life.container
        self._target = target
        now = life.site.look()
        self._stands = None if now is None else str(now["Id"])
        """Who bears the name: the old one, the new one, or nobody for a moment."""
        self._user_made: Container | None = None
        self._may_be_gone = False

    @property
    def _old_stands(self) -> bool:
        return self._stands == self._before.id

    def live_on(self, death: Death) -> None:
        """Whatever happens meanwhile, a recovery that may be killed as well, and one that is not."""
        self._happen(death.meanwhile)
        unfinished = self._has_leftovers()
        if death.second is not None:
            struck = self._site.kill_updater(death.second, "recover", *JSON)
            if struck.struck is None:
                self._hear(struck.ended)
            else:
                unfinished = self._has_leftovers()
        if not self._target.is_good:
            self._model.perhaps_rejected.add(self._target.digest)
        self._hear(self._heal(death))
        self._adopt(death, tag_is_known=unfinished and not death.meanwhile.is_by_the_user)

    # Meanwhile

    def _happen(self, meanwhile: Meanwhile) -> None:
        doing: Mapping[Meanwhile, Callable[[], object]] = {
            Meanwhile.ENGINE_RESTARTS: self._site.restart_engine,
            Meanwhile.ENGINE_IS_KILLED: self._site.kill_engine,
            Meanwhile.USER_STOPS: self._stop,
            Meanwhile.USER_REMOVES: self._remove,
            Meanwhile.USER_RENAMES: self._rename,
            Meanwhile.USER_RECREATES: self._recreate,
            Meanwhile.IMAGE_IS_PUBLISHED: lambda: self._life.publish(Kind.GOOD),
            Meanwhile.MEMORY_IS_LOST: self._lose_memory,
        }
        if meanwhile in doing:
            doing[meanwhile]()

    def _stop(self) -> None:
        if self._stands is not None:
            self._site.stop()

    def _remove(self) -> None:
        if self._stands is not None:
            self._site.remove()
            # Where the new one stood already, only the old one is left: it is put back (docs/safety.md).
            self._may_be_gone = self._old_stands

    def _rename(self) -> None:
        now = self._site.look()
        if now is None:
            return
        stood = self._before if self._old_stands else Container(now["Id"], self._target, runs=True)
        self._model.container = Container(stood.id, stood.version, bool(now["State"]["Running"]))
        self._life.rename()
        self._may_be_gone = self._old_stands

    def _recreate(self) -> None:
        if self._stands is not None:
            self._site.remove()
        self._life.create()
        self._user_made = self._life.container

    def _lose_memory(self) -> None:
        self._site.lose_memory()
        self._model.forget_everything()

    def _has_leftovers(self) -> bool:
        return bool({*self._site.names()} - {self._site.name, *self._model.asides})

    # Recovery

    def _heal(self, death: Death) -> Result:
        if death.healer == "run" and not death.meanwhile.is_by_the_user:
            included = including(not self._before.runs)
            return self._site.updater("run", self._site.name, *JSON, *included)
        return self._site.updater("recover", *JSON)

    def _hear(self, ended: Result) -> None:
        """What it reports is written in its memory, too."""
        assert "Traceback" not in ended.stderr, str(ended)
        assert ended.exit_code in (0, 1), str(ended)
        document = json.loads(ended.stdout)
        for outcome in document["recovered"]:
            self._turn_down(outcome)
        for outcome in (ran(document) if "results" in document else {}).values():
            self._turn_down(outcome)
            if outcome["outcome"] == "updated":
                source, target = (self._life.version_of(outcome[end]["digest"]) for end in ("from", "to"))
                self._model.last_update = (source, target)

    def _turn_down(self, outcome: Mapping[str, Any]) -> None:
        if outcome["outcome"] == "rolled-back" and outcome["reason"]["code"] in _VERDICTS:
            self._model.reject(self._life.version_of(outcome["to"]["digest"]))

    # What has to be there

    def _adopt(self, death: Death, *, tag_is_known: bool) -> None:
        """What is there has to be one of those that may be; from now on it is what has to be there."""
        if death.meanwhile.is_by_the_engine:
            self._life.see_asides()
        if self._user_made is not None:
            self._model.container = self._user_made
            return
        now = self._site.look()
        if self._may_be_gone:
            assert now is None, "what its user took away is back"
            self._model.container = None
            return
        assert now is not None, f"there is no container; there are {self._site.names()}"
        self._model.container = self._recognized(now)
        self._require_state(now, death.meanwhile)
        self._model.tag_is_known = tag_is_known or self._model.container.id != self._before.id

    def _recognized(self, now: Json) -> Container:
        runs = bool(now["State"]["Running"])
        if now["Id"] == self._before.id:
            return Container(self._before.id, self._before.version, runs, self._before.before)
        allowed = self._allowed()
        version = next((version for version in allowed if version.is_image(now["Image"])), None)
        assert version is not None, f"it runs {now['Image']}, and may run versions {[str(one) for one in allowed]}"
        last = self._model.last_update
        source = last[0] if last is not None and last[1] == version else self._before.version
        return Container(now["Id"], version, runs, before=source)

    def _allowed(self) -> Sequence[Version]:
        return [version for version in (self._target, self._model.published) if version.is_good]

    def _require_state(self, now: Json, meanwhile: Meanwhile) -> None:
        if self._may_run_or_not(meanwhile):
            return
        assert now["State"]["Running"] == self._before.runs, f"it is {now['State']['Status']}"

    def _may_run_or_not(self, meanwhile: Meanwhile) -> bool:
        """An engine that boots starts some containers and not others; a stop looks like an interrupted one of ours."""
        if meanwhile is Meanwhile.USER_STOPS:
            return True
        killed = meanwhile is Meanwhile.ENGINE_IS_KILLED
        return meanwhile.is_by_the_engine and not (self._before.runs and self._model.survives_boot(killed=killed))
