"""What was changed, in words: which document, and of it what from which value to which."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.contrib.admin import site
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from access.belonging import company_of
from access.http.admin.amounts import shown
from ledger.models import Company, CustomerInvoice, CustomerPayment, SupplierInvoice, SupplierPayment, Voucher
from workcopies.file.reading import RowChange
from workcopies.file.tables import Column
from workcopies.offline.changes import Document, Operation, differing, instance_of, python_value

OPERATIONS = {
    Operation.NEW: gettext_lazy("New"),
    Operation.CHANGED: gettext_lazy("Changed"),
    Operation.DELETED: gettext_lazy("Deleted"),
}
VERBS = {Operation.NEW: "delete", Operation.CHANGED: "change", Operation.DELETED: "add"}
MOST_LINES = 6
NOTHING = "–"
# The columns that tell a new document from others
SUMMARIES: dict[type[Model], tuple[str, ...]] = {
    Voucher: ("voucher_date", "text"),
    SupplierInvoice: ("supplier_id", "invoice_number", "amount"),
    CustomerInvoice: ("customer_id", "invoice_number", "amount"),
    SupplierPayment: ("payment_date", "amount"),
    CustomerPayment: ("payment_date", "amount"),
}


@dataclasses.dataclass(frozen=True)
class Line:
    """One difference."""

    label: str
    before: str = ""
    after: str = ""


@dataclasses.dataclass(frozen=True)
class Told:
    """A changed document as a page shows it; `page` and `take_back` where there are such pages for the user."""

    operation: str
    what: str
    kind: str
    name: str
    company: str
    page: str
    take_back: str
    summary: str
    lines: Sequence[Line]
    more: int


def told(request: HttpRequest, document: Document) -> Told:
    """Tell of one document."""
    lines = list(_lines(document))
    meta, company = document.model._meta, company_of(document.instance)
    page = "" if document.operation is Operation.DELETED else _page(request, document)
    return Told(
        operation=document.operation,
        what=str(OPERATIONS[document.operation]),
        kind=capfirst(str(meta.verbose_name)),
        name=str(document.instance),
        company=_name(Company, company) if company and document.model is not Company else "",
        page=page,
        take_back=_take_back(document) if may_take_back(request, document) else "",
        summary=_summary(document),
        lines=lines[:MOST_LINES],
        more=max(len(lines) - MOST_LINES, 0),
    )


def may_take_back(request: HttpRequest, document: Document) -> bool:
    """Whether somebody may do the opposite of what was done; balances are nobody's to write."""
    meta = document.model._meta
    company = company_of(document.instance)
    rights = request.user._rights  # type: ignore[union-attr]
    return bool(rights.may(f"{meta.app_label}.{VERBS[document.operation]}_{meta.model_name}", company=company))


def _page(request: HttpRequest, document: Document) -> str:
    found: Any = site._registry.get(document.model)
    if found is None or not found.has_view_permission(request):
        return ""
    return reverse(
        f"admin:{document.model._meta.app_label}_{document.model._meta.model_name}_change", args=[document.pk]
    )


def _take_back(document: Document) -> str:
    return reverse("take_back", args=[document.model._meta.model_name, document.pk])


def _summary(document: Document) -> str:
    """What a document that is new or gone says, in a few words."""
    if document.operation is Operation.CHANGED or document.head is None:
        return ""
    change = document.head
    said = [_value(column, value) for column, value in _named(change, SUMMARIES.get(document.model, ()))]
    debit = sum((amount for amount in map(_amount, document.rows) if amount > 0), Decimal(0))
    return " · ".join(text for text in [*said, shown(debit) if debit else ""] if text not in {"", NOTHING})


def _amount(row: RowChange) -> Decimal:
    ((column, value),) = _named(row, ("amount",)) or ((None, None),)
    found = python_value(column, value) if column is not None else None
    return found if isinstance(found, Decimal) else Decimal(0)


def _named(change: RowChange, names: Sequence[str]) -> list[tuple[Column, Any]]:
    """The columns of these names, with the values that a row has, or had."""
    values = dict(zip(change.table.compared, change.mine or change.base or (), strict=True))
    found = {column.name: (column, value) for column, value in values.items()}
    return [found[name] for name in names if name in found]


def _lines(document: Document) -> Iterator[Line]:
    if document.operation is not Operation.CHANGED:
        return
    if document.head is not None:
        yield from _of_row(document.head)
    for row in document.rows:
        yield from _of_part(row)


def _of_row(change: RowChange, prefix: str = "") -> Iterator[Line]:
    for column, before, after in differing(change):
        if column.field.editable or column.name == "number":
            label = capfirst(f"{prefix}{column.field.verbose_name}")
            yield Line(label, _value(column, before), _value(column, after))


def _of_part(change: RowChange) -> Iterator[Line]:
    named = str(change.table.model._meta.verbose_name)
    instance: Any = instance_of(change.table, change.mine or change.base or ())
    number = getattr(instance, "row", None)
    label = _("row %(number)s") % {"number": number} if number is not None else f"{named} {instance}"
    if change.base is not None and change.mine is not None:
        yield from _of_row(change, f"{label}, ")
    else:
        text = _said(change)
        yield Line(capfirst(label), text if change.mine is None else "", "" if change.mine is None else text)


def _said(change: RowChange) -> str:
    """What an added or deleted row says: the first of its values that mean something."""
    found = _named(change, ("account_id", "amount", "text", "code", "name"))
    return " · ".join(islice((_value(column, value) for column, value in found if value), 3))


def _value(column: Column, value: Any) -> str:
    field: Any = column.field
    if value is None or value == "":
        return NOTHING
    if field.many_to_one:
        return _name(field.related_model, value)
    if field.flatchoices:
        return capfirst(str(dict(field.flatchoices).get(value, value)))
    return _shown(python_value(column, value), getattr(field, "decimal_places", 0))


def _shown(value: Any, decimals: int) -> str:
    match value:
        case bool():
            return _("yes") if value else _("no")
        case Decimal():
            return shown(value, decimals)
        case datetime() | date():
            return date_format(value, "SHORT_DATE_FORMAT")
        case _:
            return str(value)


def _name(model: type[Model], key: Any) -> str:
    found = model._base_manager.filter(pk=key).first()
    return str(found) if found is not None else _("not in this copy")
