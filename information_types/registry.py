"""The registry: filled beside the models when they are loaded, read by everybody else."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Model

from information_types.definition import InformationType
from information_types.exceptions import UnknownInformationType

_types: dict[str, InformationType] = {}


def register(information_type: InformationType) -> InformationType:
    """Add a type; its name and number must be new."""
    if information_type.name in _types or information_type.number in {known.number for known in _types.values()}:
        raise ValueError(f"{information_type.name}: the name or the number is taken.")
    _types[information_type.name] = information_type
    return information_type


def all_types() -> tuple[InformationType, ...]:
    """Every registered type, in the order of their numbers."""
    return tuple(sorted(_types.values(), key=lambda known: known.number))


def get(name: str) -> InformationType:
    """The type of that name; raises `UnknownInformationType`."""
    try:
        return _types[name]
    except KeyError:
        raise UnknownInformationType(name, known=sorted(_types)) from None


def by_number(number: int) -> InformationType:
    """The type that a number in the heart's tables stands for; raises `UnknownInformationType`."""
    for known in _types.values():
        if known.number == number:
            return known
    raise UnknownInformationType(str(number), known=sorted(_types))


def types_of(model: type[Model]) -> tuple[InformationType, ...]:
    """The types whose rows are the model's."""
    return tuple(known for known in all_types() if known.model is model)


def captured_models() -> tuple[type[Model], ...]:
    """Every model with at least one type, each once."""
    return tuple(dict.fromkeys(known.model for known in all_types()))


def names() -> list[str]:
    """Every type's name, in the order of their numbers."""
    return [known.name for known in all_types()]


def choices() -> Iterator[tuple[str, Any]]:
    """Names and labels, for forms and the API's description."""
    return ((known.name, known.label) for known in all_types())
