"""What is refused of one row before it is written: whatever its database would refuse, and the server's would.

The server's triggers and constraints say the same once more, for whoever writes past the services, and for what others
write at the same moment.
"""

from collections.abc import Collection, Iterable, Iterator, Set
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, router
from django.db.models import Model, Q, UniqueConstraint
from psycopg.errors import UniqueViolation

from information_types.sql import natural_key
from ledger.exceptions import AlreadyExists, ForeignCompany, InUse
from ledger.services.values import check_value

# How many rows are counted that are in the way of a deletion.
MOST_COUNTED = 1000
TAKEN_IN_SQLITE = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"}


def check_values(row: Model, names: Collection[str]) -> None:
    """Raise `ValidationError`, with each of the fields that has a value which can't be."""
    # Others' values may be older than the rules. Related rows, and keys taken, have checks of their own.
    left_out = {field.name for field in row._meta.fields if field.is_relation or field.name not in names}
    wrong: dict[str, Any] = {}
    try:
        row.full_clean(exclude=left_out, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        wrong = error.update_error_dict({})
    for field in row._meta.concrete_fields:
        if field.name in names and field.name not in wrong and not field.primary_key:
            try:
                check_value(field, getattr(row, field.attname))
            except ValidationError as error:
                wrong[field.name] = error.error_list
    if wrong:
        raise ValidationError(wrong)


def check_key_is_free(row: Model, names: Set[str]) -> None:
    """Raise `AlreadyExists` where another row has the values that only one may have; of those that `names` touch."""
    others = type(row)._base_manager.exclude(pk=row.pk)
    for fields, condition in _unique(type(row)):
        same = {name: getattr(row, name) for name in fields}
        if names & same.keys() and None not in same.values() and others.filter(condition, **same).exists():
            raise AlreadyExists(field=_told_at(type(row), fields))


def check_references(row: Model, names: Iterable[str]) -> None:
    """Raise `ForeignCompany` where what a row refers to is of another company than the row."""
    company = getattr(row, "company_id", None)
    for name in names:
        target = getattr(row, name) if row._meta.get_field(name).is_relation else None
        if company is not None and getattr(target, "company_id", company) != company:
            raise ForeignCompany(field=name)


def taken(error: IntegrityError, row: Model) -> AlreadyExists | None:
    """What the database says when somebody has taken a key at the same moment; None when it says something else."""
    cause = error.__cause__
    if isinstance(cause, UniqueViolation) or getattr(cause, "sqlite_errorname", "") in TAKEN_IN_SQLITE:
        return AlreadyExists(field=(natural_key(type(row)) or (None,))[-1])
    return None


def check_unused(row: Model) -> None:
    """Raise `InUse` where others refer to a row and would stay."""
    if used_by := dict(_used_by(row)):
        raise InUse(used_by, most_counted=MOST_COUNTED)


def _unique(model: type[Model]) -> Iterator[tuple[tuple[str, ...], Q]]:
    # Conditions speak of nothing but the fields that must be unique: whoever has the same values meets them too.
    yield from (((field.name,), Q()) for field in model._meta.concrete_fields if field.unique and not field.primary_key)
    for constraint in model._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield tuple(constraint.fields), constraint.condition or Q()


def _told_at(model: type[Model], fields: tuple[str, ...]) -> str:
    key = natural_key(model)
    return key[-1] if set(fields) == set(key) else fields[-1]


def _used_by(row: Model) -> Iterator[tuple[type[Model], int]]:
    """Yield the models whose rows refer to a row and would stay, each with how many, counted up to `MOST_COUNTED`."""
    counts: dict[type[Model], int] = {}
    relations: Iterable[Any] = row._meta.get_fields(include_hidden=True)
    for relation in relations:
        if getattr(relation, "on_delete", None) in {models.PROTECT, models.RESTRICT}:
            model: Any = relation.related_model
            if not router.allow_migrate_model(row._state.db or router.db_for_write(model), model):
                continue  # it has no table there
            found = model._base_manager.filter(**{relation.field.name: row}).order_by()[:MOST_COUNTED]
            counts[model] = min(counts.get(model, 0) + found.count(), MOST_COUNTED)
    yield from ((model, count) for model, count in counts.items() if count)
