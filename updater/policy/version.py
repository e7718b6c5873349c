"""Which version does a tag name, of which shape is it, and which of two is newer? Pure text.

Tags are no semver: a repository publishes `1.25`, `1.25.3-alpine3.20`, `20240101` and `main-1a2b3c4` side by side. So
a tag is taken apart into text, which is compared as it is (the shape), and numbers, which are compared as numbers.
What is not clearly a version is none: a tag that is not followed is a nuisance, a wrong one is another program.

    release-  v  1.25.3  -rc.1       -r0    -alpine3.20  -ls45
    prefix       core    prerelease  build  suffix       last build

A number in the suffix is the suffix's own: `-alpine3.20`, `-php8.2` and `-pg16` stay as the user chose them, whatever
the level. Levels speak about the program; a new base brings another libc, another interpreter or data format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_TWO = r"[0-5][0-9]"
_MONTH, _DAY, _HOUR = r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])", r"(?:[01][0-9]|2[0-3])"
_YEAR = r"(?:19|20|21)[0-9]{2}"
# `2024-01-05` and MinIO's `2024-01-05T12-30-00Z`: hyphens within a date are no beginning of a suffix.
_DATE = (
    rf"{_YEAR}(?P<between>[-_]){_MONTH}(?:(?P=between){_DAY}(?:T{_HOUR}-{_TWO}-{_TWO}Z)?)?"
    r"(?![A-Za-z0-9]|\.[0-9])"
)
# Words that say "before the final one". Where a word may also name a moving tag (`1.22-nightly`) or a commit's build,
# only a number after it makes it a pre-release. A single letter stands right behind the version (PEP 440).
_PRERELEASE = r"""
    (?: (?P<word_separator>[-_.]?)
        (?P<word> alpha|beta|rc|ALPHA|BETA|RC|Alpha|Beta|preview|pre|snapshot|SNAPSHOT
          | (?:dev|milestone|M|m|canary|next|nightly|exp|ea|eap)(?=[-_.]?[0-9]) )
        (?: (?P<number_separator>[-_.]?) (?P<word_numbers>[0-9]+(?:\.[0-9]+)*) )?
      | (?P<letter>[ab]) (?P<letter_number>[0-9]+) )
    (?![A-Za-z0-9])"""
# Counters of rebuilds: linuxserver's -ls45, Alpine's -r0, GitLab's -ce.0; the JDK's and semver's +7, spelled _7 since a
# tag cannot have a plus; the day of the build. A bare -20 is none: mongo-express has `1.0.2-20`, and 20 is its Node.
_COUNTER = r"[-_](?:ls|r|k3s|rke2r|build\.?|rev|post|ce\.|ee\.)[0-9]+"
_STAMP = rf"[-_]{_YEAR}{_MONTH}{_DAY}(?:[0-9]{{4}}|[0-9]{{6}})?"
_TAG = re.compile(
    rf"""
    (?P<prefix> (?: x86_64[-_] | [A-Za-z]+\. | [A-Za-z][A-Za-z0-9.]*[-_] )*? [vV]? )
    (?P<core> {_DATE} | (?>[0-9]+(?:\.[0-9]+)*) )
    (?: {_PRERELEASE} )?
    (?P<build> (?: {_COUNTER} | \.post[0-9]+ | _[0-9]+ | {_STAMP} ) (?=$|[-_]) )?
    (?P<suffix> (?: [-_.][A-Za-z0-9_.-]*? )?? )
    (?P<last_build> {_COUNTER} )?
    """,
    re.VERBOSE,
)
_LONGEST_TAG = 128  # OCI distribution spec, "Pulling manifests"

# Names of commits, of pull requests, and what signs or describes an image: nothing to follow.
_NEVER_BEFORE = re.compile(r"(?:sha|sha256|sha512|commit|git|pr|pull)[-_.]", re.IGNORECASE)
_NEVER_BEHIND = re.compile(
    r"(?:^|[-_.])(?:(?:g|git|sha)?(?P<hex>[0-9a-f]{7,64})|sha|sha256|commit|git|dirty|sig|att|sbom|cosign)(?=$|[-_.])",
    re.IGNORECASE,
)
# A lone number is a version only where nothing else is said: `pr-7`, `main-123` and `cache-5` count something else.
_PREFIX_OF_ONE = re.compile(
    r"(?:(?:amd64|i386|x86_64|x86-64|aarch64|arm|armhf|arm64|armv[0-9]+|arm32v[0-9]|arm64v8|ppc64le|s390x|riscv64)[-_])?"
    r"(?:(?:release|rel|version)[-_])?[vV]?"
)
_LONGEST_ONE = 6  # digits; from seven on it may as well be the digits of a commit
_TIMESTAMP = re.compile(rf"{_YEAR}(?:{_MONTH}(?:{_DAY}(?:{_HOUR}(?:{_TWO}(?:{_TWO})?)?)?)?)?")
_SHORTEST_DATE = 8
_FIRST_YEAR = 1900

# Behind every word of these that a pre-release may have; the final version is behind them all.
_STAGES = {"a": 1, "alpha": 1, "b": 2, "beta": 2, "rc": 3}
_FINAL = (9, "", ())

Rank = tuple[tuple[int, ...], tuple[int, str, tuple[int, ...]], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Prerelease:
    """`-beta.2`: word `beta`, numbers `2`, form `-@.#`."""

    form: str
    word: str
    numbers: tuple[str, ...]

    def is_of_one_kind_with(self, other: Prerelease) -> bool:
        """Spelled alike, and two stages of one row or the same word."""
        if self.form != other.form or not all(map(is_same_width, self.numbers, other.numbers)):
            return False
        if self.word == other.word:
            return True
        same_case = (self.word.islower(), self.word.isupper()) == (other.word.islower(), other.word.isupper())
        return same_case and self.word.lower() in _STAGES and other.word.lower() in _STAGES


@dataclass(frozen=True, slots=True)
class Version:
    """One tag. `shape` is its text with `#` for each number that counts; numbers stay text, since their width tells."""

    text: str
    shape: tuple[str, ...]
    numbers: tuple[str, ...]
    prerelease: Prerelease | None
    builds: tuple[str, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        return self.numbers + self.builds

    @property
    def rank(self) -> Rank:
        """Of two of the same shape the greater is newer; Python's integers have no end."""
        return _integers(self.numbers), _stage(self.prerelease), _integers(self.builds)

    @property
    def kinds(self) -> tuple[str, ...]:
        """What each number can be by its looks, so that a counter never becomes a year or a date."""
        return kind(self.parts[0], is_first=True), *(kind(part, is_first=False) for part in self.parts[1:])


def read_version(tag: str) -> Version | None:
    """None for a tag that names no version: `latest`, `stable-alpine`, `main-1a2b3c4`, `sha256-….sig`."""
    match = _TAG.fullmatch(tag) if len(tag) <= _LONGEST_TAG else None
    if match is None or _names_something_else(match):
        return None
    core, build, last_build = match["core"], match["build"] or "", match["last_build"] or ""
    return Version(
        tag,
        (match["prefix"], _form(core), _form(build), match["suffix"], _form(last_build)),
        tuple(re.findall(r"[0-9]+", core)),
        _prerelease(match),
        (*_number_at_the_end(build), *_number_at_the_end(last_build)),
    )


def is_same_width(one: str, other: str) -> bool:
    """Zeros in front make a number as wide as all of its kind: `01` and `12` go together, `01` and `2` do not."""
    return len(one) == len(other) or not (is_padded(one) or is_padded(other))


def is_padded(number: str) -> bool:
    return len(number) > 1 and number[0] == "0"


def kind(number: str, *, is_first: bool) -> str:
    """A calendar's numbers by their width, the others as small or large; only the first may be a bare year."""
    if _TIMESTAMP.fullmatch(number) and (is_first or len(number) >= _SHORTEST_DATE):
        return f"calendar of {len(number)}"
    if not is_first:
        return "any"
    return "small" if int(number) < _FIRST_YEAR else "large"


def _names_something_else(match: re.Match[str]) -> bool:
    """A commit, a signature, or a count of something."""
    if _NEVER_BEFORE.match(match["prefix"]):
        return True
    behind = match.string[match.end("core") :]
    for found in _NEVER_BEHIND.finditer(behind):
        if found["hex"] is None or kind(found["hex"], is_first=False) == "any":
            return True
    core = match["core"]
    if not core.isdigit():
        return False
    if len(core) >= _SHORTEST_DATE and kind(core, is_first=False) != "any":
        return False
    return len(core) > _LONGEST_ONE or _PREFIX_OF_ONE.fullmatch(match["prefix"]) is None


def _prerelease(match: re.Match[str]) -> Prerelease | None:
    if match["letter"]:
        return Prerelease("@#", match["letter"], (match["letter_number"],))
    if not match["word"]:
        return None
    numbers = match["word_numbers"] or ""
    form = f"{match['word_separator']}@{match['number_separator'] or ''}{_form(numbers)}"
    return Prerelease(form, match["word"], tuple(re.findall(r"[0-9]+", numbers)))


def _number_at_the_end(build: str) -> list[str]:
    """Of `-k3s2` the 2."""
    return re.findall(r"[0-9]+$", build)


def _form(text: str) -> str:
    return re.sub(r"[0-9]+", "#", text)


def _integers(numbers: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(map(int, numbers))


def _stage(prerelease: Prerelease | None) -> tuple[int, str, tuple[int, ...]]:
    """Alpha, beta and rc in this order, as in semver; two other words are never compared with each other."""
    if prerelease is None:
        return _FINAL
    stage = _STAGES.get(prerelease.word.lower(), 0)
    return stage, "" if stage else prerelease.word, _integers(prerelease.numbers)
