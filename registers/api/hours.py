"""`/api/v1/time-transactions`: hours registered, one row or many at once. Source: CONTRACT §2."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from access.http.openapi import JsonSchema
from access.http.parameters import NoParameters
from access.http.writing import WritingView
from ledger.models import Company
from registers.api import addresses, openapi
from registers.api.answers import JSON, etag_of
from registers.api.reading import RegisterList
from registers.register import Register
from registers.rows import read
from timesheets.exceptions import HoursRefused, RowError
from timesheets.services.cleaning import FILLED_IN, REQUIRED
from timesheets.services.registering import Outcome, Registered, register_hours

MOST_ROWS = 5000
CHANGES = "timesheets.change_timetransaction"
LACKING = "permission_denied"

Row = Mapping[str, Any]
Lines = dict[tuple[int, int], str]


class NewHours(WritingView, RegisterList):
    """A page of hours, and new or changed ones."""

    problem_codes: ClassVar[Mapping[str, tuple[str, ...]]] = {"POST": ("changed_meanwhile",)}

    @classmethod
    def descriptions(cls, register: Register) -> Mapping[str, Callable[..., Any]]:
        """Return what OpenAPI says."""
        return {**super().descriptions(register), "post": _description(register)}

    def post(self, request: Request) -> HttpResponse:
        """Register them, all or none."""
        NoParameters.read(request)
        is_list = isinstance(request.data, list)
        sent: Any = request.data
        rows = _checked(sent if is_list else [sent], is_list=is_list)
        companies = self._companies(rows)
        with self.writing():
            done = self._register(rows, companies, is_list=is_list)
            lines = self._lines(companies.values(), done)
        self.gave = [path for row, one in zip(rows, done, strict=True) for path in self._made(row, one)]
        told = [
            lines[str(row["company"])][one.uid or 0, one.time_category] for row, one in zip(rows, done, strict=True)
        ]
        status = 201 if any(one.outcome is Outcome.CREATED for one in done) else 200
        if is_list:
            return HttpResponse(f"[{','.join(told)}]".encode(), status=status, content_type=JSON)
        return self._single(request, told[0], status=status)

    def _companies(self, rows: Sequence[Row]) -> dict[str, Company]:
        """Return the companies of the rows by number; raises 404, and 403 where the right is missing."""
        numbers = dict.fromkeys(row["company"] for row in rows)
        # Half a character, which a JSON body may hold, can't be looked for.
        sought = [number for number in numbers if number.isascii()]
        found = {company.number: company for company in Company.objects.filter(number__in=sought)}
        return {number: self.check_company(found.get(number)) for number in numbers}

    def _register(self, rows: Sequence[Row], companies: Mapping[str, Company], *, is_list: bool) -> list[Registered]:
        """Register the rows of each company; all that is wrong of all of them is told at once."""
        done: dict[int, Registered] = {}
        wrong: list[tuple[int, RowError]] = []
        # In one order, since each company's hours are registered one after the other.
        for company in sorted(companies.values(), key=lambda one: one.pk):
            places = [place for place, row in enumerate(rows) if row["company"] == company.number]
            try:
                registered = register_hours(
                    company=company,
                    rows=[_without_company(rows[place]) for place in places],
                    may_change=self.rights.may(CHANGES, company=company.pk),
                )
            except HoursRefused as refused:
                wrong += [(places[error.row], error) for error in refused.errors]
            else:
                done |= dict(zip(places, registered, strict=True))
        if any(error.code == LACKING for _place, error in wrong):
            raise self._lacks(CHANGES)
        if wrong:
            raise ValidationError(_told(wrong, is_list=is_list))
        return [done[place] for place in range(len(rows))]

    def _lines(self, companies: Iterable[Company], done: Sequence[Registered]) -> dict[str, Lines]:
        """Return the rows as they are now, by company, uid and category."""
        keys = [one.pk for one in done]
        found: dict[str, Lines] = {}
        for company in companies:
            chosen = self.register.rows_of(company).filter(pk__in=keys)
            for row in read(self.register, chosen, limit=MOST_ROWS):
                data = json.loads(row.line)
                found.setdefault(company.number, {})[data["uid"], data["time_category"]] = row.line
        return found

    def _made(self, row: Row, one: Registered) -> Iterator[str]:
        """The address of a row that is new."""
        if one.outcome is Outcome.CREATED:
            key = {"company": row["company"], "uid": one.uid or 0, "time_category": one.time_category}
            yield addresses.path_of(self.register, key)

    def _single(self, request: Request, line: str, *, status: int) -> HttpResponse:
        response = HttpResponse(line.encode(), status=status, content_type=JSON, headers={"ETag": etag_of(line)})
        response["Location"] = request.build_absolute_uri(addresses.path_of(self.register, json.loads(line)))
        return response


def _without_company(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "company"}


def _checked(rows: Sequence[Any], *, is_list: bool) -> Sequence[Row]:
    """Return the rows if each is an object with a company and exact numbers; raises ValidationError."""
    if not rows:
        raise ValidationError(ErrorDetail(_("The list is empty."), code="empty"))
    if len(rows) > MOST_ROWS:
        told = {"most": MOST_ROWS, "count": len(rows)}
        detail = _("At most %(most)s rows at once, and these are %(count)s. Send them in parts.") % told
        raise ValidationError(ErrorDetail(detail, code="max_length"))
    wrong = [(place, error) for place, row in enumerate(rows) for error in _errors(row, place)]
    if wrong:
        raise ValidationError(_told(wrong, is_list=is_list))
    return rows


def _errors(row: Any, place: int) -> Iterable[RowError]:
    if not isinstance(row, Mapping):
        yield RowError(row=place, code="invalid", message=_("A row is an object with fields."))
        return
    company, quantity = row.get("company"), row.get("quantity")
    if "company" not in row:
        yield RowError(row=place, field="company", code="required", message=_("The company's number is missing."))
    elif not isinstance(company, str) or "\0" in company:
        yield RowError(row=place, field="company", code="invalid", message=_("A company's number is a string."))
    if isinstance(quantity, int | float):
        detail = _('Write hours as a string, such as "7.50": a JSON number isn\'t exact.')
        yield RowError(row=place, field="quantity", code="not_a_string", message=detail)


def _told(wrong: Iterable[tuple[int, RowError]], *, is_list: bool) -> dict[str, list[ErrorDetail]]:
    """What is wrong, each at its row and field: `3.quantity` in a list, `quantity` of a single row."""
    told: dict[str, list[ErrorDetail]] = {}
    for place, error in wrong:
        names = [str(place)] if is_list else []
        names += [error.field] if error.field else []
        told.setdefault(".".join(names) or "non_field_errors", []).append(ErrorDetail(str(error.message), error.code))
    return told


def _description(register: Register) -> Callable[..., Any]:
    row, whole = _body(register), {"$ref": f"#/components/schemas/{openapi.name_of(register)}Data"}
    many = {"type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": row}
    answer = {"oneOf": [whole, {"type": "array", "items": whole}]}
    return extend_schema(
        operation_id="register_hours",
        tags=openapi.TAGS,
        summary="Register hours",
        description=(
            "One row, or a list of at most 5000, of one company or several; all of them or none. A row whose "
            "`external_id` is known in its company and `time_category` changes that one: what it names, nothing else, "
            "and its approvals are withdrawn. Else it is new, and gets a `uid`. Rows of one `external_id`, or of one "
            "`registration` (any text, not kept), share theirs. Errors name the row of a list, counted from 0 "
            "(`3.quantity`)."
        ),
        parameters=[openapi.written(201), openapi.written(200), openapi.location()],
        request={JSON: {"oneOf": [row, many]}},
        responses={
            200: OpenApiResponse(answer, description="All were there: they are changed, or as they were."),
            201: OpenApiResponse(answer, description="As they are now; one at least is new. In the order given."),
        },
    )


def _body(register: Register) -> JsonSchema:
    """The schema of a row that is sent: `data` without what is filled in here."""
    fields = openapi.data_schema(register)["properties"]
    properties = {name: schema for name, schema in fields.items() if name not in FILLED_IN}
    registration = {"type": ["string", "null"], "maxLength": 64, "description": "What rows of one registration share."}
    return {
        "type": "object",
        "properties": {**properties, "uid": {**properties["uid"], "minimum": 0}, "registration": registration},
        "required": ["company", "time_category", *REQUIRED],
    }
