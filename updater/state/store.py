"""What do we remember? Past operations, what was rejected or is held back, when a digest was first seen."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

from updater.model.digest import Digest
from updater.state import queries
from updater.state.keeping import Keeping
from updater.state.rows import read_entry, read_hold, read_rejection, read_skip, read_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import TypeVar

    from updater.model.history import HistoryEntry, Rejection
    from updater.model.hold import Hold, Skip

    Value = TypeVar("Value")


def open_store(folder: Path | None, *, writable: bool = True) -> Store:
    """Open the folder's memory, and make it where there is none; without a usable folder it is in this process only.

    With `writable=False` no file is created or changed, and what is remembered lasts as long as the store.
    """
    return Store(Keeping(folder, writable=writable))


class Store:
    """The memory, open. No method fails for want of a disk, a right or a sound file; `warnings` says what was wrong.

    Threads may share it; processes each open their own on the same folder.
    """

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._opened_at = datetime.now(UTC)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know, one sentence each; more may come while the store is in use."""
        return self._keeping.warnings

    @property
    def obstacle(self) -> str | None:
        """Why something that was to be remembered will be lost; None where all of it is in the file.

        It has the last word once the store is closed, which is a last attempt to write.
        """
        return self._keeping.obstacle

    @property
    def forgets_since(self) -> datetime | None:
        """Since when what is remembered is lost with this process; None where it is kept in the folder."""
        return None if self._keeping.lasts else self._opened_at

    def close(self) -> None:
        """Write what is still to be written, as far as possible. Closing twice is well."""
        self._keeping.close()

    def record(self, entry: HistoryEntry) -> None:
        """Add to the history. The entry's own id is not used."""
        self._keeping.change(lambda connection: queries.add_entry(connection, entry), None)

    def history(self, name: str | None = None, limit: int | None = None) -> tuple[HistoryEntry, ...]:
        """Newest first, in the order in which they were recorded: clocks jump."""
        rows = self._rows(lambda connection: queries.entries(connection, name, limit))
        return self._understood(rows, read_entry)

    def last_update(self, name: str) -> HistoryEntry | None:
        """The newest update of this container that went well."""
        rows = self._rows(lambda connection: queries.updates(connection, name))
        return next(iter(self._understood(rows, read_entry)), None)

    def reject(self, rejection: Rejection) -> None:
        """Remember that this digest is not to be tried again in this container."""
        self._keeping.change(lambda connection: queries.add_rejection(connection, rejection), None)

    def rejections(self, name: str) -> tuple[Rejection, ...]:
        """What this container has rejected, the oldest first."""
        rows = self._rows(lambda connection: queries.rejections(connection, name))
        return self._understood(rows, read_rejection)

    def all_rejections(self) -> Mapping[tuple[str, str], frozenset[Digest]]:
        """The digests that each container has rejected of each reference (in canonical text)."""
        found: dict[tuple[str, str], set[Digest]] = {}
        for row in self._rows(queries.all_rejections):
            found.setdefault((row["name"], row["reference"]), set()).add(Digest(row["digest"]))
        return MappingProxyType({key: frozenset(digests) for key, digests in found.items()})

    def withdraw(self, name: str, digest: Digest) -> None:
        """Let this container try this digest again."""
        self._keeping.change(lambda connection: queries.withdraw(connection, name, digest), None)

    def forget(self, name: str) -> tuple[Rejection, ...]:
        """Let this container try again what it has rejected; what that was."""
        nothing: list[sqlite3.Row] = []
        rows = self._keeping.change(lambda connection: queries.forget(connection, name), nothing)
        return self._understood(rows, read_rejection)

    def hold(self, hold: Hold) -> None:
        """Hold this container; a hold that it was under before is over."""
        self._keeping.change(lambda connection: queries.add_hold(connection, hold), None)

    def holds_of(self, name: str, now: datetime) -> Hold | None:
        """The hold that this container is under; one that has ended counts as none."""
        rows = self._rows(lambda connection: queries.holds(connection, name, now))
        return next(iter(self._understood(rows, read_hold)), None)

    def all_holds(self, now: datetime) -> tuple[Hold, ...]:
        """Those of all containers that have not ended, by name."""
        return self._understood(self._rows(lambda connection: queries.holds(connection, None, now)), read_hold)

    def skip(self, skip: Skip) -> None:
        """Remember that this container is not to be put onto this digest."""
        self._keeping.change(lambda connection: queries.add_skip(connection, skip), None)

    def skips_of(self, name: str) -> tuple[Skip, ...]:
        """What is left out for this container, the oldest first."""
        return self._understood(self._rows(lambda connection: queries.skips(connection, name)), read_skip)

    def release(self, name: str, now: datetime) -> tuple[Hold | Skip, ...]:
        """End what holds this container or leaves something out for it; what that was. What had ended is not told."""
        nothing: tuple[list[sqlite3.Row], list[sqlite3.Row]] = ([], [])
        holds, skips = self._keeping.change(lambda connection: queries.release(connection, name, now), nothing)
        return (*self._understood(holds, read_hold), *self._understood(skips, read_skip))

    def note_looks(self, names: Iterable[str], at: datetime) -> None:
        """Remember that a run that began then came to its end for these containers."""
        if ended := frozenset(names):
            self._keeping.change(lambda connection: queries.note_looks(connection, ended, at), None)

    def looked_at(self, name: str) -> datetime | None:
        """When the last run began that came to its end for this container; None where none is known of."""
        return _time(self._keeping.read(lambda connection: queries.looked_at(connection, name), None))

    def see(self, seen: Iterable[tuple[str, Digest]], now: datetime) -> None:
        """Remember of these digests, each with its reference in canonical text, that they are seen now.

        Costs one look where all of them have been seen before, and one change where some have not.
        """
        seen = list(seen)
        new = self._keeping.read(lambda connection: queries.not_seen_before(connection, seen, now), seen)
        if new:
            self._keeping.change(lambda connection: queries.see(connection, new, now), None)

    def first_seen(self, reference: str, digest: Digest, now: datetime) -> datetime:
        """When this digest of the reference (in canonical text) was first seen: now, unless it was before."""
        self.see([(reference, digest)], now)
        return _time(self._keeping.read(lambda connection: queries.seen_at(connection, reference, digest), None)) or now

    def digests_seen(self, reference: str) -> Mapping[Digest, datetime]:
        """When each digest of the reference (in canonical text) was first seen.

        In the order in which they were, which need not be that of the times: clocks jump.
        """
        rows = self._rows(lambda connection: queries.seen(connection, reference))
        times = {Digest(row["digest"]): _time(row["at"]) for row in rows}
        return MappingProxyType({digest: at for digest, at in times.items() if at is not None})

    def open_registries(self) -> frozenset[str]:
        """The origins of the registries that wanted nothing of anybody when they were last asked."""
        return frozenset(str(row["origin"]) for row in self._rows(queries.open_registries))

    def note_openness(self, openness: Mapping[str, bool]) -> None:
        """Remember of these origins whether anybody may ask them. Costs a look, and a change where something did."""
        known = self.open_registries()
        changed = {origin: is_open for origin, is_open in openness.items() if is_open is not (origin in known)}
        if changed:
            self._keeping.change(lambda connection: queries.note_openness(connection, changed), None)

    def _rows(self, query: Callable[[sqlite3.Connection], list[sqlite3.Row]]) -> list[sqlite3.Row]:
        return self._keeping.read(query, [])

    def _understood(self, rows: list[sqlite3.Row], read: Callable[[sqlite3.Row], Value | None]) -> tuple[Value, ...]:
        values = tuple(value for value in map(read, rows) if value is not None)
        if len(values) < len(rows):
            self._keeping.warn(
                "Some of what was remembered makes no sense to this version of the program; it is left out."
            )
        return values


def _time(text: str | None) -> datetime | None:
    """None also for what is no time."""
    try:
        return read_time(text) if text is not None else None
    except ValueError:
        return None
