"""What messages say: each app registers its kinds, and the words are found when somebody reads."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _


@dataclasses.dataclass(frozen=True)
class Words:
    """A message in the language in force: what happened, and what else there is to know."""

    title: str
    detail: str = ""


Wording = Callable[[Mapping[str, Any]], Words]

_kinds: dict[str, Wording] = {}


def register(name: str, wording: Wording) -> None:
    """Add a kind; its name must be new. Called when an app is ready."""
    if name in _kinds:
        raise ValueError(f"{name}: this kind of message is registered already.")
    _kinds[name] = wording


def is_known(name: str) -> bool:
    """Whether a kind is registered."""
    return name in _kinds


def words_of(name: str, parameters: Mapping[str, Any]) -> Words:
    """The words of a message; one of a kind that is no longer made says at least that it is there."""
    try:
        return _kinds[name](parameters)
    except KeyError:
        return Words(_("A message of an earlier version"), name)
