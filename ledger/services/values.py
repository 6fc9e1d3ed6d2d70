"""What a column can hold: the server's rules, whatever database the row is about to be written to.

PostgreSQL refuses what is too long or too large, and texts that it can't keep; SQLite would keep them all.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils.translation import gettext_lazy as _

INTEGERS = BaseDatabaseOperations.integer_field_ranges
DEEPEST = 20
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """Whether a text has no NUL, and no half of a character."""
    return UNSTORABLE.search(text) is None


def check_value(field: "models.Field[Any, Any]", value: Any) -> None:
    """Raise `ValidationError` for a value that the server's column couldn't hold."""
    match value:
        case None:
            if not field.null:
                raise ValidationError(field.error_messages["null"], code="null")
        case bool():
            return
        case str():
            _check_text(field, value)
        case int():
            _check_range(field, value)
        case _ if isinstance(field, models.JSONField):
            if not all(is_storable(text) for text in _texts(value)):
                raise _unstorable()


def _check_text(field: "models.Field[Any, Any]", value: str) -> None:
    if not is_storable(value):
        raise _unstorable()
    if field.max_length is not None:
        MaxLengthValidator(field.max_length)(value)


def _check_range(field: "models.Field[Any, Any]", value: int) -> None:
    lowest, highest = INTEGERS.get(field.get_internal_type(), (value, value))
    MinValueValidator(lowest)(value)
    MaxValueValidator(highest)(value)


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Every text in a value of JSON; of one that is nested too deep, one that can't be stored."""
    if depth > DEEPEST:
        yield "\0"
    elif isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield str(name)
            yield from _texts(member, depth + 1)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from _texts(member, depth + 1)


def _unstorable() -> ValidationError:
    return ValidationError(_("The text holds characters that can't be stored."), code="null_characters_not_allowed")
