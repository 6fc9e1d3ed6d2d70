"""`manage.py create_key`."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from access.add_on import activate
from access.models import ApiKey, Application, KeyKind, KeyRights
from access.rights import effective_rights
from access.services import authenticate_key
from tests.factories import ApplicationFactory, CompanyFactory, OfficeFactory, SuperuserFactory, UserFactory, give

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def boss() -> User:
    return SuperuserFactory.create(username="admin")


def create(*options: str, user: str = "admin", application: str = "Exopen", name: str = "A key") -> str:
    """Run the command; return what it prints."""
    out, err = StringIO(), StringIO()
    named = ["--user", user, "--application", application, "--name", name]
    call_command("create_key", *named, *options, stdout=out, stderr=err)
    assert err.getvalue() == ""
    return out.getvalue()


def test_the_key_alone_is_printed_and_opens() -> None:
    printed = create()
    assert printed.endswith("\n")
    key = authenticate_key(printed[:-1])
    assert (key.owner.username, key.application.name, key.name) == ("admin", "Exopen", "A key")
    assert (key.kind, key.rights) == (KeyKind.END_USER, KeyRights.ALL)
    assert key.expires_at is not None
    assert timedelta(days=364) < key.expires_at - timezone.now() <= timedelta(days=365)


def test_a_known_application_is_used_as_it_is() -> None:
    known = ApplicationFactory.create(name="Exopen", vendor="Somebody")
    assert authenticate_key(create().strip()).application == known
    assert authenticate_key(create(name="Another").strip()).application == known


def test_who_registers_an_application_for_an_office_key_vouches_for_it(boss: User) -> None:
    activate(by=boss, office=OfficeFactory.create())
    key = authenticate_key(create("--office").strip())
    assert key.kind == KeyKind.OFFICE
    assert key.application.supports_office_keys


@pytest.mark.parametrize("rights", KeyRights.values)
def test_the_rights_are_those_asked_for(rights: str) -> None:
    key = authenticate_key(create("--rights", rights).strip())
    assert key.rights == rights
    assert effective_rights(key).may("access.view_application") == (rights != "none")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"user": "nobody"}, "no user 'nobody'"),
        ({"user": "retired"}, "inactive"),
        ({"name": " "}, "--name must have"),
        ({"name": "x" * 101}, "--name must have"),
        ({"application": ""}, "--application must have"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_made(wrong: dict[str, str], message: str) -> None:
    UserFactory.create(username="retired", is_active=False)
    with pytest.raises(CommandError, match=message):
        create(**wrong)
    assert not ApiKey.objects.exists()
    assert not Application.objects.exists()


def test_an_office_key_for_an_application_that_takes_none_is_refused() -> None:
    ApplicationFactory.create(name="Exopen")
    OfficeFactory.create()
    with pytest.raises(CommandError, match="does not support"):
        create("--office")


@pytest.mark.parametrize("options", [("--rights", "most"), ("--expires", "never")])
def test_an_unknown_choice_is_refused(options: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        create(*options)


def test_a_superusers_key_is_for_the_whole_installation_or_the_company_that_is_named(boss: User) -> None:
    company = CompanyFactory.create(number="100")
    key = authenticate_key(create().strip())
    assert (key.office, key.company) == (None, None)
    with pytest.raises(CommandError, match="Integrations isn't ordered for 100"):
        create("--company", "100")
    activate(by=boss, company=company)
    assert authenticate_key(create("--company", "100").strip()).company == company
    with pytest.raises(CommandError, match="no company 101"):
        create("--company", "101")


def test_a_key_is_made_where_its_owner_is_employee_or_contact(boss: User) -> None:
    kim = UserFactory.create(username="kim")
    with pytest.raises(CommandError, match="employee or contact nowhere"):
        create(user="kim")
    office = OfficeFactory.create()
    give(kim, "ledger.view_account", office=office)
    activate(by=boss, office=office)
    key = authenticate_key(create(user="kim").strip())
    assert (key.office, key.company) == (None, office.company)
    key = authenticate_key(create("--office", user="kim", application="Planima").strip())
    assert (key.office, key.company) == (office, None)


def test_who_is_employee_of_several_has_to_say_where(boss: User) -> None:
    kim = UserFactory.create(username="kim")
    for number in ("100", "200"):
        company = CompanyFactory.create(number=number)
        give(kim, company=company)
        activate(by=boss, company=company)
    CompanyFactory.create(number="300")
    with pytest.raises(CommandError, match=r"name one by --company: 100 \(Company 100\), 200 \(Company 200\)"):
        create(user="kim")
    key = authenticate_key(create("--company", "200", user="kim").strip())
    assert key.company is not None
    assert key.company.number == "200"
    with pytest.raises(CommandError, match="no company 300 of which kim"):
        create("--company", "300", user="kim")


def test_an_office_is_the_only_one_or_named(boss: User) -> None:
    with pytest.raises(CommandError, match="There is no accounting office"):
        create("--office")
    first, second = (OfficeFactory.create(company=CompanyFactory.create(number=number)) for number in ("900", "901"))
    for office in (first, second):
        activate(by=boss, office=office)
    with pytest.raises(CommandError, match="name one by --company: 900"):
        create("--office")
    assert authenticate_key(create("--office", "--company", "901").strip()).office == second
    kim = UserFactory.create(username="kim")
    give(kim, company=first.company)
    with pytest.raises(CommandError, match="kim is a member of no accounting office"):
        create("--office", user="kim")


def test_who_left_gets_no_key() -> None:
    kim = UserFactory.create(username="kim")
    membership = give(kim, company=CompanyFactory.create())
    membership.ended_at = timezone.now()
    membership.save()
    with pytest.raises(CommandError, match="nowhere"):
        create(user="kim")
