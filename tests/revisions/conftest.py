"""What the outbox's tests share."""

import pytest

from tests import factories
from tests.consumers import Consumer


@pytest.fixture
def books() -> factories.Books:
    """The books of one company, made before anybody subscribed."""
    return factories.make_books()


@pytest.fixture
def consumer(books: factories.Books) -> Consumer:
    """A consumer of everything, from here on."""
    return Consumer(factories.make_subscription())
