"""What do several files of engine tests need? An updater in a container, and the socket it is seen through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.self_update import Home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rig.host import Host
    from rig.updater_image import UpdaterImage


@pytest.fixture
def home(host: Host, updater_image: UpdaterImage) -> Iterator[Home]:
    with host.rig.recording_socket() as socket:
        socket.path.chmod(0o666)  # the updater is not root
        yield Home(host, updater_image, socket)
