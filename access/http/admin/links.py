"""Buttons on a row's page that lead to what apps above the row's own know of it."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Iterable

from django.db.models import Model
from django.http import HttpRequest


@dataclasses.dataclass(frozen=True)
class Link:
    """A button that leads somewhere."""

    title: str
    url: str
    icon: str


Finder = Callable[[HttpRequest, Model], Iterable[Link]]

_FINDERS: dict[type[Model], list[Finder]] = defaultdict(list)


def links_from(*models: type[Model]) -> Callable[[Finder], Finder]:
    """Declare what finds the links of rows of some models; it answers for what the request's user may see."""

    def declare(finder: Finder) -> Finder:
        for model in models:
            _FINDERS[model].append(finder)
        return finder

    return declare


def links_of(request: HttpRequest, row: Model) -> list[Link]:
    """Return the links of a row."""
    return [link for finder in _FINDERS.get(type(row), ()) for link in finder(request, row)]
