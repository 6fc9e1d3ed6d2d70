"""A sample installation with a bit of everything: what the pages are looked at, counted and pictured with."""

import dataclasses
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db.models import Model
from django.utils import timezone

from access import members
from access.add_on import activate
from access.clients import add_clients, switch_api_access
from access.grants import grant_clients
from access.models import (
    AccessTemplate,
    ApiKey,
    Application,
    ClientAccess,
    KeyKind,
    KeyRights,
    Membership,
    Office,
    TermsAcceptance,
)
from access.services import create_key, restore_key, revoke_key
from access.tokens import give_to_user
from config.sample_hours import make_sample_hours
from imports import running as import_running
from imports import services as import_services
from imports.models import FileImport
from inbox import addresses, quarantine, reasons
from inbox.models import InvoiceAddress, Mail, MailFile, Portal
from information_types import registry
from ledger.models import (
    Company,
    Customer,
    CustomerInvoice,
    DimensionValue,
    OtherDimension,
    Supplier,
    SupplierInvoice,
    Voucher,
)
from ledger.sie.importing import import_sie_file
from onetime_transfer import resending, running, services
from onetime_transfer.models import Transfer
from revisions import fan_out, feedback, queues, trace_index
from revisions.models import Departure, Feedback, Restoration, TakenIn, TakingIn
from sign_in.models import FailedSignIn
from subscriptions.models import Subscription
from subscriptions.services import change_parts
from tests import factories
from tests.inbox.samples import make_desk, make_mail
from tests.integrators import Integrator
from tests.workcopies.conflicts import document_of, make_conflict, make_copy
from tests.workcopies.samples import make_working_copies
from timesheets.models import HoursFile, TimeTransaction
from timesheets.services import csv_files
from timesheets.services.registering import change_hours
from watch.models import Traffic
from workcopies.models import CheckIn, Conflict, WorkingCopy

BOOKS = Path(__file__).parent / "data" / "sie"
STREETS = ("Björken", "Granen", "Eken", "Linden", "Rönnen", "Alen", "Aspen", "Almen", "Hasseln", "Lönnen")
SUPPLIERS = ("Ahlsell Sverige AB", "Byggmax AB", "Elektroskandia", "Göteborg Energi", "Lundqvist Måleri", "Telia")
CUSTOMERS = (
    "Andersson Bygg AB",
    "Café Hörnan",
    "Ekström & Co",
    "Norrlands Trä",
    "Åkeriet i Borås",
    "Öberg Redovisning",
)
YEAR = 2024


@dataclasses.dataclass
class Sample:
    """The administrator who looks, and the keys of the rows that pages are shown of, by a name for each."""

    user: User
    rows: dict[str, Any]


def make_sample() -> Sample:
    """Make it: real books, many companies, subscriptions and transfers in every state, keys, fetched batches."""
    cache.clear()
    user = factories.SuperuserFactory.create(username="ekonomi", first_name="Eva", last_name="Lind")
    applications = {name: factories.ApplicationFactory.create(name=name) for name in ("Exopen", "Planima", "Medius")}
    companies = [
        factories.CompanyFactory.create(number=str(200 + n), name=f"Fastighets AB {STREETS[n % 10]} {1 + n // 10}")
        for n in range(60)
    ]
    subscriptions = _subscriptions(applications, companies)
    books = _books("fortnox-2-typ4.se", "100", "Testföretaget AB")
    _books("briljant-typ4.se", "110", "Exempelföretaget AB")
    _registers(books)
    _hours(books, user)
    fan_out.drain()
    _fetch(subscriptions["EXOPEN"], user)
    _reports(subscriptions["MEDIUS"], books, user)
    _conflicts(books, user)
    _traffic(list(subscriptions.values())[:5])
    _transfers(subscriptions, user)
    _keys(user, applications)
    _imports(user)
    _portals(books, companies, user)
    make_working_copies(user, books, companies)
    incoming = make_desk(books)
    _history(user, subscriptions["EXOPEN"], books)
    _failed_sign_ins()
    _restored(user)
    give_to_user(user=user, address="192.0.2.7")
    fan_out.drain()
    trace_index.catch_up()
    return Sample(user, {**_named(books, subscriptions), **incoming})


def _portals(books: Company, companies: list[Company], user: User) -> None:
    """E-mail portals: with an earlier address, and switched off."""
    portal = addresses.switch_on(company=books, user=user)
    addresses.replace(portal=portal, works_for=timedelta(days=30), user=user)
    addresses.switch_on(company=companies[0], user=user)
    addresses.switch_on(company=companies[1], user=user)
    addresses.switch_off(company=companies[1])
    html = ("nyhetsbrev.html", "text/html", b"<b>Hej</b>")
    said = {"sender": "Nyhetsbrev <nyheter@example.se>", "subject": "Veckans erbjudanden", "text": "Köp, köp, köp!"}
    newsletter = make_mail(books, html, **said)
    newsletter.files.update(kind=MailFile.Kind.IGNORED)
    quarantine.put(mail=newsletter, reason=reasons.kept(reasons.NO_INVOICE))
    virus = make_mail(companies[0], ("faktura.pdf", "application/pdf", b"%PDF-1.7"), subject="FAKTURA!!!")
    quarantine.put(mail=virus, reason=reasons.kept(reasons.VIRUS, name="Win.Trojan.Agent-1"))
    quarantine.put(mail=make_mail(None), reason=reasons.kept(reasons.UNKNOWN_COMPANY))
    removed = make_mail(books, sender="Okänd <x@example.se>", subject="Hej")
    quarantine.put(mail=removed, reason=reasons.kept(reasons.BOUNCE))
    quarantine.remove(mail=removed, user=user)


VOUCHER = "/api/v1/vouchers/100/2010-01-01/A"
TAKEN_IN: list[tuple[str, str, str, str, str, list[str], list[str]]] = [
    ("write", "Lönesystemet (Exopen)", "POST /api/v1/vouchers", "moved", "", [f"{VOUCHER}/17"], [f"{VOUCHER}/18"]),
    ("write", "Lönesystemet (Exopen)", "POST /api/v1/suppliers", "refused", "utk_vkAYCLfxEZ2L", [], []),
    ("write", "Tidsystemet (Planima)", "POST /api/v1/time-transactions", "taken_in", "", [], []),
    ("mail", "faktura@leverantor.se", "avendo.k7m2p9@invoices.localhost", "taken_in", "", [], []),
]


def _restored(user: User) -> None:
    now = timezone.now()
    Restoration.objects.create(
        epoch=2,
        how=Restoration.How.FOUND,
        lost_change_set=90211,
        lost_changed_at=now - timedelta(hours=1),
        marked_at=now - timedelta(hours=1),
        last_change_set=88004,
        last_changed_at=now - timedelta(hours=3),
        settled_at=now,
        settled_by=user.username,
    )
    taking_in = TakingIn.objects.create(
        what=TakingIn.What.ALL,
        asked_by=user,
        asked_by_name=user.username,
        status=TakingIn.Status.DONE,
        total=4,
        finished_at=now,
    )
    for kind, who, subject, outcome, reason, then, new in TAKEN_IN:
        TakenIn.objects.create(
            taking_in=taking_in,
            uid=uuid4(),
            kind=kind,
            at=now - timedelta(hours=2),
            who=who,
            subject=subject,
            outcome=outcome,
            reason=reason,
            then=then,
            now=new,
        )


def _books(file: str, number: str, name: str) -> Company:
    import_sie_file(source=BOOKS / file, name=file, company_number=number)
    company = Company.objects.get(number=number)
    company.name = name
    company.save()
    return company


def _subscriptions(applications: dict[str, Application], companies: list[Company]) -> dict[str, Subscription]:
    def make(integration_id: str, application: str, *types: str, **wish: Any) -> Subscription:
        return factories.make_subscription(
            *types, integration_id=integration_id, application=applications[application], **wish
        )

    chosen = {"companies": companies[:12]}
    found = [
        make("EXOPEN", "Exopen", name="Exopen bokföring"),
        make("PLANIMA", "Planima", "ledger_entries", "accounts", "projects", name="Planima underhåll", **chosen),
        make("MEDIUS", "Medius", "suppliers", "supplier_invoices", "supplier_payments", name="Medius fakturaflöde"),
        make("ARKIV", "Exopen", name="Arkiv, alla bolag utom tolv", negative_selection=True, **chosen),
        make("SALDON", "Planima", "accounts", name="Kontoplan till Planima", own_changes=False),
        *(make(f"HYRES-{n:02}", "Medius", "customers", name=f"Hyresavier {n}", **chosen) for n in range(1, 13)),
    ]
    return {subscription.integration_id: subscription for subscription in found}


def _registers(company: Company) -> None:
    """What no SIE file holds: suppliers, customers, their invoices and payments."""
    known: dict[str, Any] = {"company": company, "city": "Göteborg", "country": "SE", "currency": "SEK"}
    for n, name in enumerate(SUPPLIERS):
        supplier = factories.SupplierFactory.create(name=name, number=str(2001 + n), payment_terms_days=30, **known)
        for m in range(6):
            invoice = _invoice(
                factories.SupplierInvoiceFactory, company, SupplierInvoice.Status, n, m, supplier=supplier
            )
            _pay(factories.SupplierPaymentFactory, invoice, m)
    for n, name in enumerate(CUSTOMERS):
        customer = factories.CustomerFactory.create(name=name, number=str(3001 + n), payment_terms_days=20, **known)
        for m in range(6):
            invoice = _invoice(
                factories.CustomerInvoiceFactory, company, CustomerInvoice.Status, n, m, customer=customer
            )
            _pay(factories.CustomerPaymentFactory, invoice, m)
    for dimension in DimensionValue.Dimension:
        factories.DimensionValueFactory.create_batch(3, company=company, dimension=dimension, name="Norra området")
    OtherDimension.objects.get_or_create(company=company, number=7, defaults={"name": "Fordon"})


def _invoice(make: Any, company: Company, states: Any, n: int, m: int, **partner: Any) -> Any:
    amount = Decimal(1250 + n * 977 + m * 131)
    return make.create(
        company=company,
        invoice_date=date(YEAR, 1 + m, 5 + n),
        due_date=date(YEAR, 2 + m, 5 + n),
        invoice_number=f"{n}{m:04}",
        amount=amount,
        vat_amount=amount / 5,
        balance=0 if m % 2 else amount,
        status=states.values[m % len(states.values)],
        **partner,
    )


def _hours(company: Company, user: User) -> None:
    """Some weeks of hours, the first of which payroll has taken over; one row was changed since."""
    make_sample_hours(company=company, by=user.username)
    marked = TimeTransaction.objects.filter(external_status_code="PAYROLL").order_by("pk").first()
    if marked is not None:
        change_hours(company=company, rows={marked.pk: {"quantity": "6.00"}})
    for name, quantity in (("timmar.csv", "7,50"), ("timmar-fel.csv", "många")):
        text = f"employee_id;date_in;time_category;quantity\n155;2024-07-10;10;{quantity}\n"
        csv_files.keep(company=company, name=name, content=text.encode(), by=user)


def _pay(make: Any, invoice: Any, m: int) -> None:
    if m % 2:
        make.create(company=invoice.company, invoice=invoice, payment_date=invoice.due_date, amount=invoice.amount)


def _fetch(subscription: Subscription, user: User) -> None:
    """Some batches fetched and acknowledged, and one fetched alone."""
    _key, text = create_key(owner=user, application=subscription.application, name="Exopen i drift")
    integrator = Integrator(subscription, key=text)
    for _ in range(3):
        batch = integrator.fetch(limit=200)
        integrator.acknowledge(batch["receipt"])
    integrator.fetch(limit=200)


def _reports(subscription: Subscription, company: Company, user: User) -> None:
    """Rows that an integration couldn't use: one changed since, one gone, one closed with a note, one sent again."""
    _key, text = create_key(owner=user, application=subscription.application, name="Medius i drift")
    integrator = Integrator(subscription, key=text)
    supplier = Supplier.objects.get(company=company, number="2001")
    gone = factories.SupplierFactory.create(company=company, number="2999", name="Städbolaget i Umeå")
    fan_out.drain()
    suppliers = {row["key"]["number"]: row for row in integrator.fetch(information_type="suppliers")["rows"]}
    supplier.bankgiro, supplier.name = "5402-9681", f"{supplier.name} (publ)"
    supplier.save()
    gone.delete()
    fan_out.drain()
    said = {
        "2001": ("unknown_bankgiro", "Bankgironumret saknas. Leverantören kan inte läggas upp utan det."),
        "2999": ("twice", "Det finns redan en leverantör med samma organisationsnummer: 1042 Städ & Fönster."),
        "2002": ("unknown_currency", "Valutan är inte upplagd i Medius."),
        "2003": ("timeout", "Ingen kontakt med Medius efter tre försök."),
    }
    made = {
        number: integrator.post("feedback", revision=suppliers[number]["revision"], code=code, message=message).json()
        for number, (code, message) in said.items()
    }
    integrator.post(
        "feedback", revision=suppliers["2001"]["revision"], code="unknown_bankgiro", message=said["2001"][1]
    )
    feedback.dismiss(reports=[made["2002"]["id"]], note="Valutan är upplagd nu. Läs in leverantören för hand.", by=user)
    resending.send_again(reports=[made["2003"]["id"]], by=user)


def _conflicts(company: Company, user: User) -> None:
    """What a working copy and somebody here changed, each in its own way: open in every kind, resolved, replaced."""
    copy = make_copy(company, name="Bokslut på landet", made_by=user)
    suppliers = list(Supplier.objects.filter(company=company).order_by("number")[:3])
    customers = list(Customer.objects.filter(company=company).order_by("number")[:2])
    made = partial(make_conflict, copy=copy)
    made(suppliers[1], base={"bankgiro": "5050-1055", "city": "Borås"}, mine={"bankgiro": "991-2346", "phone": "08-1"})
    voucher = Voucher.objects.filter(company=company).order_by("last_row", "pk")[0]
    first, second = document_of(voucher).rows or (1, 2)
    sums = {first: {"amount": "120.00"}, second: {"amount": "-120.00"}}
    made(voucher, base={first: {"text": "Förut"}}, mine={"voucher_text": "Hyra och el", **sums})
    made(suppliers[2], base={"city": "Ystad"})
    gone = document_of(customers[0])
    made(dataclasses.replace(gone, key=(gone.key[0], "3999")), mine={"city": "Malmö"}, is_deleted_here=True)
    made(suppliers[0], base={"city": "Ystad"}, mine={"city": "Lund"}, status=Conflict.Status.SUPERSEDED)
    resolved = made(customers[1], base={"city": "Ystad"}, mine={"city": "Lund"})
    Conflict.objects.filter(pk=resolved.pk).update(
        status=Conflict.Status.RESOLVED,
        resolution=resolved.theirs,
        choices={"city": {"side": "theirs"}},
        resolved_at=timezone.now(),
        resolved_by=user,
        resolved_by_name=user.username,
    )


def _traffic(subscriptions: list[Subscription]) -> None:
    """A month of rows in and out, as the counters' readings would have kept it: more by day than by night."""
    now = timezone.localtime()
    hours = [now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=n) for n in range(24)]
    days = [now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=n) for n in range(30)]
    moments = [
        *((Traffic.Grain.FIVE_MINUTES, at, 40 * (12 - abs(13 - at.hour))) for at in hours if 7 < at.hour < 19),
        *((Traffic.Grain.DAY, at, 900 + 170 * (at.day * 7 % 11)) for at in days if at.weekday() < 5),
    ]
    shares = [(subscription, number + 2) for number, subscription in enumerate(subscriptions)]
    Traffic.objects.bulk_create(
        Traffic(subscription=of, grain=grain, at=at, rows_in=rows // share, rows_out=rows * 9 // 10 // share)
        for grain, at, rows in moments
        for of, share in [(None, 1), *shares]
    )


def _transfers(subscriptions: dict[str, Subscription], user: User) -> None:
    def ask(integration_id: str, name: str, **parameters: Any) -> Transfer:
        return services.request_transfer(
            subscription=subscriptions[integration_id],
            information_type=registry.get(name),
            parameters=parameters,
            requested_by=user,
        )

    def run(transfer: Transfer) -> None:
        running.run(transfer_id=transfer.pk)

    run(ask("MEDIUS", "suppliers", active_only=True))
    run(ask("MEDIUS", "supplier_invoices"))
    failed = ask("MEDIUS", "supplier_payments")
    running.fail(transfer_id=failed.pk, error="Disken är full.")
    services.cancel(transfer=ask("EXOPEN", "customers"), keep_queued=True)
    services.pause(transfer=ask("EXOPEN", "ledger_entries", period_from="2010-01", period_to="2010-12"))
    ask("ARKIV", "accounts")
    change_parts(subscription=subscriptions["SALDON"], active=False)
    queues.cut(subscription=subscriptions["PLANIMA"])


def _imports(user: User) -> None:
    """Files put in by the page: one stored, one looked at, one refused, and one that waits."""

    def receive(name: str, content: bytes, number: str = "") -> FileImport:
        upload = ContentFile(content, name=name)
        return import_services.receive(upload=upload, name=name, company_number=number, started_by=user)

    books = {name: (BOOKS / f"{name}.se").read_bytes() for name in ("eekonomi-2011-typ4", "edison-typ1")}
    stored = receive("eekonomi-2011-typ4.se", books["eekonomi-2011-typ4"], "120")
    import_running.run(import_id=stored.pk)
    stored.refresh_from_db()
    import_services.confirm(file_import=stored)
    import_running.run(import_id=stored.pk)
    import_running.run(import_id=receive("edison-typ1.se", books["edison-typ1"], "130").pk)
    import_running.run(import_id=receive("semesterbild.se", b"%PDF-1.7").pk)
    receive("edison-typ1.se", books["edison-typ1"], "140")


def _keys(user: User, applications: dict[str, Application]) -> None:
    for name in ("Planima", "Medius"):
        create_key(owner=user, application=applications[name], name=f"{name} i drift")
    old, _text = create_key(owner=user, application=applications["Exopen"], name="Gammal nyckel")
    revoke_key(key=old)
    offices = factories.ApplicationFactory.create(name="Byråportalen", supports_office_keys=True)
    own = factories.CompanyFactory.create(number="190", name="Byrån i Borås AB")
    office = factories.OfficeFactory.create(name="Byrån i Borås AB", company=own)
    activate(by=user, office=office)
    ended, _text = create_key(owner=user, application=offices, name="Byrån", kind=KeyKind.OFFICE, office=office)
    made = timezone.now() - timedelta(days=400)
    ApiKey.objects.filter(pk=ended.pk).update(created_at=made, expires_at=made + timedelta(days=365))
    department = Group.objects.create(name="Ekonomiavdelningen")
    department.permissions.add(factories.permission("ledger.view_voucher"))
    offices.permissions.set(
        [factories.permission("ledger.view_voucher"), factories.permission("ledger.view_supplierinvoice")]
    )
    _clients(user, office, offices)
    _people(office, department)
    _keys_of_employee(office, offices)


def _clients(user: User, office: Office, application: Application) -> None:
    """Half of the companies are the office's clients; its key reads most of them, one has turned it off."""
    add_clients(office=office, companies=Company.objects.filter(number__startswith="2")[:30])
    key, _text = create_key(
        owner=user, application=application, name="Alla klienter", kind=KeyKind.OFFICE, office=office
    )
    reads = AccessTemplate.objects.get(name="Read everything", office=None)
    own = AccessTemplate.objects.create(name="Inköpsportalen", office=office)
    own.permissions.set(
        [factories.permission("ledger.view_supplier"), factories.permission("ledger.view_supplierinvoice")]
    )
    clients = list(Company.objects.filter(client_access__office=office))
    grant_clients(key=key, companies=clients[:20], template=reads, by=user)
    grant_clients(key=key, companies=clients[20:24], template=own, by=user)
    switch_api_access(company=clients[3], on=False)


def _people(office: Office, department: Group) -> None:
    """The office has somebody who administers, one who was invited, and one who has left."""
    names = {"karin": ("Karin", "Nord"), "asa": ("Åsa", "Öberg"), "per": ("Per-Erik", "Lindström-Andersson")}
    people = [
        factories.UserFactory.create(
            username=name, first_name=first, last_name=last, email=f"{name}@byran.example", is_staff=True
        )
        for name, (first, last) in names.items()
    ]
    memberships = [Membership.objects.create(user=person, office=office) for person in people]
    factories.give(people[0], "access.administer_users", "access.administer_account", office=office)
    for membership in memberships:
        membership.groups.add(department)
    members.end_membership(membership=memberships[2])
    people[1].set_unusable_password()
    people[1].save()


def _keys_of_employee(office: Office, application: Application) -> None:
    """One has keys of both kinds, of which one has just got a new text; a company's employee can have none as yet."""
    karin = User.objects.get(username="karin")
    named: Any = {"owner": karin, "application": application}
    replaced, _text = create_key(name="Byråportalen, alla klienter", kind=KeyKind.OFFICE, office=office, **named)
    restore_key(key=replaced, grace=timedelta(days=7), expires_at=timezone.now() + timedelta(days=365))
    create_key(name="Eget bokslut", rights=KeyRights.NONE, company=office.company, **named)
    revoked, _text = create_key(name="Gamla portalen", rights=KeyRights.OWN, company=office.company, **named)
    revoke_key(key=revoked)
    factories.give(karin, "ledger.view_voucher", company=Company.objects.get(number="259"))


def _failed_sign_ins() -> None:
    for name, address, failures in (("eva", "192.0.2.17", 5), ("anders", "192.0.2.17", 2), ("root", "203.0.113.9", 31)):
        FailedSignIn.objects.create(
            username=name, ip_address=address, failures_since_start=failures, user_agent="Mozilla/5.0 (X11; Linux)"
        )


def _history(user: User, *changed: Model) -> None:
    for row in changed:
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=str(row),
            action_flag=CHANGE,
            change_message='[{"changed": {"fields": ["Name"]}}]',
        )


def _named(company: Company, subscriptions: dict[str, Subscription]) -> dict[str, Any]:
    """The keys of what pages show: of each model one row by the model's name, and what has a page of its own state."""
    states = {f"transfer_{transfer.status}": transfer.pk for transfer in Transfer.objects.order_by("pk")}
    imports = {f"import_{found.status}": found.pk for found in FileImport.objects.order_by("pk")}
    copies = {f"workingcopy_{copy.status}": copy.pk for copy in WorkingCopy.objects.order_by("pk")}
    check_ins = {f"checkin_{found.status}": found.pk for found in CheckIn.objects.order_by("pk")}
    voucher = _large_voucher(company)
    return {
        **dict(_first_rows()),
        **imports,
        **copies,
        **check_ins,
        "company": company.pk,
        "voucher": voucher.pk,
        "voucher_number": f"{voucher.series}+{voucher.number}",
        "subscription": subscriptions["EXOPEN"].pk,
        "transferred": subscriptions["MEDIUS"].pk,
        "cut_subscription": subscriptions["PLANIMA"].pk,
        "inactive_subscription": subscriptions["SALDON"].pk,
        "negative_subscription": subscriptions["ARKIV"].pk,
        "taking_in": TakingIn.objects.get().pk,
        "sequence": Departure.objects.get(subscription=subscriptions["EXOPEN"]).rows + 1,
        "client_off": ClientAccess.objects.filter(api_access=False)[0].pk,
        "member": Membership.objects.get(user__username="karin", company=None).pk,
        "member_without_add_on": Membership.objects.get(user__username="karin", office=None).pk,
        "client_key": ApiKey.objects.get(name="Alla klienter").pk,
        "replaced_key": ApiKey.objects.get(name="Byråportalen, alla klienter").pk,
        "chosen_key": ApiKey.objects.get(name="Eget bokslut").pk,
        "revoked_key": ApiKey.objects.get(name="Gamla portalen").pk,
        "former_member": Membership.objects.get(user__username="per").pk,
        "hours_file": HoursFile.objects.get(name="timmar.csv").pk,
        "hours_file_wrong": HoursFile.objects.get(name="timmar-fel.csv").pk,
        "acceptance": TermsAcceptance.objects.all()[0].pk,
        "mail_quarantined": Mail.objects.get(subject="Veckans erbjudanden").pk,
        "mail_virus": Mail.objects.get(reason__code="virus").pk,
        "mail_unknown": Mail.objects.get(company=None).pk,
        "mail_removed": Mail.objects.get(status=Mail.Status.REMOVED).pk,
        "portal_off": Portal.objects.get(active=False).pk,
        "earlier_address": InvoiceAddress.objects.exclude(replaced_at=None)[0].pk,
        "own_template": AccessTemplate.objects.exclude(office=None)[0].pk,
        "conflict_voucher": Conflict.objects.get(register="ledger_voucher").pk,
        "conflict_deleted": Conflict.objects.get(mine__isnull=True).pk,
        "conflict_gone": Conflict.objects.get(theirs__isnull=True).pk,
        "conflict_resolved": Conflict.objects.get(status="resolved").pk,
        "conflict_superseded": Conflict.objects.get(status="superseded").pk,
        "feedback": Feedback.objects.get(row_name="2001").pk,
        "feedback_deleted": Feedback.objects.get(row_name="2999").pk,
        "feedback_dismissed": Feedback.objects.get(state="dismissed").pk,
        "apikey": ApiKey.objects.filter(revoked_at=None).order_by("pk")[0].pk,
        **states,
        "workingcopy": copies["workingcopy_out"],
        "checkin": check_ins["checkin_done"],
    }


def _first_rows() -> Iterator[tuple[str, Any]]:
    for model in admin.site._registry:
        if row := model._default_manager.order_by("pk").first():
            yield str(model._meta.model_name), row.pk


def _large_voucher(company: Company) -> Voucher:
    return Voucher.objects.filter(company=company).order_by("-last_row", "pk")[0]
