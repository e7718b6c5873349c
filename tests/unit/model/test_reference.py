"""Is every spelling of a reference read as the engine reads it, and everything else refused?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from updater.model.digest import Digest
from updater.model.reference import NotAReference, parse_reference, parse_repository_digest

HEX = "0123456789abcdef" * 4
DIGEST = Digest(f"sha256:{HEX}")
SHA512 = f"sha512:{HEX * 2}"

GOOD = [
    # text, registry, repository, tag, digest
    ("nginx", "docker.io", "library/nginx", "latest", None),
    ("nginx:1.27", "docker.io", "library/nginx", "1.27", None),
    ("library/nginx", "docker.io", "library/nginx", "latest", None),
    ("docker.io/nginx", "docker.io", "library/nginx", "latest", None),
    ("index.docker.io/nginx", "docker.io", "library/nginx", "latest", None),
    ("registry-1.docker.io/grafana/grafana:1", "docker.io", "grafana/grafana", "1", None),
    ("grafana/grafana", "docker.io", "grafana/grafana", "latest", None),
    ("a/b/c", "docker.io", "a/b/c", "latest", None),
    ("localhost", "docker.io", "library/localhost", "latest", None),
    ("localhost/app", "localhost", "app", "latest", None),
    ("localhost:5000/app:1", "localhost:5000", "app", "1", None),
    ("registry:5000", "docker.io", "library/registry", "5000", None),
    ("registry:5000/app", "registry:5000", "app", "latest", None),
    ("ghcr.io/owner/app:v1.2.3", "ghcr.io", "owner/app", "v1.2.3", None),
    ("GHCR.io/owner/app", "ghcr.io", "owner/app", "latest", None),
    ("Registry/app", "Registry", "app", "latest", None),
    ("192.168.1.5:5000/a/b", "192.168.1.5:5000", "a/b", "latest", None),
    ("[::1]:5000/app:1", "[::1]:5000", "app", "1", None),
    ("[fd00:1:2::3]/app", "[fd00:1:2::3]", "app", "latest", None),
    ("xn--bcher-kva.example/app", "xn--bcher-kva.example", "app", "latest", None),
    ("a.b/c__d/e-f/g--h/i.j/k_l", "a.b", "c__d/e-f/g--h/i.j/k_l", "latest", None),
    ("app:_", "docker.io", "library/app", "_", None),
    ("app:" + "t" * 128, "docker.io", "library/app", "t" * 128, None),
    ("app:1@" + DIGEST, "docker.io", "library/app", "1", DIGEST),
    ("app@" + DIGEST, "docker.io", "library/app", None, DIGEST),
    ("localhost:5000/app@" + DIGEST, "localhost:5000", "app", None, DIGEST),
    ("app@" + SHA512, "docker.io", "library/app", None, SHA512),
    (HEX[:63], "docker.io", f"library/{HEX[:63]}", "latest", None),
    (f"{HEX}:1", "docker.io", f"library/{HEX}", "1", None),
    ("a.b/" + "c" * 251, "a.b", "c" * 251, "latest", None),
]

BAD = [
    "",
    " ",
    "nginx ",
    "nginx\n",
    ":1",
    "@" + DIGEST,
    "nginx:",
    "nginx:-1",
    "nginx:.1",
    "nginx:a b",
    "nginx:ü",
    "nginx:1:2",
    "nginx:" + "t" * 129,
    "nginx@",
    "nginx@sha256:abc",
    "nginx@sha256:" + HEX.upper(),
    "nginx@md5:" + HEX[:32],
    f"nginx@{DIGEST}@{DIGEST}",
    "Nginx",
    "a.b/Nginx",
    "a/",
    "/a",
    "a//b",
    "a.b//c",
    "-a/b",
    "a-/b",
    "_a",
    "a_",
    "a..b",
    "a___b",
    "a._b",
    "-.b/c",
    "a.b-/c",
    "[::1/app",
    "::1/app",
    "[::1%eth0]/app",
    "a.b:port/c",
    "a.b:/c",
    "https://a.b/c",
    "user@a.b/c",
    "user:secret@a.b/c",
    "../etc/passwd",
    "a.b/../c",
    "a.b/c?d",
    "a.b/c#d",
    "a.b/c%2fd",
    HEX,
    DIGEST,
    "<none>",
    "<none>:<none>",
    "<none>@<none>",
    "a.b/" + "c" * 252,
    "c" * 244,
]


@pytest.mark.parametrize(("text", "registry", "repository", "tag", "digest"), GOOD)
def test_it_reads(text: str, registry: str, repository: str, tag: str | None, digest: str | None) -> None:
    reference = parse_reference(text)
    assert (reference.registry, reference.repository, reference.tag, reference.digest) == (
        registry,
        repository,
        tag,
        digest,
    )
    assert reference.is_pinned == (digest is not None)
    assert str(reference) == text


@pytest.mark.parametrize("text", BAD)
def test_it_refuses(text: str) -> None:
    with pytest.raises(NotAReference) as caught:
        parse_reference(text)
    assert "\n" not in str(caught.value)


def test_all_spellings_are_one_reference() -> None:
    spellings = ["nginx", "nginx:latest", "library/nginx", "docker.io/library/nginx:latest", "index.docker.io/nginx"]
    references = [parse_reference(text) for text in spellings]
    assert len(set(references)) == 1
    assert [str(reference) for reference in references] == spellings
    assert references[0].name == "docker.io/library/nginx"
    assert references[0].canonical == "docker.io/library/nginx:latest"


def test_with_digest_keeps_the_tag() -> None:
    fixed = parse_reference("nginx:1").with_digest(DIGEST)
    assert fixed.canonical == str(fixed) == f"docker.io/library/nginx:1@{DIGEST}"
    assert parse_reference(fixed.canonical) == fixed
    assert fixed.is_pinned


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"nginx@{DIGEST}", "docker.io/library/nginx"),
        (f"localhost:5000/a/b@{DIGEST}", "localhost:5000/a/b"),
        (f"docker.io/library/nginx@{DIGEST}", "docker.io/library/nginx"),
    ],
)
def test_repository_digests(text: str, name: str) -> None:
    assert parse_repository_digest(text) == (name, DIGEST)


@pytest.mark.parametrize("text", ["nginx", "nginx:1", "<none>@<none>", f"<none>@{DIGEST}", ""])
def test_what_is_no_repository_digest(text: str) -> None:
    with pytest.raises(NotAReference):
        parse_repository_digest(text)


_label = some.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
_host = some.one_of(
    some.lists(_label, min_size=2, max_size=4).map(".".join),
    some.just("localhost"),
    some.ip_addresses(v=6).map("[{}]".format),
    some.ip_addresses(v=4).map(str),
)
_registry = some.builds(lambda host, port: host + port, _host, some.sampled_from(["", ":1", ":5000", ":65535"]))
_part = some.from_regex(r"[a-z0-9]{1,4}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}", fullmatch=True)
_repository = some.lists(_part, min_size=1, max_size=4).map("/".join)
_tag = some.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
_digest = some.binary(min_size=32, max_size=32).map(lambda value: f"sha256:{value.hex()}")


@given(_registry, _repository, some.none() | _tag, some.none() | _digest)
def test_what_was_read_prints_as_it_was(registry: str, repository: str, tag: str | None, digest: str | None) -> None:
    text = f"{registry}/{repository}" + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    reference = parse_reference(text)
    assert str(reference) == text
    assert reference.name == f"{registry}/{repository}"
    assert parse_reference(reference.canonical) == reference
    assert parse_reference(reference.canonical).canonical == reference.canonical


@given(some.text() | some.text("abAZ09.:/@[]_-~ \n", max_size=40))
def test_any_other_text_is_refused_in_one_way(text: str) -> None:
    try:
        reference = parse_reference(text)
    except NotAReference:
        return
    assert str(reference) == text
    assert parse_reference(reference.canonical) == reference
