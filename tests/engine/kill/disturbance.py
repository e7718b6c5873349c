"""What happens to an update on its way to the engine? Each disturbance sees every call before and after."""

from __future__ import annotations

import re
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING, Protocol

from rig.recording import HangUp
from tests.engine.kill.moments import Moment, When, changes, described

if TYPE_CHECKING:
    from collections.abc import Callable

    from rig.engine import PrivateEngine
    from rig.recording import Request
    from tests.engine.kill.execution import Subject

_SOON_SECONDS = 0.05
_AWAY_SECONDS = 1.0


class Disturbance(Protocol):
    """May hang up on the updater; what it returns is what a hook of the recording returns."""

    def before(self, request: Request) -> HangUp | None: ...
    def after(self, request: Request, status: int) -> HangUp | None: ...


class Trigger:
    """Does something once, when its moment has come. What was done is heard of by nobody: the line is cut."""

    def __init__(
        self, moment: Moment, action: Callable[[], None], wait_for_it: Callable[[], None] = lambda: None
    ) -> None:
        self.struck: str | None = None
        """At which call; None if the moment never came."""
        self._moment = moment
        self._action = action
        self._wait_for_it = wait_for_it
        self._lock = threading.Lock()
        self._changes = 0
        self._looks = 0
        self._number: int | None = None

    def before(self, request: Request) -> HangUp | None:
        with self._lock:
            self._count(request)
            come = self.struck is None and (self._changes, self._looks) == (self._moment.change, self._moment.look)
            if not come:
                return None
            self.struck = f"{self._moment.when} {described(request)}"
            self._number = request.number
        if self._moment.when is When.AFTER:
            return None
        self._action()
        return HangUp() if self._moment.when is When.BEFORE else None

    def after(self, request: Request, status: int) -> HangUp | None:
        if request.number != self._number or self._moment.when is When.BEFORE:
            return None
        if self._moment.when is When.AFTER:
            self._action()
        else:  # the call was over sooner than thought: it must not be followed by another one
            self._wait_for_it()
        return HangUp()

    def _count(self, request: Request) -> None:
        if changes(request):
            self._changes += 1
            self._looks = 0
        else:
            self._looks += 1


class EngineDeath:
    """The engine is killed, and whoever looks after services starts it again a second later."""

    def __init__(self, engine: PrivateEngine) -> None:
        self._engine = engine
        self._return: threading.Thread | None = None
        self._dead = threading.Event()

    def strike(self) -> None:
        """Return when it is dead."""
        self._engine.kill()
        self._begin(self._come_back)

    def strike_soon(self) -> None:
        """Let it begin with what it was told, and kill it in the middle."""
        self._begin(self._die_and_come_back)

    def wait_until_dead(self) -> None:
        """Return when what `strike_soon` announced has happened."""
        self._dead.wait()

    def wait_until_back(self) -> None:
        """Return when it answers again."""
        if self._return is not None:
            self._return.join()
        if not self._engine.running:
            self._engine.start()

    def _begin(self, what: Callable[[], None]) -> None:
        self._return = threading.Thread(target=what, name="engine")
        self._return.start()

    def _die_and_come_back(self) -> None:
        time.sleep(_SOON_SECONDS)
        self._engine.kill()
        self._dead.set()
        self._come_back()

    def _come_back(self) -> None:
        time.sleep(_AWAY_SECONDS)
        self._engine.start()


class PortTaker:
    """Somebody has the port whenever another container than the old one is to be started."""

    def __init__(self, subject: Subject, port: int) -> None:
        self._subject = subject
        self._port = port
        self._taken: socket.socket | None = None

    def before(self, request: Request) -> HangUp | None:
        if self._concerns(request):
            self._taken = socket.create_server(("127.0.0.1", self._port))
        return None

    def after(self, request: Request, status: int) -> HangUp | None:
        if self._taken is not None and self._concerns(request):
            self._taken.close()
            self._taken = None
        return None

    def _concerns(self, request: Request) -> bool:
        started = re.search(r"/containers/([0-9a-f]+)/start$", request.path)
        return started is not None and started[1] != self._subject.old_id


class Impatience:
    """The user presses Ctrl-C while the new container is to prove itself; recovery is let alone."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._started = False
        self._pressed = False

    def before(self, request: Request) -> HangUp | None:
        if self._started and not self._pressed and self._subject.command == "run":
            self._pressed = True
            self._subject.send(signal.SIGINT)
        return None

    def after(self, request: Request, status: int) -> HangUp | None:
        self._started = self._started or request.path.endswith("/start")
        return None
