"""The admin's pages of messages: looked at as text, taken home as a file, released, removed and taken back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from history.models import Change
from inbox import keeping, quarantine, reasons, storage
from inbox.models import Mail, MailFile
from inbox.receiving import envelope_of, receive
from ledger.models import Company
from tests import factories
from tests.inbox.test_portal_pages import person, told

pytestmark = pytest.mark.django_db

Status = Mail.Status
HOSTILE = (
    b"From: <script>alert(1)</script> <a@b.se>\r\nSubject: Hi\r\nX-Turned: a\xe2\x80\xaeb\r\n"
    b"Content-Type: text/html\r\n\r\n"
    b"<script>alert(2)</script><img src=http://evil.example/x.png>"
)


@pytest.fixture
def company() -> Company:
    return factories.CompanyFactory.create(number="100")


@pytest.fixture
def client(company: Company) -> Client:
    return person("inbox.view_mail", "inbox.change_mail", company=company)


def quarantined(
    company: Company | None, *, code: str = reasons.NO_INVOICE, content: bytes = HOSTILE, **said: Any
) -> Mail:
    mail = receive(content=content, company=company, source=Mail.Source.SMTP, recipient="x@y", sender="a@b.se")
    for name, value in {"subject": f"Message {mail.pk}", "sender": "A <a@b.se>", **said}.items():
        setattr(mail, name, value)
    values = {"name": "Eicar-Test-Signature"} if code == reasons.VIRUS else {}
    quarantine.put(mail=mail, reason=reasons.kept(code, **values))
    return mail


def address(name: str, *mails: Mail) -> str:
    return f"{reverse(f'admin:inbox_mail_{name}')}?ids={','.join(str(mail.pk) for mail in mails)}"


def page(mail: Mail) -> str:
    return reverse("admin:inbox_mail_change", args=[mail.pk])


def status(mail: Mail) -> str:
    return Mail.objects.values_list("status", flat=True).get(pk=mail.pk)


def test_nothing_of_a_message_is_shown_as_anything_but_text(client: Client, company: Company) -> None:
    remarks = [{"code": "hostile_xml", "path": "1", "detail": "hostile_xml line 2: <img src=x>"}]
    mail = quarantined(
        company, subject="<b>Bold</b>", sender="<i>A</i>\u202e", text="<script>alert(3)</script>", remarks=remarks
    )
    MailFile.objects.create(
        mail=mail, part="1", name="<img src=x>.pdf\u202efdp", media_type="text/html", size=1, digest="0" * 64
    )
    for shown in (client.get(page(mail)), client.get(reverse("admin:inbox_mail_changelist"))):
        text = shown.content.decode()
        assert "&lt;b&gt;Bold&lt;/b&gt;" in text
        for harm in ("<b>Bold", "<i>A", "<script>alert", "<img src=x", "evil.example", "\u202e"):
            assert harm not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in client.get(page(mail)).content.decode()
    # What the reader knew stands in words; what it said itself is folded below.
    assert "XML with declarations that no invoice has" in client.get(page(mail)).content.decode()
    assert "<code>hostile_xml line 2" in client.get(page(mail)).content.decode()
    assert "There is no invoice in the message." in client.get(page(mail)).content.decode()


def test_the_original_is_a_file_that_no_browser_opens_and_the_history_tells_who_took_it(
    client: Client, company: Company
) -> None:
    mail = quarantined(company)
    answer = client.get(reverse("admin:inbox_mail_original", args=[mail.pk]))
    assert answer.content == HOSTILE
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer["Content-Disposition"].rstrip('"').endswith(".eml")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    told_ = Change.objects.get(kind=Change.Kind.EXPORTED)
    assert (told_.subject, told_.changes["message"]) == ("inbox.mail", [None, mail.pk])
    storage.mail_storage().delete(storage.path_of(mail.digest))
    gone = client.get(reverse("admin:inbox_mail_original", args=[mail.pk]), follow=True)
    assert "isn&#x27;t in the storage" in gone.content.decode()
    assert Change.objects.filter(kind=Change.Kind.EXPORTED).count() == 1


def test_what_is_removed_is_taken_back_and_what_is_released_is_read(client: Client, company: Company) -> None:
    mails = [quarantined(company), quarantined(company)]
    assert "Remove 2 messages?" in client.get(address("remove", *mails)).content.decode()
    assert "2 messages are removed." in told(client.post(address("remove", *mails), follow=True))
    assert [status(mail) for mail in mails] == [Status.REMOVED] * 2
    client.post(address("take-back", mails[0]))
    assert [status(mail) for mail in mails] == [Status.QUARANTINED, Status.REMOVED]
    client.post(address("release", *mails))
    assert [status(mail) for mail in mails] == [Status.WAITING, Status.REMOVED]
    mail = Mail.objects.get(pk=mails[0].pk)
    assert (mail.released, mail.settled_by is not None) == (True, True)
    entries = Change.objects.filter(subject="inbox.mail", object_id=mail.pk, company=company).order_by("-id")
    assert [entry.changes["status"] for entry in entries] == [
        ["quarantined", "waiting"],
        ["removed", "quarantined"],
        ["quarantined", "removed"],
    ]
    shown = client.get(page(mail)).context["changes"]
    assert [change["told"] for change in shown] == [
        "Released from quarantine",
        "Taken back into quarantine",
        "Removed from quarantine",
    ]
    assert mail.settled_by is not None
    assert {change["who"] for change in shown} == {mail.settled_by.username}
    assert "None of the chosen messages" in client.get(address("release", *mails)).content.decode()


def test_a_virus_is_released_by_nobody_by_accident(client: Client, company: Company) -> None:
    infected, other = quarantined(company, code=reasons.VIRUS), quarantined(company)
    both = client.get(address("release", infected, other)).content.decode()
    assert "1 message with a virus is left out" in both
    client.post(address("release", infected, other))
    assert (status(infected), status(other)) == (Status.QUARANTINED, Status.WAITING)
    asked = client.post(address("release", infected))
    assert "Release a message with a virus?" in asked.content.decode()
    assert "Eicar-Test-Signature" in asked.content.decode()
    assert status(infected) == Status.QUARANTINED
    client.post(address("release", infected), {"confirmed": "yes"})
    assert status(infected) == Status.WAITING


def test_for_which_company_it_is_is_said_where_nobody_could_tell(client: Client, company: Company) -> None:
    mail = quarantined(None, code=reasons.UNKNOWN_COMPANY)
    assert client.get(page(mail)).status_code == 404
    client.post(address("release", mail), {"company": company.pk})
    assert status(mail) == Status.QUARANTINED
    whole = person("inbox.view_mail", "inbox.change_mail")
    assert client.get(reverse("admin:inbox_mail_changelist")).status_code == 200
    assert "Which company is it for?" in whole.get(address("release", mail)).content.decode()
    assert "required" in whole.post(address("release", mail)).content.decode()
    whole.post(address("release", mail), {"company": company.pk})
    assert (status(mail), Mail.objects.get(pk=mail.pk).company) == (Status.WAITING, company)
    (change,) = whole.get(page(mail)).context["changes"]
    assert change["told"] == f"Released from quarantine, to {company}"


def test_who_may_only_look_decides_nothing_and_others_see_nothing(company: Company) -> None:
    mail = quarantined(company)
    other = factories.CompanyFactory.create(number="200")
    viewer = person("inbox.view_mail", company=company)
    stranger = person("inbox.view_mail", "inbox.change_mail", company=other)
    mixed = person("inbox.view_mail", company=company)
    original = reverse("admin:inbox_mail_original", args=[mail.pk])
    assert (viewer.get(page(mail)).status_code, viewer.get(original).status_code) == (200, 200)
    assert (stranger.get(page(mail)).status_code, stranger.get(original).status_code) == (404, 404)
    for name in ("release", "remove", "take-back"):
        assert viewer.post(address(name, mail)).status_code == 403
        stranger.post(address(name, mail))
        mixed.post(address(name, mail))
    assert status(mail) == Status.QUARANTINED


def test_what_was_removed_long_ago_is_deleted_unless_something_needs_it(company: Company, settings: Settings) -> None:
    settings.UTKORG_MAIL_DAYS = 90
    long_ago = timezone.now() - timedelta(days=91)
    alone = quarantined(company, content=b"alone")
    shared, sharer = quarantined(company, content=b"shared"), quarantined(company, content=b"shared")
    recent, waiting = quarantined(company, content=b"recent"), quarantined(company, content=b"waiting")
    stuck = quarantined(company, content=b"stuck")
    for mail in (alone, shared, recent, stuck):
        quarantine.remove(mail=mail)
    # A folder that isn't empty: the storage can't delete it.
    path = Path(settings.UTKORG_MAIL_FOLDER, envelope_of(stuck).path)
    path.unlink()
    path.joinpath("something").mkdir(parents=True)
    Mail.objects.exclude(pk=recent.pk).update(settled_at=long_ago)
    settings.UTKORG_MAIL_DAYS = 0
    assert keeping.delete_removed() == 0
    settings.UTKORG_MAIL_DAYS = 90
    assert keeping.delete_removed() == 2
    assert set(Mail.objects.values_list("pk", flat=True)) == {sharer.pk, recent.pk, waiting.pk, stuck.pk}
    assert not storage.is_noted(envelope_of(alone))
    for mail in (sharer, recent, waiting, stuck):
        storage.content_of(mail.digest)


@pytest.mark.django_db(transaction=True)
def test_the_content_of_what_is_deleted_goes_with_it(settings: Settings) -> None:
    company = factories.CompanyFactory.create(number="100")
    alone, shared = quarantined(company, content=b"alone"), quarantined(company, content=b"shared")
    sharer = quarantined(company, content=b"shared")
    for mail in (alone, shared):
        quarantine.remove(mail=mail)
    Mail.objects.update(settled_at=timezone.now() - timedelta(days=91))
    assert keeping.delete_removed() == 2
    assert storage.content_of(sharer.digest) == b"shared"
    with pytest.raises(FileNotFoundError):
        storage.content_of(alone.digest)
    # Else a restored database would be told that it lacks them.
    uids = {envelope.uid for envelope in storage.envelopes()}
    assert sharer.uid in uids
    assert not uids & {alone.uid, shared.uid}


def test_the_first_page_tells_of_those_that_somebody_may_see(company: Company) -> None:
    quarantined(company)
    quarantined(factories.CompanyFactory.create(number="200"))
    quarantined(None)
    client = person("inbox.view_mail", "subscriptions.view_subscription", company=company)
    assert "1 message to the e-mail portal is in quarantine" in client.get(reverse("admin:index")).content.decode()
    whole = person("inbox.view_mail", "subscriptions.view_subscription")
    assert "3 messages to the e-mail portal are in quarantine" in whole.get(reverse("admin:index")).content.decode()
