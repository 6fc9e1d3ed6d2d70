"""Letters: sent by a real mail server's rules, in their reader's language, neither lost nor doubled."""

import socket
from datetime import timedelta
from functools import partial

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from access.language import choose_language
from ledger.models import Company
from notices.letters import LEFT_ALONE
from subscriptions.models import Subscription
from subscriptions.policies import PolicyWish, change_policy
from subscriptions.services import delete_subscription
from tests import factories
from tests.concurrency.installation import Installation
from tests.connections import Together, wait_until
from tests.mail import Mailbox, text_of
from tests.watch.conftest import TELLER, queue
from watch import letters, policy
from watch.models import Letter
from watch.tasks import send_letter

pytestmark = pytest.mark.django_db(transaction=True)


def warn(company: Company) -> list[Letter]:
    queue(company, 3)
    policy.follow_all()
    return list(Letter.objects.order_by("pk"))


def test_a_letter_is_plain_text_and_html_with_a_link(
    subscription: Subscription, company: Company, mailbox: Mailbox
) -> None:
    for letter in warn(company):
        letters.post.send(letter.pk)
    (message,) = mailbox.letters
    link = f"https://utkorg.example.com/admin/subscriptions/subscription/{subscription.pk}/change/"
    for kind in ("plain", "html"):
        text = text_of(message, kind)
        assert "The queue of EXOPEN (Exopen) is over its limit" in text
        assert "there are more than 2 rows or the oldest row is older than 2 days" in text
        assert "Nothing is thrown away" in text
        assert link in text
    assert "&" not in text_of(message)
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    "expected",
    [
        ("sv", "Utkorg: EXOPEN: 3 rader väntar på att hämtas", "Kön för EXOPEN (Exopen) är över sin gräns"),
        ("nb", "Utkorg: EXOPEN: 3 rader venter på å bli hentet", "Køen for EXOPEN (Exopen) er over grensen"),
        ("en", "Utkorg: EXOPEN: 3 rows wait to be fetched", "The queue of EXOPEN (Exopen) is over its limit"),
    ],
)
def test_each_reads_their_own_language(
    subscription: Subscription, company: Company, mailbox: Mailbox, expected: tuple[str, str, str]
) -> None:
    language, subject, sentence = expected
    user = factories.UserFactory.create(email="ola@example.com")
    choose_language(user=user, language=language)
    change_policy(subscription=subscription, wish=PolicyWish(warn_rows=2, people=[user]))
    for letter in warn(company):
        letters.post.send(letter.pk)
    assert mailbox.subjects == [subject]
    assert sentence in text_of(mailbox.letters[0])
    assert f'<html lang="{language}">' in text_of(mailbox.letters[0], "html")


def test_an_address_of_nobody_here_reads_the_installations_language(
    subscription: Subscription, company: Company, mailbox: Mailbox, settings: Settings
) -> None:
    settings.LANGUAGE_CODE = "sv"
    for letter in warn(company):
        letters.post.send(letter.pk)
    assert "väntar på att hämtas" in mailbox.subjects[0]


def test_what_a_policy_will_do_stands_in_the_warning(
    subscription: Subscription, company: Company, mailbox: Mailbox
) -> None:
    wish = PolicyWish(warn_rows=2, cut_rows=2_000_000, grace_hours=72, addresses=[TELLER])
    change_policy(subscription=subscription, wish=wish)
    for letter in warn(company):
        letters.post.send(letter.pk)
    text = " ".join(text_of(mailbox.letters[0]).split())
    assert "when there are more than 2,000,000 rows or the warning is 3 days old" in text


def test_a_letter_is_sent_once_however_often_it_is_asked_for(
    subscription: Subscription, company: Company, mailbox: Mailbox
) -> None:
    (letter,) = warn(company)
    with Together() as together:
        for sending in [together.start(letters.post.send, letter.pk) for _ in range(8)]:
            sending.result()
    letters.post.send(letter.pk)
    assert len(mailbox.letters) == 1


def test_a_worker_that_died_while_sending_is_followed_by_another_with_the_same_id(
    subscription: Subscription, company: Company, mailbox: Mailbox
) -> None:
    (letter,) = warn(company)
    letters.post.send(letter.pk)
    # As it stands after a crash between the mail server's answer and our note of it.
    Letter.objects.update(sent_at=None, claimed_until=timezone.now() + timedelta(minutes=1))
    letters.post.send(letter.pk)
    assert len(mailbox.letters) == 1  # still claimed
    Letter.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    letters.post.send(letter.pk)
    first, second = (message["Message-ID"] for message in mailbox.letters)
    assert first == second


def test_an_event_that_is_rolled_back_writes_no_letter(
    subscription: Subscription, company: Company, mailbox: Mailbox
) -> None:
    queue(company, 3)
    with transaction.atomic():
        policy.follow_all()
        transaction.set_rollback(True)
    assert not Letter.objects.exists()
    assert Subscription.objects.get().standing.warned_at is None


def test_an_address_that_is_refused_is_given_up_and_the_others_are_told(
    subscription: Subscription, company: Company, mailbox: Mailbox
) -> None:
    wish = PolicyWish(warn_rows=2, addresses=["gone@example.com", TELLER])
    change_policy(subscription=subscription, wish=wish)
    mailbox.answers["gone@example.com"] = "550 No such person"
    for letter in warn(company):
        letters.post.send(letter.pk)
    refused = Letter.objects.get(address="gone@example.com")
    assert refused.given_up_at is not None
    assert "No such person" in refused.error
    assert [message["To"] for message in mailbox.letters] == [TELLER]


def test_an_address_that_is_busy_is_tried_again(subscription: Subscription, company: Company, mailbox: Mailbox) -> None:
    (letter,) = warn(company)
    mailbox.answers[TELLER] = "451 Later"
    with pytest.raises(Exception, match="451"):
        letters.post.send(letter.pk)
    mailbox.answers.clear()
    letters.post.send(letter.pk)
    letter.refresh_from_db()
    assert (letter.attempts, letter.error, len(mailbox.letters)) == (2, "", 1)


def test_celery_asks_again_while_no_mail_server_answers(
    subscription: Subscription, company: Company, mailbox: Mailbox, settings: Settings
) -> None:
    (letter,) = warn(company)
    settings.EMAIL_PORT, working = _free_port(), settings.EMAIL_PORT
    send_letter.apply(args=(letter.pk,))
    letter.refresh_from_db()
    assert letter.attempts == (send_letter.max_retries or 0) + 1
    assert "refused" in letter.error
    settings.EMAIL_PORT = working
    Letter.objects.update(claimed_until=timezone.now() - timedelta(hours=1))
    assert list(_left_behind()) == []  # too young for the sweep
    Letter.objects.update(created_at=timezone.now() - timedelta(hours=1))
    letters.post.send(letter.pk)
    assert len(mailbox.letters) == 1


def test_a_letter_that_never_goes_is_given_up(subscription: Subscription, company: Company) -> None:
    (letter,) = warn(company)
    Letter.objects.update(created_at=timezone.now() - timedelta(days=4))
    letters.post.enqueue_left_behind()
    letter.refresh_from_db()
    assert letter.given_up_at is not None
    letters.post.send(letter.pk)
    assert mail.outbox == []


def test_letters_of_last_year_are_deleted(subscription: Subscription, company: Company) -> None:
    warn(company)
    assert letters.post.remove_old() == 0
    Letter.objects.update(created_at=timezone.now() - timedelta(days=400))
    assert letters.post.remove_old() == 1


def test_a_deleted_subscriptions_letters_are_sent_all_the_same(
    subscription: Subscription, company: Company, mailbox: Mailbox
) -> None:
    (letter,) = warn(company)
    delete_subscription(subscription=subscription)
    letters.post.send(letter.pk)
    assert len(mailbox.letters) == 1


def test_a_real_worker_warns_and_cuts(
    subscription: Subscription, company: Company, mail_server: tuple[Mailbox, int]
) -> None:
    mailbox, port = mail_server
    wish = PolicyWish(warn_rows=2, cut_rows=4, addresses=[TELLER])
    change_policy(subscription=subscription, wish=wish)
    queue(company, 5)
    settings = {
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "UTKORG_URL": "https://utkorg.example.com",
    }
    with Installation(**settings) as installation:
        installation.start("worker")
        for expected in (1, 2):
            installation.script("from watch.tasks import follow_policies; follow_policies.delay()").wait(30)
            wait_until(partial(_has, mailbox, expected), seconds=30)
            wait_until(lambda: not Letter.objects.filter(sent_at=None).exists())
    assert mailbox.subjects == [
        "Utkorg: EXOPEN: 5 rows wait to be fetched",
        "Utkorg: EXOPEN: the queue was cut, 5 rows",
    ]


def _has(mailbox: Mailbox, letters_expected: int) -> bool:
    return len(mailbox.letters) == letters_expected


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _left_behind() -> list[Letter]:
    before = timezone.now() - LEFT_ALONE
    return list(Letter.objects.filter(sent_at=None, created_at__lt=before, claimed_until__lt=before))
