"""Is everything in order that a cycle needs? One function for each thing that `updater doctor` looks at.

Nothing is changed; a registry is asked for one tag that a container follows, and for the root of its API.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from updater.errors import EngineDenied, ImageNotFound, RegistryError, RegistryPaused
from updater.itself import lookalikes, own_container
from updater.model.finding import Finding, Health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from updater.engine.docker_engine import DockerEngine
    from updater.errors import UpdaterError
    from updater.model.consideration import Consideration
    from updater.model.container import ContainerSnapshot, Inventory
    from updater.model.reference import ImageReference
    from updater.policy.selection import Selection
    from updater.policy.terms import Request
    from updater.registry.client import RegistryClient
    from updater.registry.greeting import Greeting

# Seconds by which two clocks may differ before times in reports and tokens stop making sense.
_CLOCK_TOLERANCE = 30.0
_OLDEST_GOOD_YEAR = 2025
_SHOWN = 10  # names in one sentence
_AT_ONCE = 16  # registries


def engine_findings(engine: DockerEngine) -> Iterator[Finding]:
    """Which engine answers, and what of an update it lets us do. Raises EngineUnreachable."""
    info = engine.info
    yield Finding(
        "engine", Health.OK, f"{info.name} {info.version} answers, spoken to in API version {info.api_version}."
    )
    denied = engine.denied()
    if denied:
        message = f"It, or the proxy in front of it, does not let us {', '.join(denied)}: enough for `check` only."
        yield Finding("rights", Health.WARNING, message)
    else:
        yield Finding("rights", Health.OK, "It lets us do all that an update takes.")


def hook_findings(engine: DockerEngine, considered: Sequence[Consideration]) -> Iterator[Finding]:
    """Whether the hooks that there are can be run; nothing is run for that."""
    having = sorted(one.container.name for one in considered if one.objection is None and _has_hook(one))
    if not having:
        return
    if engine.may_execute():
        yield Finding(
            "hooks", Health.OK, f"It lets us run commands in containers, as the hooks of {_few(having)} need."
        )
    else:
        message = (
            f"It, or the proxy in front of it, does not let us run commands in containers: {_few(having)} would not be"
            " updated, or without their hooks. Allow `exec` there, or take the hooks away."
        )
        yield Finding("hooks", Health.WARNING, message)


def _has_hook(one: Consideration) -> bool:
    return one.terms.hook_pre_update is not None or one.terms.hook_post_update is not None


def names_finding(containers: Sequence[ContainerSnapshot], request: Request) -> Finding | None:
    """Whether what the settings name is there; None where they name nothing. Often a typing error, if it is not."""
    named = [
        *(("containers", entry.pattern, _by_name(entry.pattern)) for entry in request.entries),
        *_selected("include", request.include),
        *_selected("exclude", request.exclude),
    ]
    if not named:
        return None
    missing = [f"{one} ({where})" for where, one, is_meant in named if not any(map(is_meant, containers))]
    if missing:
        message = f"No container here is what these mean: {_few(missing)}. Are they spelled right?"
        return Finding("names", Health.WARNING, message)
    return Finding("names", Health.OK, "All that the settings name is there.")


def _selected(
    where: str, selection: Selection | None
) -> Iterator[tuple[str, str, Callable[[ContainerSnapshot], bool]]]:
    for part in selection.parts() if selection is not None else ():
        yield where, str(part), part.matches


def _by_name(pattern: str) -> Callable[[ContainerSnapshot], bool]:
    return lambda container: fnmatchcase(container.name, pattern)


def _few(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def clock_finding(engine: DockerEngine | None) -> Finding:
    """Whether our clock can be right: next to the engine's, where it tells."""
    now = datetime.now(UTC)
    shown = f"{now.astimezone():%Y-%m-%d %H:%M %Z}"
    if now.year < _OLDEST_GOOD_YEAR:
        return Finding("clock", Health.FAILED, f"It says {shown}, which cannot be; set it, or no certificate is valid.")
    try:
        theirs = engine.clock() if engine is not None else None
    except EngineDenied:
        theirs = None
    if theirs is None or theirs.tzinfo is None:
        return Finding("clock", Health.OK, f"It says {shown}; the engine's was not to be had for comparison.")
    difference = abs((theirs - now).total_seconds())
    if difference > _CLOCK_TOLERANCE:
        message = f"It says {shown}, {difference:.0f} s off the engine's; let both follow a time server."
        return Finding("clock", Health.WARNING, message)
    return Finding("clock", Health.OK, f"It says {shown}, as the engine's does.")


def state_finding(folder: Path | None, warnings: Sequence[str]) -> Finding:
    """Whether what is remembered outlives this process."""
    if folder is None:
        message = "There is no folder for it: history and rejected digests are lost at the end. Set state_dir."
        return Finding("state", Health.WARNING, message)
    if warnings:
        return Finding("state", Health.WARNING, " ".join(warnings))
    # A link that leads nowhere is there, and no folder can be made in its place.
    nearest = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        message = f"{folder} cannot be written to: history and rejected digests are lost at the end. Set state_dir."
        return Finding("state", Health.WARNING, message)
    kept = "History and rejected digests are kept in" if folder.exists() else "The first run is going to make"
    return Finding("state", Health.OK, f"{kept} {folder}.")


def itself_finding(inventory: Inventory, engine: DockerEngine) -> Finding:
    """In which container this program runs."""
    own = own_container(inventory.containers)
    container = next((container for container in inventory.containers if container.id == own), None)
    if container is None:
        if alike := sorted(one.name for one in lookalikes(inventory.containers, engine.find_container)):
            message = (
                f"It runs in a container, and nothing but the host name tells in which, which {_few(alike)} bears:"
                " whatever has that name is not updated. Start the updater without a host name of its own."
            )
            return Finding("itself", Health.WARNING, message)
        return Finding("itself", Health.OK, "It runs outside of this engine's containers.")
    return Finding("itself", Health.OK, f"It runs in the container {container.name} ({container.id[:12]}).")


def registry_findings(
    registry: RegistryClient, references: Iterable[ImageReference], configured: Iterable[str]
) -> Iterator[Finding]:
    """How each registry answers that containers come from, or that is configured."""
    samples: dict[str, ImageReference | None] = dict.fromkeys(configured)
    for reference in references:
        samples[reference.registry] = samples.get(reference.registry) or reference
    registry.begin_cycle([sample for sample in samples.values() if sample is not None])
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="registry") as pool:
        yield from pool.map(lambda host: _registry_finding(registry, host, samples[host]), sorted(samples))


def _registry_finding(registry: RegistryClient, host: str, sample: ImageReference | None) -> Finding:
    try:
        if sample is not None:
            # Limits are told with manifests, and a login may be good for the root and for nothing else.
            with suppress(ImageNotFound):  # one image that is gone says nothing of the registry
                registry.published(sample)
        greeting = registry.greet(host)
    except RegistryError as error:
        health = Health.WARNING if isinstance(error, RegistryPaused) else Health.FAILED
        return replace(failure("registry", error), health=health, about=host)
    health = Health.WARNING if greeting.trouble else Health.OK
    return Finding("registry", health, " ".join(_sentences(greeting)), host)


def _sentences(greeting: Greeting) -> Iterator[str]:
    wants = f"wants {greeting.scheme.capitalize()} authentication" if greeting.scheme else "lets everybody ask"
    yield f"It answers at {greeting.origin} and {wants}."
    if greeting.trouble:
        yield f"{greeting.trouble[:1].upper()}{greeting.trouble[1:]}."
    elif not greeting.has_credentials:
        yield "There are no credentials for it."
    elif greeting.scheme is None:
        yield "There are credentials for it, which it did not ask for."
    else:
        yield f"It takes the credentials of {greeting.username}." if greeting.username else "It takes our token."
    if (quota := greeting.quota) is not None:
        of = f" of {quota.limit}" if quota.limit is not None else ""
        within = f" within {quota.window_seconds / 3600:g} h" if quota.window_seconds else ""
        yield f"Its limit: {quota.remaining}{of} requests are left{within}."


def failure(subject: str, error: UpdaterError) -> Finding:
    """That something cannot be spoken to at all."""
    message = f"{str(error)[:1].upper()}{str(error)[1:]}"
    return Finding(subject, Health.FAILED, message if message.endswith((".", "?")) else f"{message}.")
