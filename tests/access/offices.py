"""An accounting office with clients, people and keys, as tests of rights need it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from access.models import AccessTemplate, ApiKey, Application, ClientAccess, ClientGrant, KeyKind, Office
from ledger.models import Company
from tests.factories import ApplicationFactory, CompanyFactory, OfficeFactory, UserFactory, give, make_key, permission


def make_template(*names: str, office: Office | None = None, name: str = "A template") -> AccessTemplate:
    """An access template; delivered to all unless an office is given."""
    template = AccessTemplate.objects.create(name=name, office=office)
    template.permissions.set(permission(one) for one in names)
    return template


def grant(key: ApiKey, template: AccessTemplate, *companies: Company) -> None:
    """Grant as the table holds it, whoever may."""
    ClientGrant.objects.bulk_create(ClientGrant(key=key, company=one, template=template) for one in companies)


def caller(text: str) -> Client:
    """Somebody outside with a key."""
    return Client(headers={"Authorization": f"Bearer {text}"})


@dataclass
class Bureau:
    """An accounting office, its clients, and somebody of its own who has rights there."""

    office: Office = field(default_factory=OfficeFactory.create)
    clients: list[Company] = field(default_factory=lambda: CompanyFactory.create_batch(3))
    user: User = field(default_factory=UserFactory.create)
    application: Application = field(default_factory=lambda: ApplicationFactory.create(supports_office_keys=True))

    def __post_init__(self) -> None:
        ClientAccess.objects.bulk_create(ClientAccess(office=self.office, company=one) for one in self.clients)

    def give(self, *names: str) -> None:
        """Give its user rights at the office."""
        give(self.user, *names, office=self.office)

    def make_key(self, **fields: Any) -> tuple[ApiKey, str]:
        """An office's key of the user's, and its text."""
        fields = {"owner": self.user, "application": self.application, "office": self.office, **fields}
        return make_key(kind=KeyKind.OFFICE, **fields)


def numbers(companies: Sequence[Company]) -> list[str]:
    """The companies by number."""
    return [one.number for one in companies]
