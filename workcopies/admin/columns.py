"""The fields of a document as people read and write them: their words, their values, a field to type another into."""

import dataclasses
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from django import forms
from django.db import models
from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES, SELECT_CLASSES

from access.http.admin.amounts import AmountField
from access.http.admin.days import DayInput
from access.http.admin.values import shown
from ledger.models import Account, Company, Customer, DimensionValue, Supplier, Voucher
from timesheets.models import TimeCategory
from workcopies.documents.document import Document
from workcopies.documents.kinds import Kind

ModelField: TypeAlias = models.Field[Any, Any]

# What a code stands for is told beside it: the code's field, by model.
NAMED: dict[type[Model], str] = {
    Account: "number",
    DimensionValue: "code",
    Supplier: "number",
    Customer: "number",
    TimeCategory: "number",
}
DIMENSIONS = {"cost_centre": 1, "project": 2, "object": 3, "management_area": 4}
# What a voucher's row is written by; the rest of it goes along.
TYPED_OF_ROWS = ("account", "text", "amount", *DIMENSIONS, "quantity")

Names: TypeAlias = Mapping[tuple[str, str], str]


@dataclasses.dataclass(frozen=True)
class Column:
    """One field of a document: its name there, and the model's field behind it, where there is one."""

    name: str
    field: ModelField | None

    @property
    def word(self) -> str:
        """What people call it."""
        return str(capfirst(self.field.verbose_name if self.field is not None else self.name))

    @property
    def target(self) -> type[Model] | None:
        """What it refers to."""
        return self.field.related_model if self.field is not None and self.field.is_relation else None

    @property
    def is_amount(self) -> bool:
        """Whether its values stand below each other by their decimals."""
        return isinstance(self.field, models.DecimalField)

    @property
    def is_typed(self) -> bool:
        """Whether another value may be typed."""
        return self.field is not None and not isinstance(self.field, models.JSONField) and self.target is not Voucher

    def shown(self, value: Any) -> str:
        """A value as people write it; nothing for none."""
        match value:
            case None | "":
                return ""
            case {"number": number, **rest}:
                year = str(rest.get("financial_year") or "")[:4]
                name = f"{rest.get('series') or ''} {number}".strip()
                return f"{name} ({year})" if year else name
            case dict():
                return ", ".join(f"{name}: {text}" for name, text in value.items())
            case str() if self.target is not None:
                return value
        return shown(self.field, value)

    def form_field(self) -> forms.Field:
        """A field of a form for another value."""
        field: Any = self.field
        required = not (field.null or field.blank)
        text_input = forms.TextInput({"class": " ".join(INPUT_CLASSES), "autocomplete": "off"})
        if self.target is not None:
            return forms.CharField(required=required, max_length=64, widget=text_input)
        if isinstance(field, models.BooleanField):
            answers = [("true", _("Yes")), ("false", _("No"))]
            return forms.ChoiceField(choices=answers, widget=forms.Select({"class": " ".join(SELECT_CLASSES)}))
        if field.choices:
            choices = [*([] if required else [("", "–")]), *field.flatchoices]
            select = forms.Select({"class": " ".join(SELECT_CLASSES)})
            return forms.ChoiceField(choices=choices, required=required, widget=select)
        if isinstance(field, models.DecimalField):
            return AmountField(required=required, decimals=field.decimal_places)
        if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
            return forms.DateField(required=required, widget=DayInput())
        made: forms.Field = field.formfield(widget=text_input)
        return made

    def typed(self, value: Any) -> Any:
        """What a form's field holds, as a value of a document."""
        match value:
            case None | "":
                return None  # documents know one form of nothing
            case Decimal():
                places = self.field.decimal_places if isinstance(self.field, models.DecimalField) else 2
                return f"{value:.{places}f}"
            case datetime() | date():
                return value.isoformat()
            case str() if isinstance(self.field, models.BooleanField):
                return value == "true"
            case str() if isinstance(self.field, models.IntegerField):
                return int(value)
        return value

    def initial(self, value: Any) -> Any:
        """A value of a document, for a form's field."""
        match self.field, value:
            case models.BooleanField(), bool():
                return "true" if value else "false"
            case models.DecimalField(), str():
                return Decimal(value)
            case _, dict() | list():
                return json.dumps(value, ensure_ascii=False)
        return value


@dataclasses.dataclass(frozen=True)
class Columns:
    """Those of one kind of documents."""

    kind: Kind

    def of(self, name: str) -> Column:
        """A field of the document itself."""
        content = self.kind.fields_by_name.get(name)
        return Column(name, content.field if content else None)

    def of_row(self, name: str) -> Column:
        """A field of one of its rows."""
        content = self.kind.rows.fields_by_name.get(name) if self.kind.rows else None
        return Column(name, content.field if content else None)


def names_of(columns: Columns, documents: Iterable[Document | None], *, company: Company) -> Names:
    """What the codes in some documents stand for, by the field's name and the code: a query for each kind."""
    asked: dict[type[Model], set[tuple[str, str]]] = defaultdict(set)
    for column, value in _references(columns, documents):
        if column.target in NAMED and value not in {None, ""}:
            asked[column.target].add((column.name, str(value)))
    found: dict[tuple[str, str], str] = {}
    for model, references in asked.items():
        by = NAMED[model]
        rows: Any = model._default_manager.filter(
            company=company, **{f"{by}__in": {code for _name, code in references}}
        )
        known = {(getattr(row, "dimension", None), str(getattr(row, by))): row.name for row in rows}
        for name, code in references:
            dimension = DIMENSIONS[name] if model is DimensionValue else None
            if (dimension, code) in known:
                found[name, code] = known[dimension, code]
    return found


def _references(columns: Columns, documents: Iterable[Document | None]) -> Iterator[tuple[Column, Any]]:
    for document in documents:
        if document is not None:
            yield from ((columns.of(name), value) for name, value in document.fields.items())
            for row in (document.rows or {}).values():
                yield from ((columns.of_row(name), value) for name, value in row.items())
