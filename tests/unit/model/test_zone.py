"""Which zone is meant, and what its clock shows around a change."""

from __future__ import annotations

import shutil
import zoneinfo
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

import pytest
from hypothesis import given

from tests.unit.model.clocks import APIA, BERLIN, LORD_HOWE, moments, shown, zones
from updater.model.zone import civil_time, first_moment, gone_by, last_moment, parse_zone, system_zone


@pytest.mark.parametrize("text", ["Europe/Berlin", "UTC", " America/New_York ", "Etc/GMT+5"])
def test_zones(text: str) -> None:
    assert parse_zone(text).key == text.strip()


@pytest.mark.parametrize(
    "text",
    ["", "Mars/Olympus", "Europe", "europe/berlin", "/etc/passwd", "../zone", "\0", "\ud800", "a" * 5000, "zone.tab"],
)
def test_no_zones(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time zone; one is for example 'Europe/Berlin'"):
        parse_zone(text)


def test_zones_of_a_slim_container() -> None:
    """It has no zone files; those of the package are taken."""
    ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath(to=())
    try:
        assert shown(datetime(2026, 7, 1, tzinfo=UTC), "Europe/Berlin") == "01 02:00 +0200"
        assert parse_zone("Europe/Berlin").key == "Europe/Berlin"
        with pytest.raises(ValueError, match="is not a time zone"):
            parse_zone("Europe")
    finally:
        zoneinfo.reset_tzpath()
        ZoneInfo.clear_cache()


def compiled(key: str) -> Path:
    """A file of the tz database, of the system or of the package."""
    folders = [Path(folder) for folder in TZPATH] + [Path(str(files("tzdata"))) / "zoneinfo"]
    return next(path for folder in folders if (path := folder / key).is_file())


@pytest.mark.parametrize(
    ("variable", "key"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":Europe/Berlin", "Europe/Berlin"),
        ("", "Asia/Kathmandu"),
        (" ", "Asia/Kathmandu"),
        (None, "Asia/Kathmandu"),
    ],
)
def test_the_variable_wins_over_the_link(tmp_path: Path, variable: str | None, key: str) -> None:
    localtime = tmp_path / "localtime"
    localtime.symlink_to(compiled("Asia/Kathmandu"))
    assert system_zone({} if variable is None else {"TZ": variable}, localtime).key == key


def test_a_variable_may_name_a_file(tmp_path: Path) -> None:
    assert system_zone({"TZ": f":{compiled('Europe/Berlin')}"}, tmp_path / "none").key == "Europe/Berlin"


@pytest.mark.parametrize("variable", ["Mars/Olympus", "/nowhere"])
def test_a_bad_variable_is_told(tmp_path: Path, variable: str) -> None:
    with pytest.raises(ValueError, match=f"'{variable}' is not a time zone"):
        system_zone({"TZ": variable}, tmp_path / "none")


def test_a_copy_without_a_name_is_read(tmp_path: Path) -> None:
    localtime = tmp_path / "localtime"
    shutil.copy(compiled("Asia/Kathmandu"), localtime)
    zone = system_zone({}, localtime)
    assert (zone.key, str(zone.utcoffset(datetime(2026, 1, 1)))) == (str(localtime), "5:45:00")


@pytest.mark.parametrize("kind", ["missing", "folder", "garbage", "circle"])
def test_utc_is_the_end(tmp_path: Path, kind: str) -> None:
    localtime = tmp_path / "localtime"
    match kind:
        case "folder":
            localtime.mkdir()
        case "garbage":
            localtime.write_bytes(b"garbage")
        case "circle":
            localtime.symlink_to(localtime)
    assert system_zone({}, localtime).key == "UTC"


@pytest.mark.parametrize(
    ("zone", "civil", "first", "last", "gone"),
    [
        (BERLIN, "2026-03-29T01:59", "29 01:59 +0100", "29 01:59 +0100", "29 01:59 +0100"),
        (BERLIN, "2026-03-29T02:00", "29 03:00 +0200", "29 03:00 +0200", "29 03:00 +0200"),
        (BERLIN, "2026-03-29T02:59", "29 03:00 +0200", "29 03:00 +0200", "29 03:00 +0200"),
        (BERLIN, "2026-03-29T03:00", "29 03:00 +0200", "29 03:00 +0200", "29 03:00 +0200"),
        (BERLIN, "2026-10-25T02:00", "25 02:00 +0200", "25 02:00 +0100", "25 02:00 +0200"),
        (BERLIN, "2026-10-25T02:01", "25 02:01 +0200", "25 02:01 +0100", "25 02:01 +0100"),
        (BERLIN, "2026-10-25T03:00", "25 03:00 +0100", "25 03:00 +0100", "25 03:00 +0100"),
        (LORD_HOWE, "2026-10-04T02:29", "04 02:30 +1100", "04 02:30 +1100", "04 02:30 +1100"),
        (LORD_HOWE, "2026-04-05T01:45", "05 01:45 +1100", "05 01:45 +1030", "05 01:45 +1030"),
        (APIA, "2011-12-30T12:00", "31 00:00 +1400", "31 00:00 +1400", "31 00:00 +1400"),
    ],
)
def test_moments_of_a_civil_time(zone: str, civil: str, first: str, last: str, gone: str) -> None:
    found = [which(datetime.fromisoformat(civil), ZoneInfo(zone)) for which in (first_moment, last_moment, gone_by)]
    assert [shown(moment, zone) for moment in found] == [first, last, gone]


@given(moments, zones)
def test_a_moment_is_the_first_or_the_last_of_what_is_shown(moment: datetime, zone: ZoneInfo) -> None:
    civil = civil_time(moment, zone)
    first, last = first_moment(civil, zone), last_moment(civil, zone)
    assert moment in (first, last)
    assert first <= gone_by(civil, zone) <= last
