"""What the tests of an office's screens share: an office with clients, people and a key."""

import dataclasses
from collections.abc import Iterable

from django.contrib.auth.models import User
from django.test import Client

from access.add_on import activate
from access.clients import add_clients
from access.models import AccessTemplate, ApiKey, ClientAccess, ClientGrant, KeyKind, Office
from ledger.models import Company
from tests import factories

CLIENTS = "/admin/access/clientaccess/"
MAY_LOOK = ("access.view_clientaccess",)
MAY_DECIDE = (
    *MAY_LOOK,
    "access.administer_clients",
    "access.add_clientgrant",
    "access.change_clientgrant",
    "access.delete_clientgrant",
)


@dataclasses.dataclass
class Practice:
    """An office, its clients, a key of it, and two templates."""

    office: Office
    companies: list[Company]
    key: ApiKey
    reads: AccessTemplate
    fetches: AccessTemplate

    @property
    def accesses(self) -> list[ClientAccess]:
        return list(ClientAccess.objects.filter(office=self.office).order_by("company__number"))

    @property
    def ids(self) -> str:
        return ",".join(str(access.pk) for access in self.accesses)

    def templates(self) -> dict[str, str]:
        """The names of the templates that the key has access by, by company."""
        grants = ClientGrant.objects.filter(key=self.key).select_related("company", "template")
        return {grant.company.number: grant.template.name for grant in grants}

    def member(self, permissions: Iterable[str] = MAY_DECIDE) -> User:
        user: User = factories.UserFactory.create(is_staff=True)
        factories.give(user, *permissions, office=self.office)
        return user


def make_practice(*, clients: int = 4, name: str = "Byrån", first: int = 501) -> Practice:
    office = factories.OfficeFactory.create(name=name)
    companies = Company.objects.bulk_create(
        Company(number=str(first + n), name=f"Klient {first + n}") for n in range(clients)
    )
    add_clients(office=office, companies=companies)
    boss = factories.SuperuserFactory.create()
    activate(by=boss, office=office)
    portal = factories.ApplicationFactory.create(name=f"Portal {name}", supports_office_keys=True)
    key, _text = factories.make_key(owner=boss, application=portal, kind=KeyKind.OFFICE, office=office, name="Alla")
    reads = AccessTemplate.objects.get(name="Read everything", office=None)
    fetches = AccessTemplate.objects.get(name="Fetch the outbox", office=None)
    return Practice(office, companies, key, reads, fetches)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
