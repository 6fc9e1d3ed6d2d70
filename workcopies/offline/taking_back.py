"""Taking back what was changed in a copy: a document is again what it was when it was checked out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from ledger.exceptions import LedgerError
from ledger.models import Voucher
from ledger.services.master_data import delete_row
from ledger.services.vouchers import delete_voucher
from workcopies.file.reading import RowChange, WorkingFile, open_file
from workcopies.offline.changes import Document, Operation, instance_of


class TakeBackFirst(LedgerError):
    """Something that the document refers to was deleted in the copy."""

    code = "take_back_first"

    def __init__(self, name: str) -> None:
        super().__init__(_("It refers to %(name)s, which was deleted here. Take that back first.") % {"name": name})


@transaction.atomic
def take_back(*, document: Document, path: Path) -> None:
    """Give a document its base again; one that was made here is deleted, by the services.

    Raises `LedgerError`, and Django's `IntegrityError` where another document has its key now.
    """
    if document.operation is Operation.NEW:
        row = document.model._base_manager.get(pk=document.pk)
        if isinstance(row, Voucher):
            delete_voucher(voucher=row)
        else:
            delete_row(row=row)
        return
    with open_file(path, installation=None) as file:
        for name in _deleted_references(file, document):
            raise TakeBackFirst(name)
    # First what stands where the base's rows are to stand.
    for change in sorted(document.parts, key=lambda part: part.base is not None):
        _restore(change)


def _deleted_references(file: WorkingFile, document: Document) -> Iterator[str]:
    """Yield what the document's base refers to and was deleted here; what was never in the copy stays away."""
    tables = {table.model: table for table in file.tables}
    for model, key in {reference for change in document.parts for reference in _references(change)}:
        if (model, key) == (document.model, document.pk) or model not in tables:
            continue
        if not model._base_manager.filter(pk=key).exists() and (row := file.base_row(tables[model], key)):
            yield f"{model._meta.verbose_name} {instance_of(tables[model], row)}"


def _references(change: RowChange) -> Iterator[tuple[type[Model], int]]:
    for column, value in zip(change.table.compared, change.base or (), strict=False):
        field: Any = column.field
        if field.many_to_one and value is not None:
            yield field.related_model, value


def _restore(change: RowChange) -> None:
    table, names = f'"{change.table.name}"', [f'"{column.name}"' for column in change.table.compared]
    with connection.cursor() as cursor:
        if change.base is None:
            cursor.execute(f"delete from {table} where id = %s", [change.id])
        elif change.mine is None:
            places = ", ".join(["%s"] * len(names))
            cursor.execute(f"insert into {table} ({', '.join(names)}) values ({places})", list(change.base))
        else:
            values = ", ".join(f"{name} = %s" for name in names)
            cursor.execute(f"update {table} set {values} where id = %s", [*change.base, change.id])
