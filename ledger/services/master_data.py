"""Making, changing and deleting one row of master data: accounts, dimension values, suppliers, customers, companies."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Model

from information_types.sql import natural_key
from ledger.exceptions import NaturalKeyChanged
from ledger.services.checks import check_key_is_free, check_references, check_unused, check_values, taken


@transaction.atomic
def create_row(*, row: Model, values: Mapping[str, Any]) -> Model:
    """Store a new row with values by the names of its fields; None is no value.

    Raises `AlreadyExists` where its natural key is taken, `ForeignCompany` for a reference to another company's row,
    Django's `ValidationError` for values that can't be.
    """
    set_values(row, values)
    names = {field.name for field in row._meta.fields if not field.primary_key}
    check_values(row, names)
    check_references(row, values)
    check_key_is_free(row, names)
    insert(row)
    return row


@transaction.atomic
def change_row(*, row: Model, values: Mapping[str, Any]) -> Model:
    """Give a row, best locked, the values; nothing is written where it has them already.

    Raises `NaturalKeyChanged`, `AlreadyExists`, `ForeignCompany`, and Django's `ValidationError` for values that can't
    be.
    """
    if changed := set_changed(row, values):
        row.save(update_fields=changed)
    return row


@transaction.atomic
def delete_row(*, row: Model) -> None:
    """Delete a row; raises `InUse` where others refer to it."""
    # Who refers to it meanwhile waits for this lock, and finds nothing afterwards.
    locked = type(row)._base_manager.select_for_update(of=("self",)).get(pk=row.pk)
    check_unused(locked)
    locked.delete()


def set_values(row: Model, values: Mapping[str, Any]) -> None:
    """Give a row values, unchecked and unwritten."""
    for name, value in values.items():
        setattr(row, name, _stored(row._meta.get_field(name), value))


def set_changed(row: Model, values: Mapping[str, Any]) -> list[str]:
    """Give a row values that are checked; return the names of those that it hadn't. Raises what `change_row` does."""
    for name in natural_key(type(row)):
        if name in values and values[name] != getattr(row, name):
            raise NaturalKeyChanged(field=name)
    before = {name: getattr(row, name) for name in values}
    set_values(row, values)
    check_values(row, values.keys())
    changed = [name for name, value in before.items() if getattr(row, name) != value]
    check_references(row, changed)
    check_key_is_free(row, set(changed))
    return changed


def insert(row: Model, *, savepoint: bool = True) -> None:
    """Write a new row; raises `AlreadyExists` where somebody has taken its key at the same moment.

    Without a savepoint of its own only within a transaction, or a savepoint, that such a refusal ends.
    """
    try:
        with transaction.atomic(savepoint=savepoint):
            row.save(force_insert=True)
    except IntegrityError as error:
        if (refused := taken(error, row)) is not None:
            raise refused from error
        raise


def _stored(field: Any, value: Any) -> Any:
    """Absence in the one form that the column has for it."""
    if isinstance(field, models.CharField | models.TextField) and field.blank and value in {None, ""}:
        return None if field.null else ""
    return value
