"""`/api/v1/{register}`: a page of rows, and one row. Bound to a register by `of`; views that also write inherit."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Self

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

from access.http.parameters import refuse_unknown
from access.http.scope import KeyScope
from ledger.models import Company
from registers.api import addresses, openapi
from registers.api.answers import JSON, answer, etag_of
from registers.api.cursors import Cursors
from registers.api.filters import RegisterFilter, filters_of
from registers.api.serializers import RowQuery, RowsOfCompanyQuery, RowsQuery, split
from registers.paging import Page, read_page
from registers.register import Register
from registers.rows import read_one, read_row

VERBS = {"GET": "view", "POST": "add", "PUT": "change", "PATCH": "change", "DELETE": "delete"}
ALTERNATE = '<{address}>; rel="alternate"; title="One-off transfer: a whole register, without asking page by page"'


class RegisterView(KeyScope):
    """A view of one register."""

    register: ClassVar[Register]
    writes_configuration = False
    throttle_scope = "registers"

    @classmethod
    def of(cls, register: Register) -> type[Self]:
        """Return this view of a register: what it needs rights for, and what OpenAPI says of it."""
        options = register.model._meta
        rights = {
            method: f"{options.app_label}.{verb}_{options.model_name}"
            for method, verb in VERBS.items()
            if hasattr(cls, method.lower())
        }
        name = openapi.name_of(register) + cls.__name__
        bound: type[Self] = type(name, (cls,), {"register": register, "required_permissions": rights})
        return extend_schema_view(**cls.descriptions(register))(bound)

    @classmethod
    def descriptions(cls, register: Register) -> Mapping[str, Callable[..., Any]]:
        """Return what OpenAPI says of each method; a view that adds one adds its description."""
        raise NotImplementedError

    def company_of(self, number: str) -> Company:
        """Return the company of a number, if the key may do there what the method needs."""
        return self.check_company(None if "\0" in number else Company.objects.filter(number=number).first())


class RegisterList(RegisterView):
    """A page of a register's rows."""

    @classmethod
    def descriptions(cls, register: Register) -> Mapping[str, Callable[..., Any]]:
        """Return what OpenAPI says."""
        return {"get": openapi.list_rows(register)}

    def get(self, request: Request) -> HttpResponse:
        """Return a page."""
        register, query = self.register, request.query_params
        wanted, filters = self._read(query)
        company = self.company_of(wanted["company"]) if "company" in wanted else None
        cursors = Cursors(register.name, dict(query.lists()))
        cursor = cursors.read(wanted["cursor"]) if "cursor" in wanted else None
        page = read_page(
            register,
            filters.within(self._rows(company), company),
            cursor=cursor,
            limit=wanted["limit"],
            since=filters.since,
            fields=wanted.get("fields"),
        )
        response = answer(request, self._as_json(request, page, cursors))
        if register.information_type and not filters.data:
            response["Link"] = ALTERNATE.format(address=request.build_absolute_uri(reverse("transfers")))
        return response

    def _read(self, query: QueryDict) -> tuple[dict[str, Any], RegisterFilter]:
        """Return the valid parameters beside the filters, and the filters; raises ValidationError for all at once."""
        kind = RowsOfCompanyQuery if self.register.information_type else RowsQuery
        ours, others = split(query, kind)
        filters = filters_of(self.register)(others, queryset=self.register.rows())
        serializer = kind(data=ours, context={"register": self.register})
        wrong = {**refuse_unknown(filters.unknown()), **filters.wrong()}
        if not serializer.is_valid() or wrong:
            raise ValidationError({**serializer.errors, **wrong})
        return serializer.validated_data, filters

    def _rows(self, company: Company | None) -> "QuerySet[Model]":
        if company is not None:
            return self.register.rows_of(company)
        allowed = self.companies
        return self.register.rows() if allowed is None else self.register.rows().filter(pk__in=allowed)

    def _as_json(self, request: Request, page: Page, cursors: Cursors) -> str:
        def address(cursor: Any) -> str:
            query = request.query_params.copy()
            query["cursor"] = cursors.write(cursor)
            return json.dumps(request.build_absolute_uri(f"{request.path}?{query.urlencode()}"))

        previous, following = (address(cursor) if cursor else "null" for cursor in (page.previous, page.next))
        rows = ",".join(row.line for row in page.rows)
        return f'{{"next":{following},"previous":{previous},"results":[{rows}]}}'


class RegisterItem(RegisterView):
    """One row."""

    @classmethod
    def descriptions(cls, register: Register) -> Mapping[str, Callable[..., Any]]:
        """Return what OpenAPI says."""
        return {"get": openapi.read_row(register)}

    def get(self, request: Request, **key: str) -> HttpResponse:
        """Return the row."""
        wanted = RowQuery.read(request, register=self.register)
        line = read_one(self.register, self.row(**key), fields=wanted.get("fields"))
        if line is None:
            raise NotFound
        return answer(request, line)

    def row(self, **key: str) -> "QuerySet[Model]":
        """Return the one row that the address names, or none; raises 404 or 403 for its company.

        To change it: `row(**key).select_for_update(of=("self",)).first()`, then `check` what the caller has read.
        """
        number, *parts = addresses.parts_of(self.request, key)
        company = self.company_of(number)
        values = addresses.values_of(self.register, [number, *parts])
        return self.register.rows().none() if values is None else self.register.named(company, values)

    def etag(self, row: Model) -> str:
        """Return the `ETag` of a row's whole `data` as the database has it now: what `If-Match` is compared with."""
        return etag_of(read_row(self.register, row))


def shown(request: HttpRequest, register: Register, row: Model, *, status: int = 200) -> HttpResponse:
    """Return a row that was written, with its `ETag`; with 201 also its `Location`."""
    line = read_row(register, row)
    response = HttpResponse(line.encode(), status=status, content_type=JSON)
    response["ETag"] = etag_of(line)
    if status == HTTPStatus.CREATED:
        response["Location"] = request.build_absolute_uri(addresses.path_of(register, json.loads(line)))
    return response
