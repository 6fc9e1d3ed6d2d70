"""What the tests with several connections share."""

from collections.abc import Iterator

import pytest

from tests.connections import Together
from tests.revisions.conftest import books, consumer

__all__ = ["books", "consumer", "together"]


@pytest.fixture
def together() -> Iterator[Together]:
    """Threads that work at the same time, each with a connection of its own."""
    with Together() as threads:
        yield threads
