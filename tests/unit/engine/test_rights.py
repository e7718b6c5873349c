"""The list of calls: which row a request belongs to, and what a denied one says."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import docker.errors
import pytest
import requests

from updater import engine
from updater.engine.rights import CALLS, Call, Use, call_of, calls_for, is_allowed, patterns
from updater.engine.translation import translate

if TYPE_CHECKING:
    from collections.abc import Iterator

ID = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("method", "path", "row"),
    [
        ("GET", "/_ping", "/_ping"),
        ("GET", "/version", "/version"),
        ("GET", "/v1.41/containers/json", "/containers/json"),
        ("GET", f"/v1.41/containers/{ID}/json", "/containers/{id}/json"),
        ("GET", "/v1.45/images/json", "/images/json"),
        ("GET", "/v1.45/images/127.0.0.1:5000/team/web@sha256:0a/json", "/images/{id}/json"),
        ("POST", f"/v1.41/containers/{ID}/stop", "/containers/{id}/stop"),
        ("POST", "/v1.41/containers/create", "/containers/create"),
        ("DELETE", f"/v1.41/images/sha256:{ID}", "/images/{id}"),
        ("POST", f"/v1.41/exec/{ID}/start", "/exec/{id}/start"),
        # What is none of ours.
        ("POST", "/v1.41/build", None),
        ("GET", f"/v1.41/containers/{ID}/archive", None),
        ("GET", f"/v1.41/containers/{ID}/export", None),
        ("PUT", f"/v1.41/containers/{ID}/archive", None),
        ("POST", f"/v1.41/containers/{ID}/../../build", None),
        ("POST", f"/v1.41/containers/{ID}/stop/", None),
        ("POST", f"/elsewhere/containers/{ID}/stop", None),
        ("GET", "/v1.41/secrets", None),
        ("DELETE", "/v1.41/volumes/data", None),
    ],
)
def test_the_row_of_a_request(method: str, path: str, row: str | None) -> None:
    call = call_of(method, path)
    assert (call.path if call else None) == row


def test_a_check_only_looks() -> None:
    assert {call.method for call in calls_for([])} == {"GET"}
    assert not is_allowed("POST", "/v1.41/containers/create", calls_for([]))
    assert is_allowed("POST", "/v1.41/containers/create", calls_for([Use.UPDATE]))
    assert not is_allowed("POST", f"/v1.41/containers/{ID}/exec", calls_for([Use.UPDATE, Use.CLEANUP]))


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_the_expressions_for_proxies_let_exactly_the_rows_pass(call: Call) -> None:
    expressions = dict(patterns(CALLS))
    path = call.path.replace("{id}", "some:thing")
    for version in ("", "/v1.41"):
        assert re.fullmatch(expressions[call.method], version + path)
    # An image's name may have any number of parts.
    assert call.path == "/images/{id}" or not re.fullmatch(expressions[call.method], f"{path}/more")
    assert not re.fullmatch(expressions[call.method], f"/v2{path}")


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("POST", f"/v1.41/containers/{ID}/stop", "lets POST /containers/{id}/stop pass with CONTAINERS=1 POST=1"),
        ("GET", "/v1.41/images/json?all=1", "lets GET /images/json pass with IMAGES=1"),
        ("POST", f"/v1.41/containers/{ID}/exec", "pass with CONTAINERS=1 EXEC=1 POST=1 ALLOW_EXEC=1"),
        ("GET", "/v1.41/secrets", None),
    ],
)
@pytest.mark.parametrize("status", [403, 405])
def test_a_denied_call_names_the_flags(method: str, path: str, said: str | None, status: int) -> None:
    answer = requests.Response()
    answer.status_code = status
    answer.headers["Content-Type"] = "text/html"
    answer.request = requests.Request(method, f"http+docker://localhost{path}").prepare()
    message = str(translate(docker.errors.APIError("x", response=answer, explanation="<h1>403</h1>"), "do it"))
    assert (said in message) if said else ("=1" not in message)


def test_every_call_in_the_code_stands_in_the_table() -> None:
    """Each path that the engine's room writes, and each verb that it tells a container."""
    written = set[str]()
    for file in sorted(Path(engine.__file__).parent.glob("*.py")):
        if file.name != "rights.py":
            written |= set(_paths(ast.parse(file.read_text())))
    known = [re.compile(call.expression) for call in CALLS]
    assert {"/containers/x/kill", "/containers/x/stop", "/containers/x/json", "/images/json"} <= written
    unknown = {path for path in written if not any(one.fullmatch(path) for one in known)}
    # What others go on from: a command with /start or /json, a container with a verb.
    assert unknown <= {"/exec/x", "/containers/x/x"}


def _paths(tree: ast.AST) -> Iterator[str]:
    """With `x` for what is filled in."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "_tell":
            yield f"/containers/x/{ast.literal_eval(node.args[1])}"
        text = _text(node)
        if re.match("/(containers|images|networks|exec|info|version|events)", text):
            yield text
        if not isinstance(node, ast.JoinedStr):
            yield from _paths(node)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(value) if isinstance(value, ast.Constant) else "x" for value in node.values)
    return ""
