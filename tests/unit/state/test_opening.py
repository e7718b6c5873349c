"""Does every state of folder and file lead to a store that works, with a warning where one is due?"""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.given import NEW
from tests.unit.state.remembered import NOON, REFERENCE, entry, hold, rejection, skip
from updater.state import folder as folder_module
from updater.state import schema
from updater.state.folder import COMPANIONS, FILE_NAME, folder_lock, is_planted
from updater.state.store import Store, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Python 3.12 warns of a fork beside threads, which other tests may have left; the child touches none of theirs.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

NOBODY = 65534
FOREIGN = b"This is no database. " * 400


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that other users can reach, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made, "updater")


def use(store: Store) -> None:
    """Everything works, whatever is beneath."""
    store.record(entry("used"))
    store.reject(rejection("used"))
    assert len(store.history("used")) == 1
    assert store.last_update("used") is not None
    assert store.all_rejections()["used", REFERENCE] == {NEW}
    assert store.first_seen("used", NEW, NOON) == NOON
    assert len(store.forget("used")) == 1
    store.hold(hold("used"))
    store.skip(skip("used"))
    assert store.release("used", NOON) == (hold("used"), skip("used"))
    store.note_looks(["used"], NOON)
    assert store.looked_at("used") == NOON


def fill(folder: Path, count: int = 1) -> None:
    with open_store(folder) as store:
        for _ in range(count):
            store.record(entry(log_tail="0123456789" * 100))
        store.reject(rejection())
        assert store.warnings == ()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def sole_warning(store: Store) -> str:
    (warning,) = store.warnings
    return warning


class TestRights:
    def test_what_is_made_is_for_us_alone(self, folder: Path, file: Path) -> None:
        previous = os.umask(0)
        try:
            with open_store(folder) as store:
                use(store)
                found = {path.name: mode(path) for path in folder.iterdir()}
        finally:
            os.umask(previous)
        assert mode(folder) == 0o700
        assert found == {FILE_NAME: 0o600, f"{FILE_NAME}-wal": 0o600, f"{FILE_NAME}-shm": 0o600}

    def test_a_folder_that_was_there_keeps_its_mode(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        fill(folder)
        assert mode(folder) == 0o755

    def test_a_file_that_others_can_read_is_taken_from_them(self, folder: Path, file: Path) -> None:
        fill(folder)
        file.chmod(0o644)
        fill(folder)
        assert mode(file) == 0o600

    @pytest.mark.parametrize(
        ("owner", "folder_owner", "planted"),
        [(1000, 0, False), (0, 0, False), (33, 33, False), (33, 0, True), (33, 1000, True)],
    )
    def test_another_users_file_is_not_believed(self, owner: int, folder_owner: int, planted: bool) -> None:
        def owned_by(user: int) -> os.stat_result:
            return os.stat_result((stat.S_IFREG | 0o600, 1, 1, 1, user, 0, 0, 0, 0, 0))

        assert is_planted(owned_by(owner), owned_by(folder_owner), user=1000) is planted

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
    def test_what_root_makes_is_for_whom_the_folder_belongs_to(self, public_folder: Path) -> None:
        """As with `sudo updater hold` before the service of systemd, a user of its own, has written anything."""
        public_folder.mkdir(mode=0o700)
        os.chown(public_folder, NOBODY, NOBODY)
        fill(public_folder)
        assert (public_folder / FILE_NAME).stat().st_uid == NOBODY
        with without_privilege(), open_store(public_folder) as store:
            use(store)
            assert store.warnings == ()


class TestUnusable:
    def test_no_folder(self) -> None:
        with open_store(None) as store:
            use(store)
            assert "kept in memory only" in sole_warning(store)

    @pytest.mark.parametrize("writable", [True, False])
    def test_a_file_in_place_of_the_folder(self, tmp_path: Path, writable: bool) -> None:
        place = tmp_path / "file"
        place.write_text("mine")
        with open_store(place, writable=writable) as store:
            use(store)
            assert len(store.warnings) == (1 if writable else 0)
        assert place.read_text() == "mine"

    @pytest.mark.parametrize("place", ["/proc/updater", "/dev/null/updater", "/proc/self/mem", "/nul\0l"])
    def test_a_folder_that_cannot_be_made(self, place: str) -> None:
        with open_store(Path(place)) as store:
            use(store)
            assert "kept in memory only" in sole_warning(store)

    @pytest.mark.parametrize("suffix", ["", *COMPANIONS])
    @pytest.mark.parametrize("writable", [True, False])
    def test_a_symbolic_link_is_not_followed(self, folder: Path, file: Path, suffix: str, writable: bool) -> None:
        fill(folder)
        elsewhere = folder.parent / "elsewhere"
        if suffix:
            elsewhere.write_bytes(FOREIGN)
        else:
            file.rename(elsewhere)
        before = elsewhere.read_bytes()
        link = file.with_name(file.name + suffix)
        link.symlink_to(elsewhere)
        with open_store(folder, writable=writable) as store:
            use(store)
            assert "symbolic link" in sole_warning(store)
            assert store.history("web") == ()
        assert elsewhere.read_bytes() == before
        assert link.is_symlink()

    def test_a_link_to_nowhere_makes_no_file_there(self, folder: Path, file: Path) -> None:
        folder.mkdir(parents=True)
        file.symlink_to(folder.parent / "nowhere")
        with open_store(folder) as store:
            use(store)
            assert "symbolic link" in sole_warning(store)
        assert not (folder.parent / "nowhere").exists()

    @pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
    def test_what_is_no_plain_file(self, folder: Path, file: Path, make: Callable[[Path], None]) -> None:
        folder.mkdir(parents=True)
        make(file)
        with open_store(folder) as store:
            use(store)
            assert "not a plain file" in sole_warning(store)
        assert file.exists()

    def test_a_linked_folder_is_the_users_choice(self, folder: Path, tmp_path: Path) -> None:
        fill(folder)
        (tmp_path / "link").symlink_to(folder)
        with open_store(tmp_path / "link") as store:
            assert len(store.history("web")) == 1
            assert store.warnings == ()

    def test_another_process_holds_the_lock_for_ever(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder.mkdir(parents=True)
        monkeypatch.setattr(folder_module, "BUSY_SECONDS", 0.1)
        with folder_lock(folder), open_store(folder) as store:
            use(store)
            assert "another process" in sole_warning(store)

    @pytest.mark.parametrize("writable", [True, False])
    def test_a_folder_that_can_only_be_read(self, public_folder: Path, writable: bool) -> None:
        folder, file = public_folder, public_folder / FILE_NAME
        fill(folder)
        file.chmod(0o444)
        folder.chmod(0o555)
        with without_privilege(), open_store(folder, writable=writable) as store:
            assert store.all_rejections() == {("web", REFERENCE): {NEW}}
            assert len(store.history("web")) == 1
            use(store)
            assert len(store.warnings) == (1 if writable else 0)
        assert names(folder) == [FILE_NAME]

    @pytest.mark.parametrize("writable", [True, False])
    def test_a_file_that_cannot_even_be_read(self, public_folder: Path, writable: bool) -> None:
        folder, file = public_folder, public_folder / FILE_NAME
        fill(folder)
        file.chmod(0)
        folder.chmod(0o555)
        with without_privilege(), open_store(folder, writable=writable) as store:
            use(store)
            assert "kept in memory only" in sole_warning(store)


class TestSetAside:
    @pytest.mark.parametrize("content", [FOREIGN, b"hello", b"SQLite format 3\0" + b"\xff" * 5000])
    def test_what_is_no_database(self, folder: Path, file: Path, content: bytes) -> None:
        folder.mkdir(parents=True)
        file.write_bytes(content)
        with open_store(folder) as store:
            use(store)
            assert "set aside as updater.db.corrupt-" in sole_warning(store)
        (aside,) = folder.glob("updater.db.corrupt-*Z")
        assert aside.read_bytes() == content
        fill(folder)

    @pytest.mark.parametrize("damage", ["middle", "end", "header"])
    def test_a_damaged_database(self, folder: Path, file: Path, damage: str) -> None:
        fill(folder, count=50)
        spoil(file, damage)
        before = file.read_bytes()
        with open_store(folder) as store:
            use(store)
            assert "is damaged" in sole_warning(store)
        (aside,) = folder.glob("updater.db.corrupt-*Z")
        assert aside.read_bytes() == before

    def test_somebody_elses_database(self, folder: Path, file: Path) -> None:
        folder.mkdir(parents=True)
        with closing(sqlite3.connect(file)) as other:
            other.execute("CREATE TABLE theirs (a)")
            other.commit()
        with open_store(folder) as store:
            use(store)
            assert "not a state file" in sole_warning(store)

    def test_a_table_is_missing(self, folder: Path, file: Path) -> None:
        fill(folder)
        with closing(sqlite3.connect(file)) as other:
            other.execute("DROP TABLE rejections")
        with open_store(folder) as store:
            use(store)
            assert "not a state file" in sole_warning(store)

    def test_a_newer_version(self, folder: Path, file: Path) -> None:
        fill(folder)
        with closing(sqlite3.connect(file)) as other:
            other.execute("PRAGMA user_version = 7")
        with open_store(folder) as store:
            use(store)
            assert "newer version" in sole_warning(store)
        (aside,) = folder.glob("updater.db.future-7-*Z")
        with closing(sqlite3.connect(aside)) as other:
            assert other.execute("SELECT count(*) FROM history").fetchone() == (1,)

    def test_nothing_set_aside_is_overwritten(self, folder: Path, file: Path) -> None:
        folder.mkdir(parents=True)
        for number in range(4):
            file.write_bytes(FOREIGN + bytes([number]))
            open_store(folder).close()
        found = {path.read_bytes()[-1] for path in folder.iterdir() if path.read_bytes().startswith(FOREIGN)}
        assert found == {0, 1, 2, 3}

    def test_the_companions_go_with_it(self, folder: Path, file: Path) -> None:
        folder.mkdir(parents=True)
        file.write_bytes(FOREIGN)
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).write_text(suffix)
        with open_store(folder) as store:
            use(store)
        (aside,) = folder.glob("updater.db.corrupt-*Z")
        assert aside.with_name(aside.name + "-shm").exists()  # only an index, which SQLite writes anew
        assert aside.with_name(aside.name + "-wal").read_text() == "-wal"

    def test_a_log_without_its_database_is_not_played_into_a_new_one(self, folder: Path, file: Path) -> None:
        # As when this program dies in the middle of setting a file aside.
        log = file.with_name(file.name + "-wal")
        with open_store(folder) as store:
            store.record(entry())
            kept = log.read_bytes()
        file.unlink()
        log.write_bytes(kept)
        with open_store(folder) as store:
            assert store.history() == ()
            use(store)
        (aside,) = folder.glob("updater.db.corrupt-*-wal")
        assert aside.read_bytes() == kept

    def test_damage_that_comes_up_in_use(self, folder: Path, file: Path) -> None:
        fill(folder, count=50)
        with open_store(folder) as store:
            spoil_in_use(file)
            store.history()
            use(store)
            assert "is damaged; it was set aside" in sole_warning(store)
        with open_store(folder) as store:
            assert len(store.history("used")) == 1
            assert store.warnings == ()

    def test_others_who_have_it_open_move_to_the_new_one(self, folder: Path, file: Path) -> None:
        fill(folder, count=50)
        with open_store(folder) as first:
            with open_store(folder) as second:
                spoil_in_use(file)
                first.history()
                first.record(entry("first"))
                second.record(entry("second"))
                assert [found.name for found in first.history()] == ["second", "first"]
            first.record(entry("third"))
            assert len(first.history()) == 3
        with open_store(folder) as store:
            assert len(store.history()) == 3
        with closing(sqlite3.connect(file)) as other:
            assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert len(list(folder.glob("updater.db.corrupt-*Z"))) == 1


class TestReadOnly:
    def test_nothing_is_made(self, folder: Path) -> None:
        with open_store(folder, writable=False) as store:
            use(store)
            assert store.warnings == ()
        assert not folder.parent.exists()
        folder.mkdir(parents=True)
        with open_store(folder, writable=False) as store:
            use(store)
        assert names(folder) == []

    def test_what_is_there_is_read_and_stays(self, folder: Path, file: Path) -> None:
        fill(folder)
        before, touched = file.read_bytes(), file.stat().st_mtime_ns
        with open_store(folder, writable=False) as store:
            assert len(store.history()) == 1
            assert len(store.forget("web")) == 1
            use(store)
        assert (file.read_bytes(), file.stat().st_mtime_ns) == (before, touched)
        assert names(folder) == [FILE_NAME]

    def test_it_sees_what_a_writer_at_work_has_written(self, store: Store, folder: Path) -> None:
        store.record(entry())
        with open_store(folder, writable=False) as reader:
            assert len(reader.history()) == 1
        store.record(entry())
        assert len(store.history()) == 2

    @pytest.mark.parametrize("version", [None, 7])
    def test_what_cannot_be_used_is_left_where_it_is(self, folder: Path, file: Path, version: int | None) -> None:
        fill(folder, count=50)
        if version is None:
            spoil(file, "middle")
        else:
            with closing(sqlite3.connect(file)) as other:
                other.execute(f"PRAGMA user_version = {version}")
        before = file.read_bytes()
        with open_store(folder, writable=False) as store:
            use(store)
            assert "cannot be read" in sole_warning(store)
        assert names(folder) == [FILE_NAME]
        assert file.read_bytes() == before


class TestVersions:
    @pytest.fixture
    def newer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        further = ("ALTER TABLE rejections ADD COLUMN by_whom TEXT", "CREATE TABLE further (a)")
        monkeypatch.setattr("updater.state.schema.MIGRATIONS", (*schema.MIGRATIONS, further))
        monkeypatch.setattr("updater.state.opening.MIGRATIONS", (*schema.MIGRATIONS, further))

    @pytest.mark.parametrize("writable", [True, False])
    def test_an_earlier_file_is_brought_up_to_date(
        self, folder: Path, request: pytest.FixtureRequest, writable: bool
    ) -> None:
        fill(folder)
        request.getfixturevalue("newer")
        with open_store(folder, writable=writable) as store:
            assert store.rejections("web") == (rejection(),)
            use(store)
            assert store.warnings == ()

    def test_a_migration_that_fails_leaves_the_file_as_it_was(
        self, folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(folder)
        broken = ("CREATE TABLE further (a)", "CREATE TABLE further (a)")
        monkeypatch.setattr("updater.state.schema.MIGRATIONS", (*schema.MIGRATIONS, broken))
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            before = list(other.iterdump())
            with pytest.raises(sqlite3.OperationalError):
                schema.migrate(other)
            assert list(other.iterdump()) == before
            assert schema.version_of(other) == len(schema.MIGRATIONS) - 1


def spoil(file: Path, where: str) -> None:
    size = file.stat().st_size
    with file.open("r+b") as opened:
        if where == "end":
            opened.truncate(size - 3 * 4096)
        elif where == "header":
            opened.write(b"\xff" * 200)
        else:
            opened.seek(4096)
            opened.write(b"\xff" * (size - 2 * 4096))


def spoil_in_use(file: Path) -> None:
    """From another process: closing the file in this one would end the locks of the store that has it open."""
    child = os.fork()
    if child == 0:
        spoil(file, "middle")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


@contextmanager
def without_privilege() -> Iterator[None]:
    """As a user for whom a folder that cannot be written is one: root may write anywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
