"""With which signal is the old container stopped, and how does it stay down?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.model.signals import signal_number

if TYPE_CHECKING:
    from updater.recreator.recreation import Recreation

_HELD_DOWN = {"Name": "unless-stopped"}


def stop_old(recreation: Recreation) -> None:
    """Stop the old container, with the signal that its user wants. Raises EngineError.

    Under another policy, one that comes back after that signal is held down first. Not by `no`: should this program
    never be heard of again, the container still starts with the machine.
    """
    old, terms = recreation.old, recreation.plan.terms
    if comes_back_after_signal(recreation):
        recreation.engine.set_restart_policy(old["Id"], _HELD_DOWN)
    recreation.engine.stop(old["Id"], terms.stop_timeout, old["Config"].get("StopTimeout"), terms.stop_signal)


def comes_back_after_signal(recreation: Recreation) -> bool:
    """Whether the engine would start it again once it ended on that signal.

    Seen on 20.10: a kill with a signal ends the restarts of a container that names no stop signal, or this one. Else
    `always` starts it again, and `on-failure` does after a code other than 0; `unless-stopped` does not.
    """
    own, wanted = recreation.old["Config"].get("StopSignal"), recreation.plan.terms.stop_signal
    if wanted is None or not own or signal_number(own) == signal_number(wanted):
        return False
    return recreation.restarts_after_exit
