"""Backlog policies: warned once, cleared well below the limit, cut only after a warning that was sent."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from ledger.models import Company
from revisions import batch, fan_out, pending, receipts
from revisions.exceptions import EpochChanged
from revisions.models import Queue
from subscriptions.exceptions import CutBeforeWarning, InvalidAddress, NobodyToTell, PolicyError
from subscriptions.models import BacklogPolicy, Resync, Subscription
from subscriptions.policies import PolicyWish, change_policy
from subscriptions.services import delete_subscription
from tests import factories
from tests.connections import Gate, Together, wait_until, waiters
from tests.consumers import Consumer
from tests.ledger.admin_client import signed_in
from tests.mail import Mailbox
from tests.watch.conftest import TELLER, queue
from watch import letters, policy
from watch.backlog import Backlog
from watch.models import Letter, Standing
from watch.policy import Step, step

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def look() -> list[str]:
    """Follow the policies once, and send what is to be sent; returns what was written."""
    policy.follow_all()
    for letter in Letter.objects.filter(sent_at=None):
        letters.post.send(letter.pk)
    return list(Letter.objects.order_by("pk").values_list("kind", flat=True))


def wish(**limits: object) -> PolicyWish:
    return PolicyWish(**{"warn_rows": 2, "warn_hours": 48, "addresses": [TELLER], **limits})  # type: ignore[arg-type]


@pytest.fixture
def cutting(subscription: Subscription) -> Subscription:
    """A subscription that warns from three rows on and is cut from five on."""
    change_policy(subscription=subscription, wish=wish(cut_rows=4))
    return subscription


@pytest.mark.parametrize(
    ("rows", "hours", "warned", "told", "due"),
    [
        (100, 1, False, False, Step.NOTHING),
        (101, 1, False, False, Step.WARN),
        (1, 11, False, False, Step.WARN),
        (101, 1, True, True, Step.NOTHING),
        (99, 1, True, True, Step.NOTHING),
        (80, 1, True, True, Step.CLEAR),
        (1, 9, True, True, Step.NOTHING),
        (0, 0, True, True, Step.CLEAR),
        (201, 1, False, False, Step.WARN),
        (201, 1, True, False, Step.NOTHING),
        (201, 1, True, True, Step.CUT),
        (1, 21, True, True, Step.CUT),
    ],
)
def test_what_is_due(rows: int, hours: int, warned: bool, told: bool, due: Step) -> None:
    limits = BacklogPolicy(warn_rows=100, warn_hours=10, cut_rows=200, cut_hours=20)
    backlog = Backlog(rows, NOON - timedelta(hours=hours) if rows else None)
    assert step(limits, backlog, warned=warned, told_at=NOON if told else None, at=NOON) is due


@pytest.mark.parametrize(("hours", "due"), [(2, Step.NOTHING), (4, Step.CUT)])
def test_the_grace_begins_when_the_warning_was_sent(hours: int, due: Step) -> None:
    limits = BacklogPolicy(warn_rows=100, warn_hours=None, grace_hours=3)
    told_at = NOON - timedelta(hours=hours)
    assert step(limits, Backlog(101, NOON), warned=True, told_at=told_at, at=NOON) is due


def test_a_queue_that_is_no_longer_over_its_limit_is_not_cut_after_the_grace() -> None:
    limits = BacklogPolicy(warn_rows=100, warn_hours=10, grace_hours=3)
    told_at = NOON - timedelta(hours=4)
    assert step(limits, Backlog(90, NOON), warned=True, told_at=told_at, at=NOON) is Step.NOTHING


def test_without_limits_nothing_is_due() -> None:
    limits = BacklogPolicy(warn_rows=None, warn_hours=None)
    assert step(limits, Backlog(10**9, NOON), warned=False, told_at=None, at=NOON) is Step.NOTHING
    assert step(limits, Backlog(10**9, NOON), warned=True, told_at=NOON, at=NOON) is Step.CLEAR


def test_a_new_subscription_warns_and_never_cuts() -> None:
    made = factories.make_subscription().backlog_policy
    assert (made.warns, made.cuts) == (True, False)


def test_people_are_warned_once_and_told_once_when_it_is_over(
    subscription: Subscription, company: Company, mailbox: Mailbox
) -> None:
    queue(company, 3)
    assert [look() for _ in range(3)][-1] == ["warned"]
    Consumer(subscription).fetch(limit=1)
    assert look() == ["warned"]  # two rows of two: at the limit, not below it
    queue(company, 1)
    assert look() == ["warned"]
    consumer = Consumer(subscription)
    consumer.last_sequence = 1
    consumer.fetch_all()
    assert [look() for _ in range(3)][-1] == ["warned", "cleared"]
    assert mailbox.subjects == [
        "Utkorg: EXOPEN: 3 rows wait to be fetched",
        "Utkorg: EXOPEN: the queue is below its limits again",
    ]


def test_an_old_row_is_warned_of_as_well(subscription: Subscription, company: Company, mailbox: Mailbox) -> None:
    queue(company, 1, hours=47)
    assert look() == []
    queue(company, 1)
    Consumer(subscription).fetch(limit=1)
    queue(company, 1, hours=49)
    assert look() == []  # the row before it is the oldest, and young
    consumer = Consumer(subscription)
    consumer.last_sequence = 1
    consumer.fetch(limit=1)
    assert look() == ["warned"]


def test_whoever_is_chosen_later_is_told_once_too(
    subscription: Subscription, company: Company, mailbox: Mailbox
) -> None:
    queue(company, 3)
    look()
    user = factories.UserFactory.create(email="ola@example.com")
    change_policy(subscription=subscription, wish=wish(people=[user]))
    assert [look() for _ in range(2)][-1] == ["warned", "warned"]
    assert [letter["To"] for letter in mailbox.letters] == [TELLER, "ola@example.com"]


def test_a_user_who_left_or_has_no_address_is_not_written_to(subscription: Subscription, company: Company) -> None:
    gone = factories.UserFactory.create(email="gone@example.com", is_active=False)
    change_policy(subscription=subscription, wish=wish(people=[gone, factories.UserFactory.create()]))
    queue(company, 3)
    policy.follow_all()
    assert list(Letter.objects.values_list("address", flat=True)) == [TELLER]


def test_a_queue_beyond_the_second_limit_is_warned_of_then_cut(
    cutting: Subscription, company: Company, mailbox: Mailbox
) -> None:
    Resync.objects.all().delete()
    queue(company, 5)
    assert look() == ["warned"]
    assert pending.look(subscription=cutting).total == 5
    assert look() == ["warned", "cut"]
    found = pending.look(subscription=cutting)
    assert (found.total, found.head.epoch) == (0, 2)
    assert [(missing.information_type, missing.company) for missing in found.resync] == [("suppliers", "100")]
    assert look() == ["warned", "cut"]
    told = mailbox.letters[-1].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert mailbox.subjects[-1] == "Utkorg: EXOPEN: the queue was cut, 5 rows"
    assert "Suppliers: 5 rows of company 100" in told


def test_the_next_cut_needs_another_warning(cutting: Subscription, company: Company, mailbox: Mailbox) -> None:
    queue(company, 5)
    look()
    look()
    queue(company, 5)
    assert look() == ["warned", "cut", "warned"]
    assert Standing.objects.get().episode == 2


def test_nothing_is_cut_while_the_warning_could_not_be_sent(cutting: Subscription, company: Company) -> None:
    queue(company, 5)
    for _ in range(3):
        policy.follow_all()
    assert Letter.objects.get().sent_at is None
    assert pending.look(subscription=cutting).total == 5


def test_nothing_is_cut_where_mail_reaches_nobody(cutting: Subscription, company: Company, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    queue(company, 5)
    assert [look() for _ in range(3)][-1] == ["warned"]
    assert pending.look(subscription=cutting).total == 5


def test_nothing_is_cut_when_nobody_who_was_told_is_left(
    cutting: Subscription, company: Company, mailbox: Mailbox
) -> None:
    queue(company, 5)
    look()
    BacklogPolicy.objects.update(addresses="")
    assert look() == ["warned"]


def test_a_queue_that_was_fetched_meanwhile_is_not_cut(
    cutting: Subscription, company: Company, mailbox: Mailbox
) -> None:
    queue(company, 5)
    look()
    Consumer(cutting).fetch_all()
    policy.cut(cutting)
    assert Queue.objects.get().epoch == 1


def test_a_cut_waits_for_a_receipt_under_way_and_then_leaves_the_queue_alone(
    cutting: Subscription, company: Company, mailbox: Mailbox
) -> None:
    queue(company, 5)
    look()
    found = batch.read(subscription=cutting, choice=batch.Choice(), limit=4)
    receipt = receipts.issue(subscription=cutting, epoch=1, batch=found, choice=batch.Choice())
    gate = Gate()

    def acknowledge_slowly() -> None:
        with transaction.atomic():
            receipts.acknowledge(subscription=cutting, receipt=receipt or "")
            gate.wait()

    with Together() as together:
        receiving = together.start(acknowledge_slowly)
        gate.await_arrival()
        following = together.start(policy.follow_all)
        wait_until(waiters)
        gate.open()
        receiving.result()
        following.result()
    assert Queue.objects.get().epoch == 1
    assert pending.look(subscription=cutting).total == 1
    assert not Letter.objects.filter(kind="cut").exists()


def test_a_receipt_that_comes_after_a_cut_is_told_so(cutting: Subscription, company: Company, mailbox: Mailbox) -> None:
    queue(company, 5)
    look()
    found = batch.read(subscription=cutting, choice=batch.Choice(), limit=4)
    receipt = receipts.issue(subscription=cutting, epoch=1, batch=found, choice=batch.Choice())
    assert look() == ["warned", "cut"]
    with pytest.raises(EpochChanged):
        receipts.acknowledge(subscription=cutting, receipt=receipt or "")


def test_rows_committed_before_a_cut_are_in_it(cutting: Subscription, company: Company, mailbox: Mailbox) -> None:
    queue(company, 5)
    look()
    factories.SupplierFactory.create(company=company)
    look()
    assert Letter.objects.get(kind="cut").content["rows"] == 6
    fan_out.drain()
    assert pending.look(subscription=cutting).total == 0


def test_two_workers_at_once_warn_and_cut_once(cutting: Subscription, company: Company, mailbox: Mailbox) -> None:
    queue(company, 5)
    for kinds in (["warned"], ["warned", "cut"]):
        with Together() as together:
            for work in [together.start(policy.follow_all) for _ in range(6)]:
                work.result()
        assert look()[: len(kinds)] == kinds
    assert (Letter.objects.count(), Queue.objects.get().epoch) == (2, 2)


def test_what_one_queue_refuses_holds_up_no_other(
    subscription: Subscription, company: Company, mailbox: Mailbox
) -> None:
    broken = factories.make_subscription("suppliers", integration_id="AAA")
    BacklogPolicy.objects.filter(pk=broken.pk).update(addresses="x" * 300 + "@example.com", warn_rows=1)
    queue(company, 3)
    policy.follow_all()
    assert list(Standing.objects.exclude(warned_at=None)) == [subscription.standing]


@pytest.mark.parametrize(
    ("limits", "refusal", "field"),
    [
        ({"cut_rows": 2}, CutBeforeWarning, "cut_rows"),
        ({"warn_rows": None, "cut_rows": 5}, CutBeforeWarning, "cut_rows"),
        ({"cut_hours": 48}, CutBeforeWarning, "cut_hours"),
        ({"warn_rows": None, "warn_hours": None, "grace_hours": 1}, CutBeforeWarning, "grace_hours"),
        ({"addresses": ["kari"]}, InvalidAddress, "addresses"),
        ({"addresses": [], "cut_rows": 5}, NobodyToTell, "people"),
    ],
)
def test_what_a_policy_can_not_be(
    subscription: Subscription, limits: dict[str, object], refusal: type[PolicyError], field: str
) -> None:
    with pytest.raises(refusal) as refused:
        change_policy(subscription=subscription, wish=wish(**limits))
    assert refused.value.field == field


@pytest.mark.parametrize("limits", [{"cut_rows": 2}, {"cut_hours": 1}, {"warn_rows": None, "cut_rows": 9}])
def test_the_database_refuses_a_cut_before_the_warning(subscription: Subscription, limits: dict[str, int]) -> None:
    with pytest.raises(IntegrityError):
        BacklogPolicy.objects.update(**limits)


def test_a_policy_that_is_raised_ends_the_warning(
    subscription: Subscription, company: Company, mailbox: Mailbox
) -> None:
    queue(company, 3)
    look()
    change_policy(subscription=subscription, wish=wish(warn_rows=None, warn_hours=None))
    assert look() == ["warned", "cleared"]


@pytest.mark.parametrize("stricter", [{"cut_rows": 3}, {"grace_hours": 1}])
def test_what_no_warning_said_is_not_cut_before_another_warning(
    subscription: Subscription, company: Company, mailbox: Mailbox, stricter: dict[str, int]
) -> None:
    queue(company, 5)
    look()
    Letter.objects.update(sent_at=timezone.now() - timedelta(hours=2))
    change_policy(subscription=subscription, wish=wish(**stricter))
    policy.cut(subscription)
    policy.follow_all()
    assert Queue.objects.get().epoch == 1
    assert look() == ["warned", "warned"]
    assert Letter.objects.order_by("pk")[1].content.items() >= stricter.items()
    assert look() == (["warned", "warned"] if "grace_hours" in stricter else ["warned", "warned", "cut"])


def test_a_cut_that_comes_later_than_the_warning_said_needs_no_other(
    cutting: Subscription, company: Company, mailbox: Mailbox
) -> None:
    queue(company, 3)
    look()
    change_policy(subscription=cutting, wish=wish(cut_rows=6))
    assert look() == ["warned"]
    queue(company, 4)
    assert look() == ["warned", "cut"]


def test_a_subscription_deleted_meanwhile_holds_up_no_other(
    cutting: Subscription, company: Company, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(company, 5)
    look()
    gone = factories.make_subscription("suppliers", integration_id="AAA")
    follow = policy.follow

    def follow_late(subscription: Subscription) -> None:
        if subscription.pk == gone.pk:
            Standing.objects.filter(pk=gone.pk).update(warned_at=timezone.now())
            subscription.standing.refresh_from_db()
            delete_subscription(subscription=Subscription.objects.get(pk=gone.pk))
        follow(subscription)

    monkeypatch.setattr(policy, "follow", follow_late)
    policy.follow_all()
    assert Queue.objects.get().epoch == 2


def test_an_unsent_warning_is_taken_back_when_it_is_over(subscription: Subscription, company: Company) -> None:
    queue(company, 3)
    policy.follow_all()
    Consumer(subscription).fetch_all()
    policy.follow_all()
    assert not Letter.objects.exists()


def test_a_copy_of_a_subscription_has_its_policy(subscription: Subscription) -> None:
    user = factories.UserFactory.create(email="ola@example.com")
    change_policy(subscription=subscription, wish=wish(cut_rows=9, people=[user]))
    form = {
        "integration_id": "COPY",
        "name": "A copy",
        "information_types": ["suppliers"],
        "application": subscription.application_id,
    }
    page = signed_in().post(f"/admin/subscriptions/subscription/add/?copy={subscription.pk}", form)
    assert page.status_code == 302
    copy = Subscription.objects.get(integration_id="COPY").backlog_policy
    assert (copy.warn_rows, copy.cut_rows, copy.addresses) == (2, 9, TELLER)
    assert list(copy.people.all()) == [user]
