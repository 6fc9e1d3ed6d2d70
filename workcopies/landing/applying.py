"""Writing one merged document by the services: what everybody else's writing goes through, with the same rules."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from access.rights import Rights
from ledger.models import Company, Voucher
from ledger.models.invoices import Numbered
from ledger.services import rows as registers
from timesheets.models import TimeCategory, TimeTransaction
from workcopies.documents.document import Document
from workcopies.documents.kinds import Kind, kind_of
from workcopies.landing import hours, vouchers
from workcopies.landing.finding import Finder
from workcopies.landing.refusing import Refused
from workcopies.landing.report import Operation
from workcopies.landing.values import values_of

VERBS: dict[Operation, str] = {"created": "add", "changed": "change", "deleted": "delete"}


@dataclasses.dataclass
class Applier:
    """Writes documents as somebody who has `rights`; what they refer to is found by `finder`.

    `registrations` are the numbers that registrations of hours made in a copy got here, by company and their own.
    """

    rights: Rights
    finder: Finder
    registrations: dict[tuple[str, str], int] = dataclasses.field(default_factory=dict)

    def check_right(self, document: Document, operation: Operation) -> None:
        """Raise `Refused` unless the right to do this is there, in the document's company, as of now."""
        meta = document.kind.model._meta
        if document.kind.is_read_only:
            text = _("%(register)s come with imports; a working copy doesn't change them.")
            raise Refused(text % {"register": str(meta.verbose_name_plural).capitalize()}, code="read_only")
        permission = f"{meta.app_label}.{VERBS[operation]}_{meta.model_name}"
        if not self._may(permission, document.company):
            text = {
                "created": _("You lack the right to add %(register)s in company %(company)s."),
                "changed": _("You lack the right to change %(register)s in company %(company)s."),
                "deleted": _("You lack the right to delete %(register)s in company %(company)s."),
            }[operation]
            told = text % {"register": meta.verbose_name_plural, "company": document.company}
            raise Refused(told, code="permission_denied")

    def check_may_see(self, kind: Kind, company: str) -> None:
        """Raise `Refused` unless documents of a kind may be seen: a conflict shows what the server has."""
        if not self.may_see(kind, company):
            text = _("You lack the right to see %(register)s in company %(company)s.")
            told = text % {"register": kind.model._meta.verbose_name_plural, "company": company}
            raise Refused(told, code="permission_denied")

    def may_see(self, kind: Kind, company: str) -> bool:
        """Whether documents of a kind may be seen in a company."""
        meta = kind.model._meta
        return self._may(f"{meta.app_label}.view_{meta.model_name}", company)

    @property
    def may_add_companies(self) -> bool:
        """Whether a company may be added: by whoever may in all of them."""
        return self.rights.companies_with("ledger.add_company") is None

    def create(self, document: Document) -> Model:
        """Make a document; returns its row, which has its key now: numbers are given here."""
        if document.kind.model is Company:
            values = {**self._values(document, document.fields), "number": document.company}
            return registers.create(row=Company(), values=values)  # type: ignore[no-any-return]
        company = self._company(document)
        if document.kind.model is Voucher:
            return vouchers.post(company=company, document=document, finder=self.finder)
        row, key = self._new_row(document, company)
        values = self._values(document, document.fields)
        match row:
            case TimeCategory():
                return hours.create_hours_category(row=row, values={**values, **key})
            case TimeTransaction():
                return self._register_hours(row, document, values)
            case _:
                return registers.create(row=row, values={**values, **key})  # type: ignore[no-any-return]

    def change(self, document: Document, theirs: Document) -> None:
        """Make a document that is `theirs` what it is to be."""
        row = self.row_of(theirs)
        if isinstance(row, Voucher):
            vouchers.change(voucher=row, document=document, theirs=theirs, finder=self.finder)
            return
        changed = {name: value for name, value in document.fields.items() if theirs.fields.get(name) != value}
        values = self._values(document, changed)
        match row:
            case TimeCategory():
                hours.change_hours_category(row=row, values=values)
            case TimeTransaction():
                hours.change_hours_row(row=row, values=values, may_approve=self._may(hours.APPROVE, document.company))
            case _:
                registers.change(row=row, values=values)

    def delete(self, theirs: Document) -> None:
        """Delete a document."""
        row = self.row_of(theirs)
        match row:
            case Voucher():
                vouchers.delete(voucher=row)
            case TimeCategory():
                hours.delete_hours_category(row=row)
            case TimeTransaction():
                hours.delete_hours_row(row=row, may_approve=self._may(hours.APPROVE, theirs.company))
            case _:
                registers.delete(row=row)

    def row_of(self, document: Document) -> Model:
        """The row that a document is of here. Raises `Refused` where there is none."""
        row = self.finder.get(document.register, document.key)
        if row is None:
            raise Refused(_("It is not here any more."), code="not_found")
        return row

    def _register_hours(self, row: TimeTransaction, document: Document, values: dict[str, Any]) -> TimeTransaction:
        return hours.create_hours(
            row=row,
            values=values,
            uid=self.registrations.get((document.company, document.key[1])),
            may_approve=self._may(hours.APPROVE, document.company),
        )

    def _new_row(self, document: Document, company: Company) -> tuple[Model, dict[str, Any]]:
        """A row of the document's company, and what else of its key is to be said: not the number that it will get."""
        row, key = document.kind.model(), {}
        parts = {part.path: text for part, text in zip(document.kind.key, document.key, strict=True)}
        for field in document.kind.key_fields:
            if isinstance(field, models.ForeignKey):
                is_company = field.remote_field.model is Company
                setattr(row, field.name, company if is_company else self._owner(field, document.company, parts))
            elif not isinstance(row, Numbered | TimeTransaction):
                key[field.name] = field.to_python(parts[field.name])
        return row, key

    def _owner(self, field: "models.ForeignKey[Any, Any]", company: str, parts: Mapping[str, str]) -> Model:
        """What is part of the key: the dimension of a dimension's value, the category of hours."""
        texts = [text for path, text in parts.items() if path.startswith(f"{field.name}__") and "company" not in path]
        row = self.finder.get(kind_of(field.remote_field.model).register, (company, *texts))
        if row is None:
            text = _("What it belongs to is not here, or did not land: %(key)s.")
            raise Refused(text % {"key": " ".join(texts)}, code="unknown_reference")
        return row

    def _company(self, document: Document) -> Company:
        row = self.finder.get(Company._meta.db_table, (document.company,))
        if not isinstance(row, Company):
            raise Refused(_("The company is not here any more."), code="not_found")
        return row

    def _values(self, document: Document, fields: Any) -> dict[str, Any]:
        return values_of(fields, document.kind.fields_by_name, company=document.company, finder=self.finder)

    def _may(self, permission: str, company: str) -> bool:
        if permission in {"ledger.add_company", "ledger.delete_company"}:
            return self.rights.companies_with(permission) is None
        row = self.finder.get(Company._meta.db_table, (company,))
        return row is not None and self.rights.may(permission, company=row.pk)
