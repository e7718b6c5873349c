"""Where is it kept right now: in the file, or in memory until the file can be written again?"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, TypeVar

from updater.model.wording import printable
from updater.state.connection import copy_to_memory, is_damage, transaction
from updater.state.folder import Unusable
from updater.state.opening import begin_anew, new_memory, open_file, read_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from updater.state.opening import StateFile

T = TypeVar("T")

# A disk that was full a moment ago still is, and a lock is waited for: not once for every container of a cycle.
RETRY_SECONDS = 30.0
_MOST_PENDING = 10_000


class Keeping:
    """Holds the file open, or stands in for it; no error of SQLite's or the file system's leaves it.

    The changes that the file did not take are made in a copy in memory, and made in the file as soon as it can be
    written again. Without a folder, and for reading only, there is nothing but memory.
    """

    def __init__(self, folder: Path | None, *, writable: bool) -> None:
        self._lock = threading.RLock()
        self._folder = folder if writable else None
        self._reads_only = folder is not None and not writable
        self._file: StateFile | None = None
        self._memory: sqlite3.Connection | None = None
        self._pending: deque[Callable[[sqlite3.Connection], object]] = deque(maxlen=_MOST_PENDING)
        self._try_again_at = 0.0
        self._warnings: list[str] = []
        self._warned_of_memory = False
        self._problem: str | None = None  # the last one
        self._closed = False
        if folder is None:
            self._warn_of_memory("There is no state folder")
        elif writable:
            self._try_file(folder)
        else:
            self._problem = "It was opened for reading only"
            self._memory = self._snapshot(folder, "cannot be read")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know, each once, in the order in which it came up."""
        with self._lock:
            return tuple(self._warnings)

    @property
    def obstacle(self) -> str | None:
        """Why changes are not in the file, for a person; None where all of them are."""
        with self._lock:
            if self._problem is None or (self._folder is not None and not self._pending):
                return None
            return printable(self._problem)

    @property
    def lasts(self) -> bool:
        """Whether changes are in the file at once; who opened it for reading only has none to lose."""
        with self._lock:
            return self._reads_only or self._file_now() is not None

    def read(self, query: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """The query's answer; `otherwise` where nothing can be read."""
        with self._lock:
            file = self._file_now()
            if file is not None:
                try:
                    return query(file.connection)
                except sqlite3.Error as error:
                    self._fall_back(file, error)
            try:
                return query(self._memory_now())
            except sqlite3.Error:
                return otherwise

    def change(self, change: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Make the change whole, in the file or for the time being in memory; its answer."""
        with self._lock:
            file = self._file_now()
            if file is not None:
                try:
                    with transaction(file.connection):
                        return change(file.connection)
                except sqlite3.Error as error:
                    self._fall_back(file, error)
            return self._change_memory(change, otherwise)

    def warn(self, text: str) -> None:
        """Add a warning, unless it has been given."""
        shown = printable(text)
        with self._lock:
            if shown not in self._warnings:
                self._warnings.append(shown)

    def close(self) -> None:
        """A last attempt to write what is pending, then the end."""
        with self._lock:
            if self._pending and self._folder is not None:
                self._try_file(self._folder)
            self._let_go()
            if self._memory is not None:
                self._memory.close()
                self._memory = None
            self._closed = True

    def _file_now(self) -> StateFile | None:
        if self._closed:
            raise RuntimeError("the store is closed")
        if self._file is not None and not self._file.is_in_place:
            self._let_go()
            self._try_again_at = 0.0
        if self._file is None and self._folder is not None and time.monotonic() >= self._try_again_at:
            self._try_file(self._folder)
        return self._file

    def _memory_now(self) -> sqlite3.Connection:
        if self._memory is None:
            self._memory = new_memory()
        return self._memory

    def _change_memory(self, change: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        memory = self._memory_now()
        try:
            with transaction(memory):
                answer = change(memory)
        except sqlite3.Error:
            return otherwise
        if self._folder is not None:
            self._pending.append(change)
        return answer

    def _try_file(self, folder: Path) -> None:
        try:
            file = open_file(folder)
        except Unusable as problem:
            self._do_without(folder, str(problem))
            return
        for warning in file.warnings:
            self.warn(warning)
        try:
            self._write_pending(file)
        except sqlite3.Error as error:
            file.close()
            self._do_without(folder, str(error))
            return
        self._file = file
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def _write_pending(self, file: StateFile) -> None:
        if not self._pending:
            return
        with transaction(file.connection):
            for change in self._pending:
                change(file.connection)
        self._pending.clear()

    def _do_without(self, folder: Path, problem: str) -> None:
        self._try_again_at = time.monotonic() + RETRY_SECONDS
        self._warn_of_memory(f"{folder} cannot keep the state ({problem})")
        if self._memory is None:
            # What cannot be written can often still be read, and a rejected digest should stay rejected.
            self._memory = self._snapshot(folder)

    def _fall_back(self, file: StateFile, error: sqlite3.Error) -> None:
        """Go on in memory, with all that can still be read of the file."""
        if is_damage(error):
            self._replace(file)
            self._let_go()
            return
        self._try_again_at = time.monotonic() + RETRY_SECONDS
        self._warn_of_memory(f"{file.path} could not be used ({error})")
        try:
            self._memory = copy_to_memory(file.connection)
        except sqlite3.Error:
            self._memory = None
        self._let_go()

    def _replace(self, file: StateFile) -> None:
        try:
            warning = begin_anew(file)
        except Unusable as problem:
            self._do_without(file.path.parent, f"it is damaged; {problem}")
            return
        self._try_again_at = 0.0
        if warning is not None:
            self.warn(warning)

    def _snapshot(self, folder: Path, complaint: str | None = None) -> sqlite3.Connection | None:
        try:
            return read_snapshot(folder)
        except Unusable as problem:
            if complaint is not None:
                self._warn_of_memory(f"The state in {folder} {complaint} ({problem})")
            return None

    def _let_go(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _warn_of_memory(self, problem: str) -> None:
        self._problem = problem
        if not self._warned_of_memory:
            self._warned_of_memory = True
            self.warn(f"{problem}; history, holds and rejected digests are kept in memory only.")
