"""How long do the bare requests take that no check can do without? And how long as most programs send them?

    python benchmarks/floor.py FILE THREADS            one HEAD for each URL in the file, over connections kept open
    python benchmarks/floor.py FILE 1 --reconnect      one after the other, each over a connection of its own

It knows nothing of an engine, of credentials or of failures. It prints the seconds between its first request and its
last, without its own start.
"""

from __future__ import annotations

import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import urllib3

ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)


def main(file: str, threads: int, *, reconnect: bool) -> None:
    """Ask for every URL."""
    urls = Path(file).read_text().split()
    pool = None if reconnect else urllib3.PoolManager(maxsize=threads)
    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as executor:
        digests = list(executor.map(lambda url: digest(url, pool), urls))
    print(time.perf_counter() - began)
    assert all(digests)


def digest(url: str, pool: urllib3.PoolManager | None) -> str:
    """What the tag points at, with a token where one is asked for."""
    if pool is None:
        with urllib3.PoolManager() as own:
            return digest(url, own)
    headers = {"Accept": ACCEPT}
    answer = pool.request("HEAD", url, headers=headers)
    if answer.status == 401:
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', answer.headers["WWW-Authenticate"]))
        realm = wanted.pop("realm")
        headers["Authorization"] = f"Bearer {pool.request('GET', realm, fields=wanted).json()['token']}"
        answer = pool.request("HEAD", url, headers=headers)
    return answer.headers["Docker-Content-Digest"]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), reconnect="--reconnect" in sys.argv)
