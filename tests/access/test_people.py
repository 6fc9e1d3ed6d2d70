"""People see and change only the companies of their memberships, in each only what their rights there say."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from access.models import Membership
from imports import running
from imports.models import FileImport
from ledger.models import Account, Company, OtherDimension, OtherDimensionValue, Supplier, Voucher
from onetime_transfer.models import Transfer
from revisions import fan_out, trace_index
from revisions.models import ChangeSet, OutboxItem
from subscriptions.models import Subscription
from tests import factories
from tests.access.everything import make_everything, member_of, sign_in
from tests.ledger.admin_client import balanced, errors_of, row_errors_of, text_of, voucher_form
from tests.ledger.saft_files import saft

pytestmark = pytest.mark.django_db

SUBSCRIPTION = "/admin/subscriptions/subscription"
TRANSFER = "/admin/onetime_transfer/transfer"
SUPPLIERS = "/admin/ledger/supplier/"
IMPORTS = "/admin/imports/fileimport/"
LACKING = ["You lack the right to do this in that company."]


@pytest.fixture
def own() -> Company:
    return make_everything("100")


@pytest.fixture
def foreign() -> Company:
    company = make_everything("200")
    company.name = "Främmande AB"
    company.save()
    return company


@pytest.fixture
def member(own: Company, foreign: Company) -> User:
    """Somebody with all rights in the one company, and none in the other."""
    return member_of(own)


@pytest.fixture
def browser(member: User) -> Client:
    return sign_in(member)


def in_both(user: User, first: Company, second: Company, *, here: list[str], there: list[str]) -> Client:
    """The browser of somebody with some rights in one company and others in another."""
    factories.give(user, "ledger.view_company", *here, company=first)
    factories.give(user, "ledger.view_company", *there, company=second)
    return sign_in(user)


@pytest.fixture
def clerk() -> User:
    return factories.UserFactory.create(is_staff=True)


def subscription_of(company: Company) -> Subscription:
    return Subscription.objects.get(companies=company, office=None)


def supplier_form(company: Company, **fields: Any) -> dict[str, Any]:
    return {"company": company.pk, "number": "9001", "name": "New", "payment_terms_days": "", "active": "on", **fields}


# What they see


def test_the_first_page_tells_of_ones_own_companies_alone(browser: Client, own: Company, foreign: Company) -> None:
    everywhere = factories.make_subscription("suppliers", integration_id="EVERYWHERE")
    fan_out.drain()
    page = browser.get("/admin/")
    assert [line.subscription for line in page.context["lines"]] == [subscription_of(own)]
    assert page.context["subscriptions"] == 1
    assert subscription_of(foreign).integration_id not in text_of(page)
    assert everywhere.integration_id not in text_of(browser.get("/admin/overview/live/"))


def test_whoever_is_a_member_of_nothing_is_told_what_to_do(own: Company, clerk: User) -> None:
    nobody = sign_in(clerk)
    text = text_of(nobody.get("/admin/"))
    assert "You aren't a member of any company yet" in text
    assert own.name not in text
    for page in ("ledger/supplier/", "subscriptions/subscription/", "trace/", "imports/fileimport/", "overview/live/"):
        assert nobody.get(f"/admin/{page}").status_code == 403
    assert text_of(nobody.get("/admin/find/?q=100")).count("Bolag") == 0


def test_what_is_searched_everywhere_is_searched_in_ones_own_companies(
    browser: Client, own: Company, foreign: Company
) -> None:
    supplier = Supplier.objects.filter(company=foreign).order_by("pk")[0]
    assert own.number in text_of(browser.get("/admin/find/", {"q": own.number}))
    for sought in (foreign.name, supplier.number, subscription_of(foreign).integration_id):
        groups = browser.get("/admin/find/", {"q": sought}).context["groups"]
        shown = [f"{found.title} {found.detail}" for group in groups for found in group.found]
        assert not [text for text in shown if foreign.name in text or subscription_of(foreign).integration_id in text]


def test_a_file_of_a_list_has_ones_own_rows_alone(browser: Client, foreign: Company) -> None:
    for register in ("supplier", "ledgerentry", "voucher", "company"):
        answer = browser.get(f"/admin/ledger/{register}/export/csv/")
        assert foreign.name not in b"".join(answer).decode()
        assert answer.status_code == 200


def test_the_trace_finds_nothing_of_others(browser: Client, own: Company, foreign: Company) -> None:
    for company in (own, foreign):
        factories.SupplierFactory.create(company=company)
    fan_out.drain()
    trace_index.catch_up()
    for company, is_found in ((own, True), (foreign, False)):
        number = Supplier.objects.filter(company=company).order_by("-pk")[0].number
        row = browser.get("/admin/trace/", {"type": "suppliers", "company": str(company.pk), "key-number": number})
        assert bool(row.context["events"]) is is_found
        change = ChangeSet.objects.filter(company=company).order_by("-pk")[0]
        named = browser.get("/admin/trace/", {"revision": f"{change.pk}.1"})
        assert bool(named.context["events"]) is is_found
        sequence = {"subscription": subscription_of(company).pk, "sequence": 1}
        assert (browser.get("/admin/trace/", sequence).status_code == 302) is is_found


def test_a_queue_of_others_is_not_found(browser: Client, own: Company, foreign: Company) -> None:
    fan_out.drain()
    parts = ("outbox/", "outbox/1/", "standing/", "queue/", "policy/", "take-out/", "passed-over/")
    for part in parts:
        assert browser.get(f"{SUBSCRIPTION}/{subscription_of(own).pk}/{part}").status_code == 200
        assert browser.get(f"{SUBSCRIPTION}/{subscription_of(foreign).pk}/{part}").status_code == 404
        assert browser.post(f"{SUBSCRIPTION}/{subscription_of(foreign).pk}/{part}").status_code in {404, 405}


def test_a_queue_of_ones_own_hides_rows_of_a_company_that_left_it(
    browser: Client, own: Company, foreign: Company
) -> None:
    subscription = subscription_of(own)
    subscription.subscribed_companies.create(company=foreign)
    factories.SupplierFactory.create(company=foreign, name="Hidden")
    fan_out.drain()
    subscription.subscribed_companies.filter(company=foreign).delete()
    assert OutboxItem.objects.filter(subscription_id=subscription.pk, company_id=foreign.pk).exists()
    assert "Hidden" not in text_of(browser.get(f"{SUBSCRIPTION}/{subscription.pk}/outbox/"))


def test_a_choice_means_ones_own_companies_alone(browser: Client, own: Company, foreign: Company) -> None:
    fan_out.drain()
    choice = {"information_types": ["suppliers"], "own_changes": "on"}
    for address in ("choice", "preview"):
        for companies in ("", foreign.number):
            part = browser.post(f"{SUBSCRIPTION}/{address}/", {**choice, "companies": companies}).content.decode()
            assert f"&quot;{foreign.number}&quot;" not in part
            assert "of 2 companies" not in part
    both = browser.post(f"{SUBSCRIPTION}/choice/", {**choice, "companies": f"{own.number} {foreign.number}"})
    assert "1 of 1 company" in text_of(both)
    found = browser.post(f"{SUBSCRIPTION}/companies/", {"numbers": f"{own.number} {foreign.number}"}).json()
    assert [number for number, _name in found["found"]] == [own.number]
    assert browser.post(f"{SUBSCRIPTION}/companies/", {"q": foreign.name}).json()["found"] == []


def test_somebody_in_a_page_of_a_company_is_one_of_its_people(browser: Client, own: Company, foreign: Company) -> None:
    colleague = factories.UserFactory.create(email="kollega@example.com")
    stranger = factories.UserFactory.create(email="frammande@example.com")
    factories.give(colleague, company=own)
    factories.give(stranger, company=foreign)
    page = browser.get(f"{SUBSCRIPTION}/{subscription_of(own).pk}/policy/").content.decode()
    assert colleague.email in page
    assert stranger.email not in page
    named = browser.get(f"{TRANSFER}/?requested_by__id__exact={stranger.pk}").content.decode()
    assert stranger.username not in named


# What they change


def test_nothing_is_made_in_a_foreign_company_by_a_forged_form(browser: Client, foreign: Company) -> None:
    before = Supplier.objects.count()
    page = browser.post(f"{SUPPLIERS}add/", supplier_form(foreign))
    assert "company" in errors_of(page)
    assert foreign.name not in page.content.decode()
    assert Supplier.objects.count() == before


def test_whoever_may_look_in_one_company_and_write_in_another_writes_only_there(
    clerk: User, own: Company, foreign: Company
) -> None:
    look = ["ledger.view_supplier"]
    write = [*look, "ledger.add_supplier", "ledger.change_supplier", "ledger.delete_supplier"]
    both = in_both(clerk, own, foreign, here=write, there=look)
    refused = both.post(f"{SUPPLIERS}add/", supplier_form(foreign))
    assert errors_of(refused) == {"company": LACKING}
    assert both.post(f"{SUPPLIERS}add/", supplier_form(own)).status_code == 302
    theirs = Supplier.objects.filter(company=foreign).order_by("pk")[0]
    assert both.get(f"{SUPPLIERS}{theirs.pk}/change/").status_code == 200
    assert "_save" not in both.get(f"{SUPPLIERS}{theirs.pk}/change/").content.decode()
    assert both.post(f"{SUPPLIERS}{theirs.pk}/change/", supplier_form(foreign)).status_code == 403
    assert both.post(f"{SUPPLIERS}{theirs.pk}/delete/", {"post": "yes"}).status_code == 403
    mine = Supplier.objects.get(company=own, number="9001")
    moved = both.post(f"{SUPPLIERS}{mine.pk}/change/", supplier_form(foreign, name="Moved"))
    assert moved.status_code == 302
    mine.refresh_from_db()
    assert (mine.company, mine.name) == (own, "Moved")


def test_of_many_chosen_rows_those_are_deleted_that_one_may_delete(clerk: User, own: Company, foreign: Company) -> None:
    look = ["ledger.view_supplier"]
    both = in_both(clerk, own, foreign, here=[*look, "ledger.delete_supplier"], there=look)
    mine, theirs = (factories.SupplierFactory.create(company=company) for company in (own, foreign))
    chosen = {"action": "delete_selected", "_selected_action": [mine.pk, theirs.pk]}
    assert "1 of the chosen rows is left out" in text_of(both.post(SUPPLIERS, chosen))
    both.post(SUPPLIERS, {**chosen, "post": "yes"})
    assert list(Supplier.objects.filter(pk__in=[mine.pk, theirs.pk])) == [theirs]


def test_what_goes_along_needs_the_right_in_its_company_too(clerk: User, own: Company, foreign: Company) -> None:
    dimension = OtherDimension.objects.get(company=own)
    OtherDimensionValue.objects.create(other_dimension=dimension, code="1")
    whole = ["ledger.view_otherdimension", "ledger.delete_otherdimension"]
    both = in_both(clerk, own, foreign, here=whole, there=["ledger.delete_otherdimensionvalue"])
    page = both.post(f"/admin/ledger/otherdimension/{dimension.pk}/delete/", {"post": "yes"})
    assert page.status_code == 403
    assert OtherDimensionValue.objects.filter(other_dimension=dimension).exists()


def test_rows_within_a_page_need_the_right_in_its_company(clerk: User, own: Company, foreign: Company) -> None:
    look = ["ledger.view_otherdimension", "ledger.change_otherdimension", "ledger.view_otherdimensionvalue"]
    both = in_both(clerk, own, foreign, here=look, there=[*look, "ledger.add_otherdimensionvalue"])
    for company, is_written in ((own, False), (foreign, True)):
        dimension = OtherDimension.objects.get(company=company)
        form = {"name": "Staff", "parent_number": "", "dimension": "", "values-TOTAL_FORMS": 1}
        row = {"values-INITIAL_FORMS": 0, "values-0-code": "7", "values-0-name": "Seven", "values-0-id": ""}
        both.post(f"/admin/ledger/otherdimension/{dimension.pk}/change/", {**form, **row})
        assert OtherDimensionValue.objects.filter(other_dimension=dimension).exists() is is_written


def test_a_voucher_takes_nothing_foreign_and_tells_nothing_of_it(
    browser: Client, own: Company, foreign: Company
) -> None:
    theirs = Account.objects.filter(company=foreign).order_by("pk")[0]
    theirs.name = "Hemligt konto"
    theirs.save()
    books = factories.Books(
        company=own,
        year=own.financial_years.get(),
        cash=Account.objects.get(company=own, number="1910"),
        sales=Account.objects.get(company=own, number="3001"),
    )
    before = Voucher.objects.count()
    rows = [{"account": theirs.pk, "debit": "5"}, {"account": books.sales.pk, "credit": "5"}]
    page = browser.post("/admin/ledger/voucher/add/", voucher_form(books, rows))
    assert "account" in row_errors_of(page)[0]
    assert theirs.name not in page.content.decode()
    page = browser.post("/admin/ledger/voucher/add/", voucher_form(books, balanced(books), company=foreign.pk))
    assert "company" in errors_of(page)
    assert Voucher.objects.count() == before
    assert browser.post("/admin/ledger/voucher/add/", voucher_form(books, balanced(books))).status_code == 302


def test_a_new_company_is_made_by_whoever_has_the_right_in_all(browser: Client, clerk: User) -> None:
    assert browser.get("/admin/ledger/company/add/").status_code == 403
    factories.give(clerk, "ledger.view_company", "ledger.add_company")
    assert sign_in(clerk).get("/admin/ledger/company/add/").status_code == 200


def subscription_form(**fields: Any) -> dict[str, Any]:
    application = factories.ApplicationFactory.create()
    form = {"integration_id": "NEW", "name": "New", "companies": "", "information_types": ["suppliers"], "active": "on"}
    return {**form, "application": application.pk, "own_changes": "on", **fields}


@pytest.mark.parametrize(
    "choice", [{}, {"companies": "200"}, {"companies": "100 200"}, {"companies": "100", "negative_selection": "on"}]
)
def test_a_subscription_is_made_to_ones_own_companies_alone(browser: Client, choice: dict[str, str]) -> None:
    page = browser.post(f"{SUBSCRIPTION}/add/", subscription_form(**choice))
    assert "companies" in errors_of(page)
    assert not Subscription.objects.filter(integration_id="NEW").exists()


def test_whoever_may_only_look_at_a_company_makes_no_subscription_to_it(
    clerk: User, own: Company, foreign: Company
) -> None:
    look = ["subscriptions.view_subscription"]
    write = [*look, "subscriptions.add_subscription", "subscriptions.change_subscription"]
    both = in_both(clerk, own, foreign, here=write, there=look)
    page = both.post(f"{SUBSCRIPTION}/add/", subscription_form(companies="100 200"))
    assert "companies" in errors_of(page)
    assert both.post(f"{SUBSCRIPTION}/add/", subscription_form(companies="100")).status_code == 302
    mine, theirs = Subscription.objects.get(integration_id="NEW"), subscription_of(foreign)
    changed = {**subscription_form(companies="100 200"), "name": "More"}
    page = both.post(f"{SUBSCRIPTION}/{mine.pk}/change/", changed)
    assert "companies" in errors_of(page)
    assert both.get(f"{SUBSCRIPTION}/{theirs.pk}/change/").status_code == 200
    assert both.post(f"{SUBSCRIPTION}/{theirs.pk}/change/", changed).status_code == 403
    for what in ("activate", "deactivate", "purge"):
        both.post(f"{SUBSCRIPTION}/{what}/?ids={theirs.pk}", {"confirmed": "yes"})
    for part in ("policy", "take-out"):
        assert both.post(f"{SUBSCRIPTION}/{theirs.pk}/{part}/").status_code in {403, 404}
    theirs.refresh_from_db()
    assert theirs.active
    assert theirs.queue.epoch == 1


def test_who_may_not_look_at_applications_chooses_one_all_the_same(clerk: User, own: Company) -> None:
    application = factories.ApplicationFactory.create(name="Exopen")
    factories.give(clerk, "subscriptions.add_subscription", "ledger.view_company", company=own)
    page = sign_in(clerk).get(f"{SUBSCRIPTION}/add/")
    assert f'<option value="{application.pk}">Exopen</option>' in page.content.decode()


def test_an_office_subscribes_to_its_clients(clerk: User, own: Company, foreign: Company) -> None:
    office = factories.OfficeFactory.create(company=factories.CompanyFactory.create(number="300"))
    office.client_accesses.create(company=own)
    rights = ["subscriptions.view_subscription", "subscriptions.add_subscription", "ledger.view_company"]
    factories.give(clerk, *rights, office=office)
    browser = sign_in(clerk)
    assert browser.get(f"{SUBSCRIPTION}/add/").context["adminform"].form["office"].value() == office.pk
    means = browser.post(f"{SUBSCRIPTION}/choice/", {"office": office.pk, "information_types": ["suppliers"]})
    assert "1 of 1 company" in text_of(means)
    page = browser.post(f"{SUBSCRIPTION}/add/", subscription_form(companies="200", office=office.pk))
    assert "companies" in errors_of(page)
    assert browser.post(f"{SUBSCRIPTION}/add/", subscription_form(office=office.pk)).status_code == 302
    made = Subscription.objects.get(integration_id="NEW")
    assert list(made.selected_companies()) == [own]
    assert browser.get(f"{SUBSCRIPTION}/{made.pk}/change/").status_code == 200
    assert sign_in(member_of(own)).get(f"{SUBSCRIPTION}/{made.pk}/change/").status_code == 404


def test_transfers_are_of_companies_where_one_may_start_them(clerk: User, own: Company, foreign: Company) -> None:
    look = ["subscriptions.view_subscription", "onetime_transfer.view_transfer"]
    both = in_both(clerk, own, foreign, here=[*look, "onetime_transfer.add_transfer"], there=look)
    before = Transfer.objects.count()
    theirs = subscription_of(foreign)
    asked = {"subscription": theirs.pk, "information_type": "suppliers"}
    for companies in ({}, {"company": foreign.pk}):
        page = both.post(f"{TRANSFER}/add/", {**asked, **companies})
        assert "company" in page.context["form"].errors
    several = {"subscriptions": [theirs.pk], "information_types": ["suppliers"], "company": [foreign.pk]}
    assert "subscriptions" in both.post(f"{TRANSFER}/several/", several).context["form"].errors
    assert both.post(f"{TRANSFER}/missing/?subscription={theirs.pk}").status_code == 403
    transfer = Transfer.objects.get(subscription=theirs)
    assert both.get(f"{TRANSFER}/{transfer.pk}/change/").status_code == 200
    for verb in ("pause", "resume", "cancel"):
        assert both.post(f"{TRANSFER}/{transfer.pk}/{verb}/").status_code == 403
    assert Transfer.objects.count() == before
    mine = {"subscription": subscription_of(own).pk, "information_type": "suppliers", "anyway": "yes"}
    assert both.post(f"{TRANSFER}/add/", mine).status_code == 302
    assert Transfer.objects.count() == before + 1


def test_transfers_of_others_are_not_found(browser: Client, foreign: Company) -> None:
    theirs = subscription_of(foreign)
    transfer = Transfer.objects.get(subscription=theirs)
    for verb in ("pause", "resume", "cancel"):
        assert browser.post(f"{TRANSFER}/{transfer.pk}/{verb}/").status_code == 404
    assert browser.get(f"{TRANSFER}/missing/?subscription={theirs.pk}").status_code == 404
    assert (
        browser.get(f"{TRANSFER}/missing/row/?subscription={theirs.pk}&information_type=suppliers").status_code == 404
    )
    page = browser.post(f"{TRANSFER}/add/", {"subscription": theirs.pk, "information_type": "suppliers"})
    assert "subscription" in page.context["form"].errors
    assert theirs.name not in page.content.decode()
    estimate = browser.post(f"{TRANSFER}/add/estimate/", {"subscription": theirs.pk, "information_type": "suppliers"})
    assert estimate.context["form"].errors
    field = {"app_label": "onetime_transfer", "model_name": "transfer", "field_name": "company"}
    found = browser.get(f"{TRANSFER}/add/companies/", {"subscription": str(theirs.pk), **field}).json()
    assert foreign.pk not in {int(one["id"]) for one in found["results"]}


# What they import


def put_in(browser: Client, number: str) -> FileImport:
    upload = SimpleUploadedFile("books.xml", saft().encode())
    assert browser.post(f"{IMPORTS}upload/", {"uploads": [upload], "company_number": number}).status_code == 200
    found = FileImport.objects.order_by("-pk")[0]
    running.run(import_id=found.pk)
    found.refresh_from_db()
    return found


@pytest.mark.parametrize("number", ["200", "300"])
def test_a_file_is_imported_into_no_foreign_company_and_into_no_new_one(browser: Client, number: str) -> None:
    found = put_in(browser, number)
    assert found.status == FileImport.Status.REFUSED
    page = text_of(browser.get(f"{IMPORTS}{found.pk}/change/"))
    assert f"You may not import into company {number}." in page
    assert "Främmande" not in page
    assert not Company.objects.filter(number="300").exists()


def test_a_right_taken_before_a_file_is_stored_is_missed_when_it_is(
    browser: Client, member: User, own: Company
) -> None:
    Company.objects.filter(pk=own.pk).update(name="Norsk Eksempel AS", organisation_number="")
    found = put_in(browser, own.number)
    assert found.status == FileImport.Status.READY, found.error
    member.memberships.get().permissions.remove(factories.permission("ledger.add_voucher"))
    assert browser.post(f"{IMPORTS}{found.pk}/confirm/").status_code == 403
    FileImport.objects.filter(pk=found.pk).update(status=FileImport.Status.QUEUED)
    running.run(import_id=found.pk)
    found.refresh_from_db()
    assert found.status == FileImport.Status.REFUSED


def test_imports_of_others_are_not_found(browser: Client, foreign: Company) -> None:
    found = FileImport.objects.get(company=foreign)
    for part in ("change", "progress"):
        assert browser.get(f"{IMPORTS}{found.pk}/{part}/").status_code == 404
    for verb in ("confirm", "cancel", "again"):
        assert browser.post(f"{IMPORTS}{found.pk}/{verb}/").status_code == 404


# Whoever reads everything and changes nothing


def test_an_auditor_reads_everything_and_changes_nothing(own: Company, foreign: Company, clerk: User) -> None:
    factories.give(clerk, company=own).groups.add(Group.objects.get(name="Auditor"))
    auditor = sign_in(clerk)
    refused = set()
    for model in ("account", "supplier", "voucher", "customerinvoice", "balance", "company", "financialyear"):
        assert auditor.get(f"/admin/ledger/{model}/").status_code == 200
        refused.add(auditor.post(f"/admin/ledger/{model}/add/").status_code)
    supplier = Supplier.objects.filter(company=own).order_by("pk")[0]
    refused.add(auditor.post(f"{SUPPLIERS}{supplier.pk}/change/").status_code)
    refused.add(auditor.post(f"{SUPPLIERS}{supplier.pk}/delete/", {"post": "yes"}).status_code)
    mine = subscription_of(own).pk
    for part in ("change", "policy", "take-out"):
        refused.add(auditor.post(f"{SUBSCRIPTION}/{mine}/{part}/").status_code)
    for what in ("purge", "activate", "deactivate"):
        refused.add(auditor.post(f"{SUBSCRIPTION}/{what}/?ids={mine}").status_code)
    assert refused == {403}
    assert auditor.get(f"{SUBSCRIPTION}/{mine}/outbox/").status_code == 200
    assert auditor.get("/admin/trace/").status_code == 200
    log = auditor.get("/admin/history/change/")
    assert log.status_code == 200
    assert log.context["cl"].result_list
    assert foreign.name not in log.content.decode()


# Whoever administers people


@pytest.fixture
def manager() -> User:
    """Somebody who may do anything to users and groups, and nothing else."""
    user = factories.UserFactory.create(is_staff=True, username="manager")
    rights = Permission.objects.filter(content_type__app_label="auth", content_type__model__in=["user", "group"])
    user.user_permissions.set(rights)
    return user


def user_form(page: Any, **fields: Any) -> dict[str, Any]:
    """What the page of a user would send, and more."""
    form = page.context["adminform"].form
    shown = {name: form.initial.get(name) for name in form.fields}
    plain = {
        name: value for name, value in shown.items() if isinstance(value, str | int) and not isinstance(value, bool)
    }
    ticked = {name: "on" for name, value in shown.items() if value is True}
    joined = form.instance.date_joined
    return {**plain, **ticked, "date_joined_0": f"{joined:%Y-%m-%d}", "date_joined_1": f"{joined:%H:%M:%S}", **fields}


def test_whoever_administers_users_makes_nobody_more_than_they_are(manager: User) -> None:
    browser, everything = sign_in(manager), [one.pk for one in Permission.objects.all()]
    group = Group.objects.get(name="Finance administrator")
    for person in (manager, factories.UserFactory.create(is_staff=True)):
        url = f"/admin/auth/user/{person.pk}/change/"
        more = {"is_superuser": "on", "user_permissions": everything, "groups": [group.pk], "first_name": "Changed"}
        assert browser.post(url, user_form(browser.get(url), **more)).status_code == 302
        person.refresh_from_db()
        assert person.first_name == "Changed"
        assert not person.is_superuser
        assert not person.groups.exists()
        assert person.user_permissions.count() == (len(manager.user_permissions.all()) if person == manager else 0)


def test_a_superuser_is_changed_by_superusers_alone(manager: User) -> None:
    boss = factories.SuperuserFactory.create(username="boss", email="boss@example.com")
    browser, page = sign_in(manager), f"/admin/auth/user/{boss.pk}"
    assert browser.get(f"{page}/change/").status_code == 200
    assert browser.post(f"{page}/change/", {"username": "x", "email": "x@example.com"}).status_code == 403
    new = {"password1": "A-long-enough-1", "password2": "A-long-enough-1", "set_usable_password": "true"}
    assert browser.post(f"{page}/password/", new).status_code == 403
    assert browser.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"}
    assert browser.post("/admin/auth/user/", chosen).status_code == 403
    before = (boss.username, boss.email, boss.password)
    boss.refresh_from_db()
    assert (boss.username, boss.email, boss.password) == before


def test_nobody_becomes_somebody_who_may_do_more(manager: User, own: Company) -> None:
    accountant = factories.UserFactory.create(email="a@example.com")
    factories.give(accountant, "ledger.view_supplier", company=own)
    browser, page = sign_in(manager), f"/admin/auth/user/{accountant.pk}"
    new = {"password1": "A-long-enough-1", "password2": "A-long-enough-1", "set_usable_password": "true"}
    assert browser.post(f"{page}/password/", new).status_code == 403
    sent = user_form(browser.get(f"{page}/change/"), username="mine", email="m@example.com", first_name="Anna")
    assert browser.post(f"{page}/change/", sent).status_code == 302
    accountant.refresh_from_db()
    assert (accountant.first_name, accountant.email) == ("Anna", "a@example.com")
    assert accountant.username != "mine"
    nobody = factories.UserFactory.create()
    assert browser.post(f"/admin/auth/user/{nobody.pk}/password/", new).status_code == 302


def test_a_group_is_given_only_what_whoever_writes_it_has(manager: User) -> None:
    browser, group = sign_in(manager), Group.objects.create(name="Own")
    page = f"/admin/auth/group/{group.pk}/change/"
    rights = {name: factories.permission(name).pk for name in ("auth.view_user", "ledger.change_voucher")}
    refused = browser.post(page, {"name": "Own", "permissions": list(rights.values())})
    assert "permissions" in errors_of(refused)
    assert browser.post(page, {"name": "Own", "permissions": [rights["auth.view_user"]]}).status_code == 302


def test_memberships_are_given_by_whoever_administers_the_installation(member: User, own: Company, clerk: User) -> None:
    form = {"user": clerk.pk, "company": own.pk, "kind": "employee"}
    url = "/admin/access/membership/add/"
    assert sign_in(member).post(url, form).status_code == 403
    admin = sign_in(factories.SuperuserFactory.create())
    given = factories.permission("ledger.view_supplier")
    assert admin.post(url, {**form, "permissions": [given.pk]}).status_code == 302
    made = clerk.memberships.get()
    assert (made.company, list(made.permissions.all())) == (own, [given])
    assert sign_in(clerk).get(SUPPLIERS).status_code == 200
    shown = text_of(admin.get(f"/admin/auth/user/{clerk.pk}/change/"))
    assert "Memberships" in shown
    assert str(own) in shown
    page = f"/admin/access/membership/{made.pk}/change/"
    assert admin.post(page, {"kind": "employee", "permissions": [given.pk], "has_ended": "on"}).status_code == 302
    assert sign_in(clerk).get(SUPPLIERS).status_code == 403
    assert admin.post(page, {"kind": "contact", "permissions": [given.pk]}).status_code == 302
    assert sign_in(clerk).get(SUPPLIERS).status_code == 200
    both = admin.post(url, {**form, "office": factories.OfficeFactory.create().pk})
    assert "company" in errors_of(both)


def test_a_membership_of_the_whole_installation_gives_no_more_than_its_giver_has(clerk: User) -> None:
    helper = factories.UserFactory.create(is_staff=True)
    rights = ["access.view_membership", "access.add_membership", "access.change_membership", "auth.view_user"]
    factories.give(helper, *rights, "ledger.view_supplier")
    form = {"user": clerk.pk, "kind": "employee"}
    too_much = factories.permission("ledger.change_supplier").pk
    page = sign_in(helper).post("/admin/access/membership/add/", {**form, "permissions": [too_much]})
    assert "permissions" in errors_of(page)
    assert not clerk.memberships.exists()
    held = factories.permission("ledger.view_supplier").pk
    assert sign_in(helper).post("/admin/access/membership/add/", {**form, "permissions": [held]}).status_code == 302


# Addresses typed by hand


def test_what_is_not_there_and_what_is_not_ones_own_look_the_same(browser: Client, foreign: Company) -> None:
    theirs = Supplier.objects.filter(company=foreign).order_by("pk")[0].pk

    def shown(key: Any) -> tuple[int, str]:
        page = browser.get(f"{SUPPLIERS}{key}/change/")
        return page.status_code, re.sub(r"nonce=\S+|csrf\S+", "", text_of(page))

    assert shown(theirs) == shown(10**12) == shown("nothing")
    assert shown(theirs)[0] == 404


def test_nobody_brings_back_a_membership_of_the_whole_installation_with_more_than_they_have(clerk: User) -> None:
    factories.give(clerk, "access.view_membership", "access.change_membership", "ledger.view_company")
    for right, comes_back in (("ledger.delete_company", False), ("ledger.view_company", True)):
        gone = factories.give(factories.UserFactory.create(), right)
        Membership.objects.filter(pk=gone.pk).update(ended_at=timezone.now())
        form = {"kind": "employee", "permissions": [factories.permission(right).pk]}
        page = sign_in(clerk).post(f"/admin/access/membership/{gone.pk}/change/", form)
        gone.refresh_from_db()
        assert (gone.ended_at is None) is comes_back
        assert (page.status_code == 302) is comes_back
