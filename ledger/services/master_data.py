"""Making, changing and deleting one row of master data: accounts, dimension values, suppliers, customers, companies."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Model
from psycopg.errors import UniqueViolation

from information_types.sql import natural_key
from ledger.exceptions import AlreadyExists, InUse, NaturalKeyChanged

# How many rows are counted that are in the way of a deletion.
MOST_COUNTED = 1000


@transaction.atomic
def create_row(*, row: Model, values: Mapping[str, Any]) -> Model:
    """Store a new row with values by the names of its fields; None is no value.

    Raises `AlreadyExists` where its natural key is taken, Django's `ValidationError` for values that can't be.
    """
    _set(row, values)
    _clean(row, {field.name for field in row._meta.fields})
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise AlreadyExists(field=natural_key(type(row))[-1]) from error
        raise
    return row


@transaction.atomic
def change_row(*, row: Model, values: Mapping[str, Any]) -> Model:
    """Give a row, best locked, the values; nothing is written where it has them already.

    Raises `NaturalKeyChanged`, and Django's `ValidationError` for values that can't be.
    """
    for name in natural_key(type(row)):
        if name in values and values[name] != getattr(row, name):
            raise NaturalKeyChanged(field=name)
    before = {name: getattr(row, name) for name in values}
    _set(row, values)
    _clean(row, values.keys())
    changed = [name for name, value in before.items() if getattr(row, name) != value]
    if changed:
        row.save(update_fields=changed)
    return row


@transaction.atomic
def delete_row(*, row: Model) -> None:
    """Delete a row; raises `InUse` where others refer to it."""
    # Who refers to it meanwhile waits for this lock, and finds nothing afterwards.
    locked = type(row)._base_manager.select_for_update(of=("self",)).get(pk=row.pk)
    used_by = dict(_used_by(locked))
    if used_by:
        raise InUse(used_by, most_counted=MOST_COUNTED)
    locked.delete()


def _set(row: Model, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, _stored(row._meta.get_field(name), value))


def _stored(field: Any, value: Any) -> Any:
    """Absence in the one form that the column has for it."""
    if isinstance(field, models.CharField | models.TextField) and field.blank and value in {None, ""}:
        return None if field.null else ""
    return value


def _clean(row: Model, names: Collection[str]) -> None:
    # Others' values may be older than the rules. Related rows, and keys taken, are the database's to see to.
    left_out = {field.name for field in row._meta.fields if field.is_relation or field.name not in names}
    row.full_clean(exclude=left_out, validate_unique=False, validate_constraints=False)


def _used_by(row: Model) -> Iterator[tuple[type[Model], int]]:
    """Yield the models whose rows refer to a row and would stay, each with how many, counted up to `MOST_COUNTED`."""
    counts: dict[type[Model], int] = {}
    relations: Iterable[Any] = row._meta.get_fields(include_hidden=True)
    for relation in relations:
        if getattr(relation, "on_delete", None) in {models.PROTECT, models.RESTRICT}:
            model: Any = relation.related_model
            found = model._base_manager.filter(**{relation.field.name: row}).order_by()[:MOST_COUNTED]
            counts[model] = min(counts.get(model, 0) + found.count(), MOST_COUNTED)
    yield from ((model, count) for model, count in counts.items() if count)
