"""How are many points run side by side? Each worker has an engine of its own: a recovery recovers all it finds."""

from __future__ import annotations

import os
import threading
import traceback
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

from rig import open_rig
from rig.host import Host
from tests.conftest import _other_engine
from tests.engine.kill.nursery import Nursery
from tests.engine.kill.points import PointFailed, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from rig import Rig

    S = TypeVar("S")
    Task = Callable[[S], "Verdict | Sequence[Task[S]]"]
    SetUp = Callable[[Host, Nursery], S]

# Most of a point is waiting: so many keep two processors busy, and more have more containers, not more processors.
COUNT = min(os.cpu_count() or 1, 3) + 3


class _Agenda:
    """What is left to be done; a task may add others."""

    def __init__(self, tasks: Sequence[Task[Any]]) -> None:
        self._tasks = deque(tasks)
        self._begun = 0
        self._changed = threading.Condition()
        self.verdicts: list[Verdict] = []

    def __iter__(self) -> Iterator[Task[Any]]:
        while (task := self._next()) is not None:
            yield task

    def done(self, result: Verdict | Sequence[Task[Any]]) -> None:
        with self._changed:
            self._begun -= 1
            if isinstance(result, Verdict):
                self.verdicts.append(result)
            else:
                self._tasks.extend(result)
            self._changed.notify_all()

    def _next(self) -> Task[Any] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._tasks or not self._begun)
            if not self._tasks:
                return None
            self._begun += 1
            return self._tasks.popleft()


class Workers:
    """Several engines with their registries, open for a whole test module."""

    def __init__(self, places: Sequence[tuple[Rig, Nursery]]) -> None:
        self._places = places

    def run(self, set_up: SetUp[S], directory: Path, *tasks: Task[S]) -> list[Verdict]:
        """Do these tasks, and those they give back in turn, each on any of the engines, on a stage set up there."""
        agenda = _Agenda(tasks)
        with ThreadPoolExecutor(len(self._places)) as threads:
            working = [
                threads.submit(_work, rig, nursery, directory / f"kill{number}", set_up, agenda)
                for number, (rig, nursery) in enumerate(self._places)
            ]
        for one in working:
            one.result()
        return agenda.verdicts


def _work(rig: Rig, nursery: Nursery, directory: Path, set_up: SetUp[S], agenda: _Agenda) -> None:
    directory.mkdir()
    with rig.network(), Host(rig, directory.name, directory) as host:
        stage = set_up(host, nursery)
        for task in agenda:
            agenda.done(_done(task, stage))


def _done(task: Task[S], stage: S) -> Verdict | Sequence[Task[S]]:
    """One point that cannot be run must not keep the others from it."""
    try:
        return task(stage)
    except PointFailed as failure:
        return Verdict("not run", (str(failure),))
    except Exception:  # noqa: BLE001 - whatever it is, it is this point's failure
        return Verdict("not run", (traceback.format_exc(),))


@contextmanager
def open_workers(**config: object) -> Iterator[Workers]:
    """Start the engines, with this in their daemon.json, and end them."""
    other = _other_engine()
    other["config"] = {**other["config"], **config}
    with ExitStack() as stack:
        yield Workers([_place(stack, stack.enter_context(open_rig(**other))) for _ in range(COUNT)])


def _place(stack: ExitStack, rig: Rig) -> tuple[Rig, Nursery]:
    with rig.network():
        return rig, stack.enter_context(Nursery())
