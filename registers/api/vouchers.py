"""`/api/v1/vouchers`: posted, replaced and reversed as a whole, by the services that the admin uses as well."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError
from rest_framework.request import Request

from access.http.parameters import NoParameters
from access.http.writing import WritingView
from ledger.exceptions import AlreadyReversed, UnknownRow
from ledger.models import Company, Voucher
from ledger.services.reversals import reverse_voucher
from ledger.services.vouchers import Header, change_voucher, lock_voucher, post_voucher
from registers.api import addresses, voucher_openapi
from registers.api.answers import JSON, answer, etag_of
from registers.api.voucher_bodies import ReversalBody, VoucherBody, VoucherChange
from registers.api.voucher_content import address_of, as_json, content_of
from registers.api.voucher_entries import References

Codes = Mapping[str, tuple[str, ...]]
READ_ONLY = ("company", "financial_year", "series", "number", "reverses", "reversed_by")


class VoucherView(WritingView):
    """What all addresses of vouchers share."""

    writes_configuration = False
    # Of the words behind the key in the address
    verbs: ClassVar[int] = 0

    def company_of(self, number: str) -> Company:
        """Return the company of a number, if the key may do there what the method needs."""
        return self.check_company(None if "\0" in number else Company.objects.filter(number=number).first())

    def voucher(self, **key: str) -> Voucher:
        """Return the voucher that the address names; raises 404, and 403 where the right is missing."""
        number, year, *name = addresses.parts_of(self.request, key, verbs=self.verbs)
        company = self.company_of(number)
        found = _named(company, year, *name).select_related("company", "financial_year", "reverses__financial_year")
        voucher = found.select_related("reverses__company").first()
        if voucher is None:
            raise NotFound
        return voucher


class VoucherList(VoucherView):
    """Where vouchers are posted."""

    required_permissions = {"POST": "ledger.add_voucher"}
    problem_codes: ClassVar[Codes] = {"POST": ("unbalanced", "period_locked")}

    @voucher_openapi.post_voucher
    def post(self, request: Request) -> HttpResponse:
        """Post a voucher; its number is given here."""
        body = VoucherBody.read(request)
        company = self.company_of(body["company"])
        entries = References(company, body["rows"]).entries()
        header = _header(body, registered_on=timezone.localdate())
        with self.writing():
            voucher = post_voucher(company=company, series=body["series"], header=header, entries=entries)
            return created(request, voucher)


class VoucherItem(VoucherView):
    """One voucher."""

    required_permissions = {"GET": "ledger.view_voucher", "PUT": "ledger.change_voucher"}
    problem_codes: ClassVar[Codes] = {"PUT": ("unbalanced", "period_locked", "precondition_failed")}

    @voucher_openapi.read_voucher
    def get(self, request: Request, **key: str) -> HttpResponse:
        """Return it with its rows."""
        NoParameters.read(request)
        return answer(request, as_json(content_of(self.voucher(**key))))

    @voucher_openapi.change_voucher
    def put(self, request: Request, **key: str) -> HttpResponse:
        """Make it as the body says: rows that it names by `row` stay, others are new, those left out are deleted."""
        body = VoucherChange.read(request)
        voucher = self.voucher(**key)
        references = References(voucher.company, body["rows"])
        with self.writing():
            lock_voucher(voucher)
            content = content_of(voucher)
            self.check_if_match(etag_of(as_json(content)))
            _check_unchanged(body, content)
            voucher.refresh_from_db()
            entries = references.entries({row.row: row for row in voucher.rows.all()})
            header = _header(body, registered_on=voucher.registered_on, signature=voucher.signature)
            try:
                changed = change_voucher(voucher=voucher, header=header, entries=entries)
            except UnknownRow as error:
                error.field = _place(body["rows"], error.row)
                raise
            return _shown(content_of(changed))


class ReversalView(VoucherView):
    """Where a voucher is taken back."""

    required_permissions = {"POST": "ledger.add_voucher"}
    problem_codes: ClassVar[Codes] = {"POST": ("already_reversed", "period_locked")}
    verbs = 1

    @voucher_openapi.reverse_voucher
    def post(self, request: Request, **key: str) -> HttpResponse:
        """Post another with all signs turned."""
        wanted = {name: value for name, value in ReversalBody.read(request).items() if value is not None}
        voucher = self.voucher(**key)
        with self.writing():
            try:
                reversal = reverse_voucher(voucher=voucher, **wanted)
            except AlreadyReversed as error:
                error.members["location"] = address_of(request, error.reversal)
                raise
            return created(request, reversal)


def created(request: HttpRequest, voucher: Voucher) -> HttpResponse:
    """Return a new voucher, with its address."""
    response = _shown(content_of(voucher), status=201)
    response["Location"] = address_of(request, voucher)
    return response


def _shown(content: dict[str, Any], *, status: int = 200) -> HttpResponse:
    text = as_json(content)
    return HttpResponse(text.encode(), status=status, content_type=JSON, headers={"ETag": etag_of(text)})


def _named(company: Company, year: str, series: str, number: str) -> QuerySet[Voucher]:
    """Return the one voucher of a name, or none."""
    vouchers = Voucher.objects.filter(company=company)
    try:
        first_day = date.fromisoformat(year)
    except ValueError:
        return vouchers.none()
    if first_day.isoformat() != year or "\0" in series + number:
        return vouchers.none()
    return vouchers.filter(financial_year__first_day=first_day, series=series, number=number)


def _header(body: Mapping[str, Any], **otherwise: Any) -> Header:
    """What the body says of the voucher; `otherwise` is what is left out."""
    values = {**otherwise, **{name: body[name] for name in ("registered_on", "signature") if name in body}}
    return Header(
        voucher_date=body["voucher_date"],
        text=body.get("voucher_text") or "",
        registered_on=values.get("registered_on"),
        signature=values.get("signature") or "",
    )


def _check_unchanged(body: Mapping[str, Any], content: Mapping[str, Any]) -> None:
    """Raise ValidationError where the body asks for another name than the voucher has."""
    detail = _("What names a voucher, and what it reverses, never changes. Leave it out.")
    wrong: dict[str, Any] = {
        name: [ErrorDetail(detail, code="natural_key_changed")]
        for name in READ_ONLY
        if name in body and body[name] != content[name]
    }
    if wrong:
        raise ValidationError(wrong)


def _place(rows: list[Mapping[str, Any]], row: int | None) -> str:
    """The field of the row that isn't there."""
    return next((f"rows.{place}.row" for place, one in enumerate(rows) if one.get("row") == row), "rows")
