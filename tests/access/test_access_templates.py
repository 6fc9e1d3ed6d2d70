"""Access templates: delivered ones follow the program; one in use changes after asking, and isn't deleted."""

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from access.access_templates import copy_template, delete_template, deliver, delivered, use_of
from access.clients import add_clients
from access.exceptions import TemplateInUse
from access.grants import grant_clients, permissions_of
from access.models import AccessTemplate, ApiKey, KeyKind, Office
from tests import factories
from tests.ledger.admin_client import text_of

pytestmark = pytest.mark.django_db

TEMPLATES = "/admin/access/accesstemplate/"
RIGHTS = ("view", "add", "change", "delete")


@pytest.fixture
def office() -> Office:
    return factories.OfficeFactory.create(name="Byrån")


@pytest.fixture
def own(office: Office) -> AccessTemplate:
    template = AccessTemplate.objects.create(name="Suppliers", office=office)
    template.permissions.set([factories.permission("ledger.view_supplier")])
    return template


def read(name: str) -> AccessTemplate:
    return AccessTemplate.objects.get(name=name, office=None)


def give_out(template: AccessTemplate, office: Office, *, clients: int = 2) -> ApiKey:
    """Let a key of the office's have access by the template."""
    boss = factories.SuperuserFactory.create()
    application = factories.ApplicationFactory.create(name="Portal", supports_office_keys=True)
    key, _text = factories.make_key(owner=boss, application=application, kind=KeyKind.OFFICE, office=office, name="All")
    companies = factories.CompanyFactory.create_batch(clients)
    add_clients(office=office, companies=companies)
    grant_clients(key=key, companies=companies, template=template, by=boss)
    return key


def member(office: Office, *verbs: str) -> Client:
    user: User = factories.UserFactory.create(is_staff=True)
    factories.give(user, *(f"access.{verb}_accesstemplate" for verb in verbs), office=office)
    return signed_in(user)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form(template: AccessTemplate, *rights: str) -> dict[str, object]:
    return {"name": template.name, "permissions": [factories.permission(right).pk for right in rights]}


def test_reading_everything_is_delivered_with_the_right_to_look_at_every_register() -> None:
    found = permissions_of(read("Read everything"))
    assert {"ledger.view_supplier", "ledger.view_voucher", "subscriptions.view_subscription"} <= found
    assert all(name.split(".")[1].startswith("view_") for name in found)
    assert not {name for name in found if name.startswith(("access.", "auth.", "history."))}


def test_fetching_the_outbox_lets_a_key_fetch_and_transfer_and_read_no_register() -> None:
    found = permissions_of(read("Fetch the outbox"))
    assert {"subscriptions.fetch_outbox", "onetime_transfer.add_transfer"} <= found
    assert "ledger.view_supplier" not in found


def test_those_of_no_register_that_there_is_arent_delivered() -> None:
    assert set(delivered()) == set(AccessTemplate.objects.values_list("name", flat=True))


def test_a_delivered_one_that_somebody_changed_is_as_delivered_after_the_next_migration() -> None:
    template = read("Read everything")
    before = permissions_of(template)
    template.permissions.clear()
    call_command("migrate", verbosity=0)
    assert permissions_of(template) == before


def test_delivering_twice_changes_nothing() -> None:
    before = set(AccessTemplate.permissions.through.objects.values_list("pk", flat=True))
    deliver(using="default")
    assert set(AccessTemplate.permissions.through.objects.values_list("pk", flat=True)) == before


def test_a_delivered_one_has_its_name_in_the_readers_language() -> None:
    with translation.override("nb"):
        assert str(read("Read everything")) == "Les alt"
        assert str(read("Fetch the outbox")) == "Hent utboks"


def test_a_copy_is_the_offices_own(office: Office) -> None:
    made = copy_template(template=read("Read everything"), name="Ours", office=office)
    assert (made.office, permissions_of(made)) == (office, permissions_of(read("Read everything")))


def test_one_in_use_isnt_deleted_and_tells_by_whom(own: AccessTemplate, office: Office) -> None:
    give_out(own, office)
    with pytest.raises(TemplateInUse, match=r"for 2 clients \(Portal: All\)"):
        delete_template(template=own)
    assert (use_of(own).keys, use_of(own).clients) == (1, 2)


# The screens


def test_an_office_sees_its_own_and_the_delivered_ones(own: AccessTemplate, office: Office) -> None:
    other = AccessTemplate.objects.create(name="Of another", office=factories.OfficeFactory.create())
    browser = member(office, "view")
    shown = text_of(browser.get(TEMPLATES))
    assert "Read everything" in shown
    assert "Suppliers" in shown
    assert "Of another" not in shown
    assert browser.get(f"{TEMPLATES}{other.pk}/change/").status_code in {302, 404}


def test_an_office_changes_its_own_and_no_delivered_one(own: AccessTemplate, office: Office) -> None:
    browser = member(office, *RIGHTS)
    browser.post(f"{TEMPLATES}{own.pk}/change/", form(own, "ledger.view_customer"))
    assert permissions_of(own) == {"ledger.view_customer"}
    all_offices = AccessTemplate.objects.create(name="Everybody's")
    for template in (read("Fetch the outbox"), all_offices):
        url = f"{TEMPLATES}{template.pk}/"
        before = permissions_of(template)
        assert browser.post(f"{url}change/", form(template, "ledger.view_customer")).status_code == 403
        assert browser.post(f"{url}delete/", {"post": "yes"}).status_code == 403
        assert permissions_of(template) == before


def test_nobody_changes_a_delivered_one() -> None:
    boss = signed_in(factories.SuperuserFactory.create())
    url = f"{TEMPLATES}{read('Fetch the outbox').pk}/change/"
    assert boss.post(url, form(read("Fetch the outbox"), "ledger.view_customer")).status_code == 403
    assert "Subscriptions: view, can fetch and acknowledge an outbox" in text_of(boss.get(url)).replace("Can", "can")


def test_a_member_makes_templates_for_the_own_office_alone(office: Office) -> None:
    browser, other = member(office, *RIGHTS), factories.OfficeFactory.create()
    for wrong in ("", other.pk):
        sent = {"name": "New", "office": wrong, "permissions": [factories.permission("ledger.view_customer").pk]}
        assert browser.post(f"{TEMPLATES}add/", sent).status_code == 200
    assert not AccessTemplate.objects.filter(name="New").exists()
    browser.post(f"{TEMPLATES}add/", sent | {"office": office.pk})
    assert AccessTemplate.objects.get(name="New").office == office


def test_a_template_holds_rights_to_registers_alone(office: Office) -> None:
    browser = member(office, *RIGHTS)
    for right in ("auth.view_user", "access.add_clientgrant", "history.view_change"):
        sent = {"name": "New", "office": office.pk, "permissions": [factories.permission(right).pk]}
        assert browser.post(f"{TEMPLATES}add/", sent).status_code == 200, right
    assert browser.post(f"{TEMPLATES}add/", {"name": "New", "office": office.pk}).status_code == 200
    assert not AccessTemplate.objects.filter(name="New").exists()


def test_a_copy_is_proposed_with_the_rights_of_its_source(office: Office) -> None:
    browser, source = member(office, *RIGHTS), read("Fetch the outbox")
    assert browser.get(f"{TEMPLATES}{source.pk}/copy/")["Location"] == f"{TEMPLATES}add/?copy={source.pk}"
    page = browser.get(f"{TEMPLATES}add/?copy={source.pk}")
    proposed = page.context["adminform"].form.initial
    assert proposed["name"] == "Copy of Fetch the outbox"
    assert proposed["office"] == office.pk
    assert set(proposed["permissions"]) == set(source.permissions.values_list("pk", flat=True))


def test_a_change_of_one_in_use_asks_and_says_whom_it_concerns(own: AccessTemplate, office: Office) -> None:
    give_out(own, office)
    browser = member(office, *RIGHTS)
    url, sent = f"{TEMPLATES}{own.pk}/change/", form(own, "ledger.view_customer")
    asked = text_of(browser.post(url, sent))
    assert "Portal: All, for 2 clients" in asked
    assert "They may from now on Customers: view" in asked
    assert "They may no longer Suppliers: view" in asked
    assert permissions_of(own) == {"ledger.view_supplier"}
    browser.post(url, sent | {"confirmed": "yes"})
    assert permissions_of(own) == {"ledger.view_customer"}


def test_another_name_alone_needs_no_answer(own: AccessTemplate, office: Office) -> None:
    give_out(own, office)
    member(office, *RIGHTS).post(f"{TEMPLATES}{own.pk}/change/", form(own, "ledger.view_supplier") | {"name": "Other"})
    own.refresh_from_db()
    assert own.name == "Other"


def test_nobody_learns_of_another_offices_keys_by_a_delivered_one(office: Office) -> None:
    give_out(read("Read everything"), factories.OfficeFactory.create())
    browser = member(office, *RIGHTS)
    for url in (TEMPLATES, f"{TEMPLATES}{read('Read everything').pk}/change/"):
        assert "Portal" not in (shown := text_of(browser.get(url)))
        assert "2 client" not in shown


def test_deleting_one_in_use_tells_what_is_in_the_way(own: AccessTemplate, office: Office) -> None:
    give_out(own, office)
    browser = member(office, *RIGHTS)
    assert "Portal: All, for 2 clients" in text_of(browser.get(f"{TEMPLATES}{own.pk}/delete/"))
    browser.post(f"{TEMPLATES}{own.pk}/delete/", {"post": "yes"})
    assert AccessTemplate.objects.filter(pk=own.pk).exists()


def test_every_app_that_a_template_may_say_something_of_is_there() -> None:
    assert {name.split(".")[0] for names in delivered().values() for name in names} <= set(apps.app_configs)


def test_hours_are_read_and_written_without_the_right_to_approve_them() -> None:
    found = permissions_of(read("Hours, read and write"))
    assert {"timesheets.change_timetransaction", "timesheets.use_time_api", "timesheets.view_timecategory"} <= found
    assert not found & {"timesheets.approve_timetransaction", "timesheets.change_timecategory"}
