"""Master data written row by row: made, changed and deleted. Source: CONTRACT §2."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, ClassVar, cast

from django.core.exceptions import RequestDataTooBig
from django.db.models import Model
from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from access.http.parameters import NoParameters
from access.http.writing import WritingView
from inbox.addresses import switch_off, switch_on
from ledger.exceptions import AlreadyExists, NaturalKeyChanged
from ledger.models import Company
from ledger.services.master_data import change_row, create_row, delete_row
from registers.api import addresses, openapi
from registers.api.bodies import CompanyChange, body_of
from registers.api.reading import RegisterItem, RegisterList, shown
from registers.register import Register

Codes = Mapping[str, tuple[str, ...]]
PORTAL, SWITCHES = "invoice_portal", "inbox.change_portal"


class NewRows(WritingView, RegisterList):
    """A page of rows, and new ones."""

    problem_codes: ClassVar[Codes] = {"POST": ("already_exists",)}

    @classmethod
    def descriptions(cls, register: Register) -> Mapping[str, Callable[..., Any]]:
        """Return what OpenAPI says."""
        return {**super().descriptions(register), "post": openapi.create_row(register, body_of(register))}

    def post(self, request: Request) -> HttpResponse:
        """Make a row."""
        values = body_of(self.register).read(request)
        key = {name: values[name] for name in self.register.key}
        row = self.new_row(values)
        with self.writing():
            try:
                create_row(row=row, values=values)
            except AlreadyExists as taken:
                path = addresses.path_of(self.register, key)
                taken.members["location"] = request.build_absolute_uri(path)
                raise
            return shown(request, self.register, row, status=201)

    def new_row(self, values: dict[str, Any]) -> Model:
        """Return a row without values, of the company that they name, which it takes from them."""
        return self.register.model(company=self.company_of(values.pop("company")), **self.register.only)


class NewCompanies(NewRows):
    """The companies, and new ones."""

    def new_row(self, values: dict[str, Any]) -> Company:  # noqa: ARG002 (what it takes them from names no company)
        """Return a company; a new one is of nobody's yet, so who makes it has the right in all of them."""
        if self.rights.visible == frozenset():
            raise NotFound
        if self.companies is not None:
            raise PermissionDenied(_("Only a key with this right in the whole installation makes companies."))
        return Company()


class ChangedRow(WritingView, RegisterItem):
    """One row, which may be changed."""

    problem_codes: ClassVar[Codes] = {"PATCH": ("precondition_failed",)}

    @classmethod
    def descriptions(cls, register: Register) -> Mapping[str, Callable[..., Any]]:
        """Return what OpenAPI says."""
        change = openapi.change_row(register, body_of(register, is_change=True))
        return {**super().descriptions(register), "patch": change}

    def patch(self, request: Request, **key: str) -> HttpResponse:
        """Change the fields that the body names."""
        values = body_of(self.register, is_change=True).read(request)
        with self.writing():
            row = self.locked(**key)
            self._keep_key(values, **key)
            change_row(row=row, values=values)
            return shown(request, self.register, row)

    def _keep_key(self, values: dict[str, Any], **key: str) -> None:
        """Take out of the values what names the row; raises NaturalKeyChanged where it is to be another."""
        for name, part in zip(self.register.key, addresses.parts_of(self.request, key), strict=True):
            if values.pop(name, part) != part:
                raise NaturalKeyChanged(field=name)

    def locked(self, **key: str) -> Model:
        """Return the row, which nobody else changes meanwhile; raises 404, and 412 where it isn't what was read."""
        # Rows that refer to it may be written meanwhile.
        row = self.row(**key).select_for_update(of=("self",), no_key=True).first()
        if row is None:
            raise NotFound
        self.check_if_match(self.etag(row))
        return row


class ChangedCompany(ChangedRow):
    """A company: its own fields are changed by one right, its e-mail portal is switched by another."""

    writes_configuration = True  # the portal's history tells which key switched it
    _unreadable: Exception | None = None

    @classmethod
    def descriptions(cls, register: Register) -> Mapping[str, Callable[..., Any]]:
        """Return what OpenAPI says."""
        change = openapi.change_row(register, CompanyChange)
        return {**super().descriptions(register), "patch": change}

    def patch(self, request: Request, **key: str) -> HttpResponse:
        """Change the fields that the body names, and switch the portal."""
        if self._unreadable:
            raise self._unreadable
        values = CompanyChange.read(request)
        with self.writing():
            company = cast(Company, self.locked(**key))
            self._keep_key(values, **key)
            if PORTAL in values:
                self._switch(company, is_on=values.pop(PORTAL))
            change_row(row=company, values=values)
            return shown(request, self.register, company)

    def _switch(self, company: Company, *, is_on: bool) -> None:
        if not self.rights.may(SWITCHES, company=company.pk):
            raise self._lacks(SWITCHES)
        if is_on:
            switch_on(company=company, user=self.key.owner)
        else:
            switch_off(company=company)

    def _permission_for(self, method: str) -> str | None:
        """Who only switches the portal needs no right to change the company."""
        is_switch = method == "PATCH" and self._named == {PORTAL}
        return SWITCHES if is_switch else super()._permission_for(method)

    @cached_property
    def _named(self) -> set[str]:
        """The names in the body; none where it can't be read, which is told after what the key lacks."""
        try:
            body = self.request.data
        except (APIException, RequestDataTooBig) as error:
            self._unreadable = error  # a body is read once: the next time it would seem empty
            return set()
        return set(body) if isinstance(body, Mapping) else set()


class MasterDataRow(ChangedRow):
    """One row, which may be changed and deleted."""

    problem_codes: ClassVar[Codes] = {**ChangedRow.problem_codes, "DELETE": ("precondition_failed", "in_use")}

    @classmethod
    def descriptions(cls, register: Register) -> Mapping[str, Callable[..., Any]]:
        """Return what OpenAPI says."""
        return {**super().descriptions(register), "delete": openapi.delete_row(register)}

    def delete(self, request: Request, **key: str) -> HttpResponse:
        """Delete the row, if nothing refers to it."""
        NoParameters.read(request)
        with self.writing():
            delete_row(row=self.locked(**key))
        return Response(status=204)
