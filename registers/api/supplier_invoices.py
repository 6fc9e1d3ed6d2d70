"""`/api/v1/supplier-invoices`: registered as JSON, or taken in as the supplier's own document. Source: CONTRACT §2."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from access.http.parameters import Day, QuerySerializer, StrictSerializer, Text
from access.http.parsers import JsonParser
from access.http.writing import WritingView
from ledger.exceptions import DuplicateInvoice
from ledger.models import Company, Supplier, SupplierInvoice, Voucher
from ledger.models.company import currency_code
from ledger.services.supplier_invoices import InvoiceContent, register_supplier_invoice
from registers.api import addresses, openapi
from registers.api.amounts import AmountText
from registers.api.documents import DOCUMENT_PARSERS, Document, is_document, largest_body
from registers.api.reading import RegisterList, shown
from registers.register import Register

OF_OTHERS = ("currency", "voucher")
GIVEN = tuple(field.name for field in dataclasses.fields(InvoiceContent) if field.name not in OF_OTHERS)


class InvoiceQuery(QuerySerializer):
    """Whose invoice it is."""

    company = Text(max_length=32, required=False, help_text=gettext_lazy("Here, or in the body."))


class VoucherName(StrictSerializer):
    """A voucher of the company."""

    financial_year = Day()
    series = Text(max_length=32, allow_blank=True)
    number = Text(max_length=32)


class InvoiceBody(StrictSerializer):
    """An invoice as it is to be; its number is given here."""

    company = Text(max_length=32, required=False, help_text=gettext_lazy("Here, or in the query."))
    supplier = Text(max_length=32, trim_whitespace=False, help_text=gettext_lazy("The supplier's number."))
    invoice_number = Text(max_length=64, help_text=gettext_lazy("The supplier's own."))
    invoice_date = Day()
    due_date = Day(required=False, allow_null=True)
    currency = Text(
        required=False,
        allow_null=True,
        validators=[currency_code],
        help_text=gettext_lazy("By default the supplier's, and without one the company's."),
    )
    amount = AmountText(help_text=gettext_lazy("With VAT; a credit note's is negative."))
    vat_amount = AmountText(required=False, allow_null=True)
    balance = AmountText(
        required=False,
        allow_null=True,
        help_text=gettext_lazy("By default the amount, or 0.00 of what is paid, rejected or cancelled."),
    )
    payment_reference = Text(max_length=64, allow_blank=True, required=False, allow_null=True)
    status = serializers.ChoiceField(choices=SupplierInvoice.Status.choices, default=SupplierInvoice.Status.REGISTERED)
    voucher = VoucherName(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        """Take a number that is null for left out: who sends `data` has it among the fields."""
        if isinstance(data, Mapping) and data.get("number", 0) is None:
            data = {name: value for name, value in data.items() if name != "number"}
        return super().to_internal_value(data)

    def _unknown(self, data: Any) -> dict[str, list[ErrorDetail]]:
        wrong = super()._unknown(data)
        if "number" in wrong:
            wrong["number"] = [ErrorDetail(_("The number is given here. Leave it out."), code="read_only")]
        return wrong


class NewSupplierInvoices(WritingView, RegisterList):
    """A page of invoices, and new ones."""

    problem_codes: ClassVar[Mapping[str, tuple[str, ...]]] = {"POST": ("duplicate_invoice", "disk_full")}
    parser_classes = (JsonParser, *DOCUMENT_PARSERS)
    _document: Document | None = None

    @classmethod
    def descriptions(cls, register: Register) -> Mapping[str, Callable[..., Any]]:
        """Return what OpenAPI says."""
        return {**super().descriptions(register), "post": _description(register)}

    def largest_body(self) -> int:
        """A document may be as large as a message."""
        return largest_body() if is_document(self.request) else super().largest_body()

    def initial(self, request: Request, *arguments: Any, **options: Any) -> None:
        """Check the caller; then read a document, which may take long, before any transaction."""
        super().initial(request, *arguments, **options)
        if request.method == "POST" and is_document(request):
            company = self.company_of(_company_of_document(request))
            # Of no bytes at all nothing is parsed.
            sent: Any = request.data
            content = sent if isinstance(sent, bytes) else b""
            self._document = Document.read(company=company, content=content)

    def post(self, request: Request) -> HttpResponse:
        """Register an invoice, or take in a document."""
        if self._document is not None:
            with self._registering(self._document.company):
                invoice = self._document.take_in(sender=str(self.key.name), write=self.write_uid)
                return shown(request, self.register, invoice, status=201)
        values = _read(request)
        company = self.company_of(values["company"])
        supplier, content = _find(company, values)
        with self._registering(company):
            invoice = register_supplier_invoice(supplier=supplier, content=content)
            return shown(request, self.register, invoice, status=201)

    @contextmanager
    def _registering(self, company: Company) -> Iterator[None]:
        """The transaction that registers an invoice; of one that is there it tells where."""
        with self.writing():
            try:
                yield
            except DuplicateInvoice as error:
                named = {"company": company.number, "number": error.existing.number}
                path = addresses.path_of(self.register, named)
                error.members["location"] = self.request.build_absolute_uri(path)
                raise


def _company_of_document(request: Request) -> str:
    number = InvoiceQuery.read(request).get("company")
    if number is None:
        raise ValidationError({"company": [ErrorDetail(_("Whose invoice it is, is missing."), code="required")]})
    return str(number)


def _read(request: Request) -> dict[str, Any]:
    """Return the fields, with the company that the query or the body names; raises ValidationError."""
    named = InvoiceQuery.read(request).get("company")
    body = InvoiceBody(data=request.data)
    body.is_valid(raise_exception=True)
    values: dict[str, Any] = body.validated_data
    company = values.setdefault("company", named)
    if company is None:
        raise ValidationError({"company": [ErrorDetail(_("Whose invoice it is, is missing."), code="required")]})
    if named not in (None, company):
        detail = _("The query and the body name different companies.")
        raise ValidationError({"company": [ErrorDetail(detail, code="conflict")]})
    return values


def _find(company: Company, values: Mapping[str, Any]) -> tuple[Supplier, InvoiceContent]:
    """Return what the fields refer to, and the invoice; raises ValidationError for what the company hasn't."""
    supplier = Supplier.objects.filter(company=company, number=values["supplier"]).first()
    name = values.get("voucher")
    voucher = _voucher(company, name) if name else None
    wrong: dict[str, Any] = {}
    if supplier is None:
        wrong["supplier"] = _absent(_("The company has no supplier %(number)s.") % {"number": values["supplier"]})
    if name and voucher is None:
        wrong["voucher"] = _absent(_("The company has no such voucher."))
    if supplier is None or wrong:
        raise ValidationError(wrong)
    given = {name: values[name] for name in GIVEN if values.get(name) is not None}
    currency = values.get("currency") or supplier.currency or company.currency
    return supplier, InvoiceContent(**given, currency=currency, voucher=voucher)


def _voucher(company: Company, name: Mapping[str, Any]) -> Voucher | None:
    return Voucher.objects.filter(
        company=company,
        financial_year__first_day=name["financial_year"],
        series=name["series"],
        number=name["number"],
    ).first()


def _absent(detail: str) -> list[ErrorDetail]:
    return [ErrorDetail(detail, code="does_not_exist")]


def _description(register: Register) -> Callable[..., Any]:
    return extend_schema(
        operation_id="register_supplier_invoice",
        tags=openapi.TAGS,
        summary="Register a supplier invoice",
        description=(
            "With the next number of the company. An invoice number that the supplier has used before is refused, with "
            "the address of the invoice that is there as `location`. As `application/xml` it is the supplier's own "
            "document, a Peppol BIS Billing 3.0 invoice or credit note in UBL: it lands as one that comes by mail, "
            "with the status `received`, and with the supplier that is recognised or none. The original is kept. What "
            "can't be read is told by the elements of EN 16931 (`BT-1` is the invoice's number)."
        ),
        parameters=[InvoiceQuery, openapi.written(201), openapi.location()],
        request={"application/json": InvoiceBody, "application/xml": OpenApiTypes.BINARY},
        responses={201: OpenApiResponse(openapi.rows_of(register), description="It is registered.")},
    )
