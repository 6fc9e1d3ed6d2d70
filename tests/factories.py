"""Objects for tests: one factory a model, and functions for what only services make."""

import dataclasses
import itertools
import json
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from django.contrib.auth.models import Permission, User
from django.utils import timezone
from factory import declarations
from factory.django import DjangoModelFactory

from access.add_on import activate
from access.models import ApiKey, Application, KeyKind, KeyRights, Membership, Office
from access.services import create_key
from information_types import registry
from ledger.models import (
    Account,
    Company,
    Customer,
    CustomerInvoice,
    CustomerPayment,
    DimensionValue,
    FinancialYear,
    Supplier,
    SupplierInvoice,
    SupplierPayment,
    Voucher,
)
from ledger.services.vouchers import ENTRY_FIELDS, Entry, Header, post_voucher
from revisions.models import Feedback
from subscriptions.models import Subscription
from subscriptions.services import Wish, create_subscription
from timesheets.models import TimeCategory, TimeTransaction

# factory-boy's declarations carry no types; each is called in one place.


def numbered(make: Callable[[int], str | int]) -> Any:
    """A value made from a running number."""
    return declarations.Sequence(make)


def derived(make: Callable[[Any], Any]) -> Any:
    """A value made from the object's other values."""
    return declarations.LazyAttribute(make)


def made_by(maker: type[DjangoModelFactory[Any]], **fields: Any) -> Any:
    """An object made by another factory."""
    return declarations.SubFactory(maker, **fields)


def of_same_company(maker: type[DjangoModelFactory[Any]]) -> Any:
    """An object of the same company, made by another factory."""
    return made_by(maker, company=declarations.SelfAttribute("..company"))


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = numbered(lambda n: f"user{n:05}")


class SuperuserFactory(UserFactory):
    is_staff = True
    is_superuser = True


class ApplicationFactory(DjangoModelFactory[Application]):
    class Meta:
        model = Application

    name = numbered(lambda n: f"Application {n:05}")


def give(user: User, *permissions: str, company: Company | None = None, office: Office | None = None) -> Membership:
    """Give a user permissions by name (``app.codename``): in a company, an office, or the whole installation."""
    membership, _made = Membership.objects.get_or_create(user=user, company=company, office=office)
    membership.permissions.add(*(permission(name) for name in permissions))
    forget(user)
    return membership


def forget(user: User) -> None:
    """Let an object that stands for a user forget what it has read of their rights, as the next request would."""
    for name in ("_rights", "_rights_asked", "_perm_cache", "_user_perm_cache", "_group_perm_cache"):
        user.__dict__.pop(name, None)


class OfficeFactory(DjangoModelFactory[Office]):
    class Meta:
        model = Office

    name = numbered(lambda n: f"Office {n:05}")
    company = declarations.SubFactory("tests.factories.CompanyFactory")


@cache
def permission(name: str) -> Permission:
    """Return a permission by name (``app.codename``); it is delivered, and no test changes it."""
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def make_key(
    *,
    owner: User | None = None,
    application: Application | None = None,
    kind: KeyKind = KeyKind.END_USER,
    rights: KeyRights = KeyRights.ALL,
    **fields: Any,
) -> tuple[ApiKey, str]:
    """Return a key and its text; its owner is a superuser unless one is given, and its place has the add-on."""
    if kind == KeyKind.OFFICE:
        fields.setdefault("office", fields.pop("office", None) or OfficeFactory.create())
    owner = owner or SuperuserFactory.create()
    place = {name: fields[name] for name in ("office", "company") if fields.get(name)}
    if place:
        activate(by=owner, **place)
    return create_key(
        owner=owner,
        application=application or ApplicationFactory.create(),
        name=fields.pop("name", "A key"),
        kind=kind,
        rights=rights,
        **fields,
    )


class CompanyFactory(DjangoModelFactory[Company]):
    class Meta:
        model = Company

    number = numbered(lambda n: str(10000 + n))
    name = derived(lambda company: f"Company {company.number}")


class FinancialYearFactory(DjangoModelFactory[FinancialYear]):
    class Meta:
        model = FinancialYear

    company = made_by(CompanyFactory)
    first_day = date(2024, 1, 1)
    last_day = derived(lambda year: date(year.first_day.year, 12, 31))


class AccountFactory(DjangoModelFactory[Account]):
    class Meta:
        model = Account
        django_get_or_create = ("company", "number")

    company = made_by(CompanyFactory)
    number = numbered(lambda n: str(1000 + n))
    name = derived(lambda account: f"Account {account.number}")


class DimensionValueFactory(DjangoModelFactory[DimensionValue]):
    class Meta:
        model = DimensionValue

    company = made_by(CompanyFactory)
    dimension = DimensionValue.Dimension.COST_CENTRE
    code = numbered(lambda n: f"{n:02}")
    name = derived(lambda value: f"Value {value.code}")


class SupplierFactory(DjangoModelFactory[Supplier]):
    class Meta:
        model = Supplier

    company = made_by(CompanyFactory)
    number = numbered(lambda n: str(2000 + n))
    name = derived(lambda supplier: f"Supplier {supplier.number}")


class CustomerFactory(DjangoModelFactory[Customer]):
    class Meta:
        model = Customer

    company = made_by(CompanyFactory)
    number = numbered(lambda n: str(3000 + n))
    name = derived(lambda customer: f"Customer {customer.number}")


class SupplierInvoiceFactory(DjangoModelFactory[SupplierInvoice]):
    class Meta:
        model = SupplierInvoice

    company = made_by(CompanyFactory)
    supplier = of_same_company(SupplierFactory)
    number = numbered(str)
    invoice_number = numbered(lambda n: f"F{n:05}")
    invoice_date = date(2024, 2, 1)
    amount = Decimal("1250.00")


class TimeCategoryFactory(DjangoModelFactory[TimeCategory]):
    class Meta:
        model = TimeCategory

    company = made_by(CompanyFactory)
    number = numbered(lambda n: 10 + n)
    name = numbered(lambda n: f"Category {n:05}")


class TimeTransactionFactory(DjangoModelFactory[TimeTransaction]):
    """Hours as they are stored; what the database fills in is read back."""

    class Meta:
        model = TimeTransaction

    company = made_by(CompanyFactory)
    time_category = of_same_company(TimeCategoryFactory)
    uid = numbered(lambda n: 107004 + n)
    employee_id = 155
    employee = "Ola Danielsen"
    date_in = date(2024, 7, 10)
    quantity = Decimal("7.50")

    @classmethod
    def _create(cls, model_class: type[TimeTransaction], *arguments: Any, **values: Any) -> TimeTransaction:
        made: TimeTransaction = super()._create(model_class, *arguments, **values)
        made.refresh_from_db()
        return made


class CustomerInvoiceFactory(DjangoModelFactory[CustomerInvoice]):
    class Meta:
        model = CustomerInvoice

    company = made_by(CompanyFactory)
    customer = of_same_company(CustomerFactory)
    number = numbered(str)
    invoice_date = date(2024, 2, 1)
    amount = Decimal("1250.00")


class SupplierPaymentFactory(DjangoModelFactory[SupplierPayment]):
    class Meta:
        model = SupplierPayment

    company = made_by(CompanyFactory)
    invoice = of_same_company(SupplierInvoiceFactory)
    number = numbered(str)
    payment_date = date(2024, 3, 1)
    amount = Decimal("1250.00")


class CustomerPaymentFactory(DjangoModelFactory[CustomerPayment]):
    class Meta:
        model = CustomerPayment

    company = made_by(CompanyFactory)
    invoice = of_same_company(CustomerInvoiceFactory)
    number = numbered(str)
    payment_date = date(2024, 3, 1)
    amount = Decimal("1250.00")


@dataclasses.dataclass
class Books:
    """A company with its year 2024 and two accounts: enough to post a voucher."""

    company: Company
    year: FinancialYear
    cash: Account
    sales: Account

    def rows(self, amount: str = "100.00", **fields: Any) -> list[Entry]:
        """Two rows that balance: cash in debit, sales in credit; further fields are the first row's."""
        return [
            Entry(account=self.cash, amount=Decimal(amount), **fields),
            Entry(account=self.sales, amount=-Decimal(amount)),
        ]

    def post(
        self, entries: Sequence[Entry] | None = None, *, series: str = "A", day: date = date(2024, 2, 3), text: str = ""
    ) -> Voucher:
        """Post a voucher through the service, by default of two rows."""
        header = Header(voucher_date=day, text=text)
        return post_voucher(company=self.company, series=series, header=header, entries=entries or self.rows())


def make_books(*, number: str | None = None) -> Books:
    """Return a company's books for 2024, without vouchers."""
    company = CompanyFactory.create(number=number) if number else CompanyFactory.create()
    return Books(
        company=company,
        year=FinancialYearFactory.create(company=company),
        cash=AccountFactory.create(company=company, number="1910", name="Kassa"),
        sales=AccountFactory.create(company=company, number="3001", name="Försäljning"),
    )


def header_of(voucher: Voucher) -> Header:
    """Return a voucher's header as it stands, to be changed in part (`dataclasses.replace`)."""
    return Header(**{field.name: getattr(voucher, field.name) for field in dataclasses.fields(Header)})


def entries_of(voucher: Voucher) -> list[Entry]:
    """Return a voucher's rows as they stand, to be changed in part (`dataclasses.replace`)."""
    return [
        Entry(row=row.row, **{name: getattr(row, name) for name in ENTRY_FIELDS})
        for row in voucher.rows.select_related("account").order_by("row")
    ]


_integration_ids = itertools.count(1)


def make_subscription(
    *types: str,
    integration_id: str | None = None,
    application: Application | None = None,
    companies: Sequence[Company] = (),
    **wish: Any,
) -> Subscription:
    """Return a subscription, made through the service: by default of all types and companies."""
    return create_subscription(
        integration_id=integration_id or f"INTEGRATION-{next(_integration_ids):05}",
        wish=Wish(
            name=wish.pop("name", "A subscription"),
            application=application or ApplicationFactory.create(),
            information_types=[registry.get(name) for name in types] or registry.all_types(),
            companies=companies,
            **wish,
        ),
    )


def make_report(subscription: Subscription, company: Company, **fields: Any) -> Feedback:
    """Return a report of an account, made past REST: the row need not have been queued."""
    known = registry.get("accounts")
    content = {"company": company.number, "number": "1910", "name": "Kassa", "account_type": None, "active": True}
    return Feedback.objects.create(
        subscription=subscription,
        company=company,
        **{
            "sequence": 1,
            "change_set_id": 1,
            "row": 1,
            "information_type": known.number,
            "operation": "u",
            "changed_at": timezone.now(),
            "line": json.dumps(content),
            "row_name": "1910",
            "code": "unknown_account",
            "message": "No such account.",
            "application_name": subscription.application.name,
            "key_name": "A key",
            **fields,
        },
    )
