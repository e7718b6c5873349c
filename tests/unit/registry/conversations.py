"""How is a conversation with a registry played? Its answers are a list, and what it said comes back; no socket."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from updater.errors import RegistryError
from updater.registry.acquaintance import Acquaintance
from updater.registry.authentication import authorized
from updater.registry.credentials import Credentials, anonymous
from updater.registry.messages import Answer, Request

QUESTION = Request("HEAD", "https://r.example/v2/a/b/manifests/1", {"Accept": "x"})
USER = Credentials("user", "secret")
BASIC_USER = "Basic dXNlcjpzZWNyZXQ="

# What is answered.
OK = Answer(200, body=b"content")
BASIC = Answer(401, {"www-authenticate": 'Basic realm="r"'})
BEARER = Answer(401, {"www-authenticate": 'Bearer realm="https://r.example/token",service="s",scope="ignored:a:b"'})
STANDARD = Answer(
    401, {"www-authenticate": 'Bearer realm="https://r.example/token",service="s",scope="repository:x:pull"'}
)
FOREIGN = Answer(401, {"www-authenticate": 'Bearer realm="https://evil.test/token"'})

# What is said, as a Talk has it.
PLAIN = "HEAD question -"
ASK = "GET https://r.example/token -"
ASK_AS_USER = f"GET https://r.example/token {BASIC_USER}"
WITH_T1 = "HEAD question Bearer t1"
AT_ROOT = "GET https://r.example/v2/ -"

# What a denial says, in part.
REJECTED, NEEDED, WITHHELD, FORBIDDEN = "rejected", "none were found", "not sent", "do not allow"


def token(value: str = "t1", expires_in: int = 300) -> Answer:
    return Answer(200, body=json.dumps({"token": value, "expires_in": expires_in}).encode())


def known(credentials: Credentials | None = None, *cycle: str) -> Acquaintance:
    find = (lambda _host: credentials) if credentials else anonymous
    acquaintance = Acquaintance("r.example", "https://r.example", find, patience=0.1)
    acquaintance.begin_cycle(cycle)
    return acquaintance


@dataclass
class Talk:
    """What was asked, in short, and what came of it."""

    said: list[str] = field(default_factory=list)
    scopes: list[int] = field(default_factory=list)
    result: Answer | None = None


def talk(acquaintance: Acquaintance, *answers: Answer | RegistryError, repository: str = "a/b") -> Talk:
    conversation = authorized(QUESTION, repository, acquaintance)
    found, waiting = Talk(), list(answers)
    try:
        request = next(conversation)
        while True:
            where = "question" if request.url == QUESTION.url else request.url.partition("?")[0]
            found.scopes.append(request.url.count("scope="))
            found.said.append(f"{request.method} {where} {request.headers.get('Authorization', '-')}")
            answer = waiting.pop(0)
            request = conversation.throw(answer) if isinstance(answer, RegistryError) else conversation.send(answer)
    except StopIteration as end:
        found.result = end.value
    finally:
        assert not waiting, f"never asked for: {waiting}"
    return found
