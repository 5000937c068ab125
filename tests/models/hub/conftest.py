"""A hub on loopback for each test: see `hub.loopback`."""

from collections.abc import Iterator

import pytest
from hub.loopback import Hub, running


@pytest.fixture
def hub() -> Iterator[Hub]:
    with running() as hub:
        yield hub
