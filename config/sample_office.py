"""A sample accounting office for a new embedded installation: clients, people, a key and its client access.

Nobody signs in as its people: they have no password. The key's text is shown to nobody; another is made at the
employee's page, or this one is restored there.
"""

from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.db.models import Q

from access.add_on import activate
from access.clients import add_clients, switch_api_access
from access.grants import grant_clients
from access.models import AccessTemplate, Application, KeyKind, Membership, Office
from access.services import create_key
from ledger.models import Company

OFFICE = ("900", "Lindqvist Redovisning AB", "5569000001")
CLIENTS = (
    ("101", "Café Hörnan AB", "5569010101"),
    ("102", "Norrlands Trä AB", "5569010201"),
    ("103", "Åkeriet i Borås AB", "5569010301"),
    ("104", "Fjord Bygg AS", "919000104"),
)
PORTAL = "Byråportalen"
# What an employee of the office may do for its clients and the office itself
EMPLOYEES_MAY = (
    Q(content_type__app_label__in=["ledger", "subscriptions", "onetime_transfer", "imports"])
    | Q(codename__in=["view_clientaccess", "administer_clients", "administer_account", "administer_users"])
    | Q(codename__endswith="_clientgrant")
    | Q(codename__endswith="_accesstemplate")
    | Q(codename__in=["view_apikey", "add_apikey", "change_apikey", "view_office", "view_membership"])
)
CONTACTS_MAY = Q(content_type__app_label="ledger", codename__startswith="view_") | Q(
    codename__in=["view_clientaccess", "administer_account"]
)


@transaction.atomic
def make_sample_office(*, administrator: User) -> Office | None:
    """Make it, if there is nothing but the sample books: nobody's own companies become its clients."""
    books = list(Company.objects.all()[:2])
    if Office.objects.exists() or len(books) != 1:
        return None
    office = Office.objects.create(name=OFFICE[1], company=_company(*OFFICE))
    clients = [*books, *(_company(*client) for client in CLIENTS)]
    add_clients(office=office, companies=clients)
    switch_api_access(company=clients[-1], on=False)
    employee = _person("karin", "Karin", "Lindqvist", EMPLOYEES_MAY, office=office)
    _person("olle", "Olle", "Hörn", CONTACTS_MAY, company=clients[-4], kind=Membership.Kind.CONTACT)
    activate(by=administrator, office=office)
    _grant(office, clients, employee, administrator)
    return office


def _company(number: str, name: str, organisation_number: str) -> Company:
    known = {"name": name, "organisation_number": organisation_number}
    return Company.objects.get_or_create(number=number, defaults=known)[0]


def _person(
    username: str,
    first_name: str,
    last_name: str,
    may: Q,
    *,
    office: Office | None = None,
    company: Company | None = None,
    kind: Membership.Kind = Membership.Kind.EMPLOYEE,
) -> User:
    person, made = User.objects.get_or_create(
        username=username, defaults={"first_name": first_name, "last_name": last_name, "is_staff": True}
    )
    if made:
        person.set_unusable_password()
        person.save()
    membership = Membership.objects.create(user=person, office=office, company=company, kind=kind)
    membership.permissions.set(Permission.objects.filter(may))
    return person


def _grant(office: Office, clients: list[Company], employee: User, administrator: User) -> None:
    """A key that reads everything of the first clients and fetches the outbox of the last; one has none."""
    portal, _made = Application.objects.get_or_create(
        name=PORTAL, defaults={"vendor": "Utkorg", "supports_office_keys": True}
    )
    key, _text = create_key(
        owner=employee, application=portal, name="Alla klienter", kind=KeyKind.OFFICE, office=office
    )
    templates = {
        name: AccessTemplate.objects.get(office=None, name=name) for name in ("Read everything", "Fetch the outbox")
    }
    grant_clients(key=key, companies=clients[:2], template=templates["Read everything"], by=administrator)
    grant_clients(key=key, companies=clients[-1:], template=templates["Fetch the outbox"], by=administrator)
