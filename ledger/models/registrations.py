"""The ledger's information types, each ONE registration. Source: CONTRACT §1, seeds/subscriptions-sv.txt."""

from django.utils.translation import gettext_lazy as _

from information_types.definition import Field, InformationType, Parameter, Reference
from information_types.registry import register
from ledger.models.chart import Account, DimensionValue
from ledger.models.invoices import CustomerInvoice, CustomerPayment, SupplierInvoice, SupplierPayment
from ledger.models.partners import Customer, Supplier
from ledger.models.vouchers import LedgerEntry

COMPANY = Field("company", "company__number")
ACTIVE_ONLY = Parameter("active_only", "flag", "active", _("Only active"))


def _own(*names: str) -> tuple[Field | Reference, ...]:
    return tuple(Field(name, name) for name in names)


def _dates(path: str) -> tuple[Parameter, ...]:
    return (
        Parameter("date_from", "date_from", path, _("From date")),
        Parameter("date_to", "date_to", path, _("To date")),
    )


VOUCHER = Reference(
    "voucher",
    (
        Field("financial_year", "voucher__financial_year__first_day"),
        Field("series", "voucher__series"),
        Field("number", "voucher__number"),
    ),
)
PARTNER: tuple[Field | Reference, ...] = (
    COMPANY,
    *_own("number", "name", "organisation_number", "email", "phone", "address", "postal_code", "city", "country"),
    *_own("currency", "payment_terms_days", "active"),
)
INVOICE: tuple[Field | Reference, ...] = (
    *_own("invoice_number", "invoice_date", "due_date", "currency", "amount", "vat_amount", "balance"),
    *_own("payment_reference", "status"),
    VOUCHER,
)

register(
    InformationType(
        name="accounts",
        number=1,
        model=Account,
        label=_("Chart of accounts"),
        group="bookkeeping",
        key=("company", "number"),
        fields=(COMPANY, *_own("number", "name", "account_type", "active")),
        is_master_data=True,
        parameters=(ACTIVE_ONLY,),
    )
)

for number, name, label in (
    (DimensionValue.Dimension.COST_CENTRE, "cost_centres", _("Cost centre (Dim1)")),
    (DimensionValue.Dimension.PROJECT, "projects", _("Project (Dim2)")),
    (DimensionValue.Dimension.OBJECT, "objects", _("Object (Dim3)")),
    (DimensionValue.Dimension.MANAGEMENT_AREA, "management_areas", _("Management area (Dim4)")),
):
    register(
        InformationType(
            name=name,
            number=1 + number,
            model=DimensionValue,
            label=label,
            group="bookkeeping",
            key=("company", "code"),
            fields=(COMPANY, *_own("code", "name", "active", "valid_from", "valid_to")),
            only={"dimension": int(number)},
            is_master_data=True,
            parameters=(ACTIVE_ONLY,),
        )
    )

register(
    InformationType(
        name="suppliers",
        number=6,
        model=Supplier,
        label=_("Suppliers"),
        group="partners",
        key=("company", "number"),
        fields=(*PARTNER, *_own("bankgiro", "plusgiro", "iban", "bic")),
        is_master_data=True,
        parameters=(ACTIVE_ONLY,),
    )
)
register(
    InformationType(
        name="customers",
        number=7,
        model=Customer,
        label=_("Customers"),
        group="partners",
        key=("company", "number"),
        fields=PARTNER,
        is_master_data=True,
        parameters=(ACTIVE_ONLY,),
    )
)
register(
    InformationType(
        name="supplier_invoices",
        number=8,
        model=SupplierInvoice,
        label=_("Supplier invoices"),
        group="invoices",
        key=("company", "number"),
        fields=(COMPANY, *_own("number"), Field("supplier", "supplier__number"), *INVOICE),
        parameters=_dates("invoice_date"),
        amount="amount",
        date="invoice_date",
    )
)
register(
    InformationType(
        name="supplier_payments",
        number=9,
        model=SupplierPayment,
        label=_("Supplier payments"),
        group="invoices",
        key=("company", "number"),
        fields=(
            COMPANY,
            *_own("number"),
            Field("invoice", "invoice__number"),
            Field("supplier", "invoice__supplier__number"),
            *_own("payment_date", "amount", "currency"),
        ),
        parameters=_dates("payment_date"),
        amount="amount",
        date="payment_date",
    )
)
register(
    InformationType(
        name="customer_ledger",
        number=10,
        model=CustomerInvoice,
        label=_("Customer ledger (3L)"),
        group="invoices",
        key=("company", "number"),
        fields=(COMPANY, *_own("number"), Field("customer", "customer__number"), *INVOICE),
        parameters=_dates("invoice_date"),
        amount="amount",
        date="invoice_date",
    )
)
register(
    InformationType(
        name="customer_payments",
        number=11,
        model=CustomerPayment,
        label=_("Customer payments (3L)"),
        group="invoices",
        key=("company", "number"),
        fields=(
            COMPANY,
            *_own("number"),
            Field("invoice", "invoice__number"),
            Field("customer", "invoice__customer__number"),
            *_own("payment_date", "amount", "currency"),
        ),
        parameters=_dates("payment_date"),
        amount="amount",
        date="payment_date",
    )
)
register(
    InformationType(
        name="ledger_entries",
        number=12,
        model=LedgerEntry,
        label=_("Bookkeeping"),
        group="bookkeeping",
        key=("company", "financial_year", "series", "number", "row"),
        fields=(
            Field("company", "voucher__company__number"),
            Field("financial_year", "voucher__financial_year__first_day"),
            Field("series", "voucher__series"),
            Field("number", "voucher__number"),
            *_own("row"),
            Field("voucher_date", "voucher__voucher_date"),
            Field("voucher_text", "voucher__text"),
            *_own("entry_date"),
            Field("account", "account__number"),
            *_own("amount", "quantity", "text"),
            Field("cost_centre", "cost_centre__code"),
            Field("project", "project__code"),
            Field("object", "object__code"),
            Field("management_area", "management_area__code"),
            *_own("other_dimensions", "signature"),
            Field("registered_on", "voucher__registered_on"),
        ),
        unit="voucher",
        parameters=(
            Parameter("period_from", "month_from", "voucher__voucher_date", _("From period"), required=True),
            Parameter("period_to", "month_to", "voucher__voucher_date", _("To period"), required=True),
        ),
        amount="amount",
        date="voucher_date",
    )
)
