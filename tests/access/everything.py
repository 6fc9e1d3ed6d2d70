"""A company with a bit of everything, and the people who look at it."""

from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from access.clients import add_client
from access.models import AccessTemplate
from access.tokens import give_to_key
from imports.models import FileImport
from inbox.addresses import switch_on
from information_types import registry
from ledger.models import Balance, Company, OtherDimension
from onetime_transfer.services import request_transfer
from tests import factories
from tests.inbox.samples import make_to_enter
from tests.registers import make_some_of_each
from tests.workcopies.conflicts import make_conflict
from tests.workcopies.samples import make_check_in, make_copy
from workcopies.models import CheckIn


def make_everything(number: str) -> Company:
    """A company with rows of every kind that the admin shows."""
    books = factories.make_books(number=number)
    make_some_of_each(books)
    Balance.objects.create(financial_year=books.year, account=books.cash, kind=Balance.Kind.OPENING, amount=1)
    OtherDimension.objects.create(company=books.company, number=20)
    FileImport.objects.create(name="books.se", size=1, company=books.company, status=FileImport.Status.DONE)
    _key, text = factories.make_key(company=books.company)
    give_to_key(text=text, address=None)
    Group.objects.create(name=f"Readers of {number}")
    subscription = factories.make_subscription(companies=[books.company])
    factories.make_report(subscription, books.company)
    known = registry.get("suppliers")
    request_transfer(subscription=subscription, information_type=known, company=books.company)
    copy = make_copy(books.company, by=factories.UserFactory.create(), name=f"Copy of {number}")
    make_check_in(copy, by=copy.made_by, status=CheckIn.Status.DONE)
    make_conflict(books.cash, base={"name": "Bank"}, mine={"name": "Safe"})
    make_to_enter(books.company)
    switch_on(company=books.company)
    office = factories.OfficeFactory.create(company=books.company)
    AccessTemplate.objects.create(name=f"Template of {number}", office=office)
    add_client(office=office, company=factories.CompanyFactory.create(number=f"{number}-client"))
    return books.company


def member_of(company: Company) -> User:
    """Somebody with all rights that there are, in one company."""
    user = factories.UserFactory.create(is_staff=True)
    factories.give(user, company=company).permissions.set(Permission.objects.all())
    return user


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
