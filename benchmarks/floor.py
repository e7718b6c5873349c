"""How long do the bare requests take that no check can do without? And how long as most programs send them?

    python benchmarks/floor.py FILE THREADS            one HEAD for each URL in the file, over connections kept open
    python benchmarks/floor.py FILE 1 --reconnect      one after the other, each over a connection of its own

Where the registry wants tokens, `--realm URL` names the place that gives one for all; otherwise each 401 says so anew.
It knows nothing of an engine, of credentials or of failures. It prints the seconds between its first request and its
last, without its own start.
"""

from __future__ import annotations

import argparse
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import urllib3

ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)


def main(arguments: argparse.Namespace) -> None:
    """Ask for every URL."""
    urls = arguments.file.read_text().split()
    pool = None if arguments.reconnect else urllib3.PoolManager(maxsize=arguments.threads)
    began = time.perf_counter()
    token = one_token(arguments.realm, urls, pool) if arguments.realm and pool else ""
    with ThreadPoolExecutor(arguments.threads) as executor:
        digests = list(executor.map(lambda url: digest(url, pool, token), urls))
    print(time.perf_counter() - began)
    assert all(digests)


def one_token(realm: str, urls: list[str], pool: urllib3.PoolManager) -> str:
    """A token for all repositories."""
    repositories = [urlsplit(url).path.removeprefix("/v2/").partition("/manifests/")[0] for url in urls]
    scopes = urlencode([("scope", f"repository:{repository}:pull") for repository in repositories])
    return str(pool.request("GET", f"{realm}?{scopes}").json()["token"])


def digest(url: str, pool: urllib3.PoolManager | None, token: str = "") -> str:
    """What the tag points at."""
    if pool is None:
        with urllib3.PoolManager() as own:
            return digest(url, own)
    headers = {"Accept": ACCEPT, **({"Authorization": f"Bearer {token}"} if token else {})}
    answer = pool.request("HEAD", url, headers=headers)
    if answer.status == 401:
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', answer.headers["WWW-Authenticate"]))
        realm = wanted.pop("realm")
        headers["Authorization"] = f"Bearer {pool.request('GET', realm, fields=wanted).json()['token']}"
        answer = pool.request("HEAD", url, headers=headers)
    return answer.headers["Docker-Content-Digest"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("threads", type=int)
    parser.add_argument("--reconnect", action="store_true")
    parser.add_argument("--realm")
    main(parser.parse_args())
