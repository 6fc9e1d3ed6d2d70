"""What both matrices share: the addresses that there are, and a world that a module makes once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.urls import URLPattern, URLResolver
from pytest_django import DjangoDbBlocker


def addresses(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address below some patterns, as Django matches it, with its pattern."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, route)
        else:
            yield route, pattern


@contextmanager
def kept_for_a_module(blocker: DjangoDbBlocker) -> Iterator[None]:
    """A transaction around a module's tests: each takes back what it wrote, and the last also what was there first."""
    with blocker.unblock():
        world = transaction.atomic()
        world._from_testcase = True  # type: ignore[attr-defined]  # as Django marks its own: it is nobody's transaction
        world.__enter__()
    yield
    with blocker.unblock():
        transaction.set_rollback(True)
        world.__exit__(None, None, None)
