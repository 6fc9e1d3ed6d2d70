"""The first page: what needs a person, the subscriptions, and what it costs."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from access.models import ApiKey, KeyLetter
from inbox.models import Mail
from information_types import registry
from ledger.models import Company
from onetime_transfer import running, services
from revisions import queues
from revisions.models import ChangeSet, LastFetch
from subscriptions.models import Resync, Subscription
from subscriptions.policies import PolicyWish, change_policy
from tests import factories
from tests.consumers import Consumer
from tests.ledger.admin_client import signed_in, text_of
from tests.watch.conftest import TELLER, queue
from watch import lines, policy, signs, traffic
from watch.models import Letter, Pulse, Standing, Traffic

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Client:
    return signed_in()


@pytest.fixture
def calm(subscription: Subscription) -> Subscription:
    """A subscription that needs nobody."""
    Resync.objects.all().delete()
    traffic.read_counters()
    return subscription


def page(admin: Client, **asked: str) -> str:
    return text_of(admin.get("/admin/", asked))


def test_where_nothing_needs_anybody_it_says_so(admin: Client, calm: Subscription) -> None:
    assert "Nothing needs you right now" in page(admin)


def test_a_queue_over_its_limit_stands_first(admin: Client, calm: Subscription, company: Company) -> None:
    queue(company, 3)
    policy.follow_all()
    text = page(admin)
    assert (
        "Needs you warning EXOPEN is over its limit: 3 rows in the queue, the oldest has waited for less than a minute"
        in text
    )
    assert "Ask the integrator to fetch." in text
    assert "over its limit" in text.partition("Integration ID")[2]


def test_what_a_policy_will_do_is_said(admin: Client, calm: Subscription, company: Company) -> None:
    wish = PolicyWish(warn_rows=2, cut_rows=1000, grace_hours=72, addresses=[TELLER])
    change_policy(subscription=calm, wish=wish)
    queue(company, 3)
    policy.follow_all()
    said = "The queue is cut when there are more than 1,000 rows or the warning is 3 days old."
    assert said in page(admin)


def test_failed_and_paused_transfers_are_led_to(admin: Client, calm: Subscription) -> None:
    transfer = services.request_transfer(subscription=calm, information_type=registry.get("suppliers"))
    services.pause(transfer=transfer)
    assert "EXOPEN: the transfer of Suppliers is paused" in page(admin)
    running.fail(transfer_id=transfer.pk, error="Disk full")
    content = admin.get("/admin/").content.decode()
    assert "EXOPEN: the transfer of Suppliers has failed" in content
    assert f'href="/admin/onetime_transfer/transfer/{transfer.pk}/change/"' in content


def test_a_queue_that_nobody_has_fetched_for_long_is_said(admin: Client, calm: Subscription, company: Company) -> None:
    queue(company, 1, hours=30)
    assert "EXOPEN was never fetched: 1 row in the queue" in page(admin)
    fetched_at = timezone.now() - timedelta(days=3)
    LastFetch.objects.create(subscription=calm, fetched_at=fetched_at, key_name="", rows=1)
    assert "EXOPEN hasn't been fetched for 3 days" in page(admin)
    LastFetch.objects.update(fetched_at=timezone.now() - timedelta(hours=1))
    assert "Nothing needs you right now" in page(admin)


@pytest.mark.parametrize(
    ("days", "owner_active", "said"), [(6, True, True), (30, True, False), (-1, True, False), (6, False, False)]
)
def test_a_key_that_expires_soon_is_said(
    admin: Client, calm: Subscription, days: int, owner_active: bool, said: bool
) -> None:
    owner = factories.SuperuserFactory.create(is_active=owner_active)
    factories.make_key(owner=owner, name="Produktion", application=calm.application)
    now = timezone.now()
    ApiKey.objects.update(created_at=now - timedelta(days=99), expires_at=now + timedelta(days=days))
    assert (f"The key Produktion of {calm.application} expires on" in page(admin)) is said


def test_changes_that_nobody_queues_are_said(admin: Client, calm: Subscription, company: Company) -> None:
    factories.SupplierFactory.create(company=company)
    assert "Nothing is queued" not in page(admin)
    ChangeSet.objects.filter(fanned_out=False).update(changed_at=timezone.now() - timedelta(minutes=12))
    text = page(admin)
    assert "Nothing is queued: what was saved 12 minutes ago hasn't reached the queues" in text
    assert "stands still" in text


def test_a_clock_that_stands_still_is_said(admin: Client, calm: Subscription) -> None:
    Pulse.objects.update(beat_at=timezone.now() - timedelta(hours=3))
    assert "The clock (beat) or the worker hasn't been heard of for 3 hours" in page(admin)


@pytest.mark.parametrize(
    ("obstacle", "said"),
    [("", "The worker of the queue mail stands still"), ("storage", "The storage of messages is away")],
)
def test_messages_that_are_not_read_are_said(
    obstacle: str, said: str, admin: Client, calm: Subscription, company: Company
) -> None:
    came = timezone.now() - timedelta(minutes=12)
    Mail.objects.create(company=company, digest="0" * 64, size=1, received_at=came, held_up_by=obstacle)
    text = page(admin)
    assert "A message to the e-mail portal has waited for 12 minutes to be read" in text
    assert said in text


def test_an_e_mail_that_can_not_be_sent_is_said(admin: Client, calm: Subscription) -> None:
    Letter.objects.create(
        subscription=calm, kind="warned", episode=1, address=TELLER, content={}, attempts=2, error="550 Nobody"
    )
    assert f"An e-mail to {TELLER} can't be sent: 550 Nobody" in page(admin)


def test_an_e_mail_about_a_key_that_can_not_be_sent_is_said(admin: Client, calm: Subscription) -> None:
    key, _text = factories.make_key()
    KeyLetter.objects.create(
        key=key, kind="expires", address=TELLER, content={"pk": key.pk}, attempts=2, error="550 Nobody"
    )
    assert f"An e-mail to {TELLER} can't be sent: 550 Nobody" in page(admin)


def test_of_a_kind_only_the_first_are_shown(admin: Client) -> None:
    factories.CompanyFactory.create()
    for _ in range(8):
        factories.make_subscription("suppliers")
    assert "and 5 more of the same kind" in page(admin)


def test_what_is_severe_stands_above_what_is_not(admin: Client, calm: Subscription, company: Company) -> None:
    queue(company, 3)
    policy.follow_all()
    transfer = services.request_transfer(subscription=calm, information_type=registry.get("suppliers"))
    running.fail(transfer_id=transfer.pk, error="Disk full")
    text = page(admin)
    assert text.index("has failed") < text.index("is over its limit")


def test_the_steps_are_ticked_as_they_are_done_and_gone_after_the_first_delivery(admin: Client) -> None:
    def ticked() -> int:
        return admin.get("/admin/").content.decode().count('class="is-done"')

    assert ticked() == 0
    company = factories.CompanyFactory.create()
    assert ticked() == 1
    subscription = factories.make_subscription("suppliers")
    assert ticked() == 2
    factories.make_key()
    assert ticked() == 3
    queue(company, 1)
    Consumer(subscription).fetch()
    assert "Three steps" not in page(admin)


def test_a_search_and_an_order_choose_among_the_subscriptions(admin: Client, company: Company) -> None:
    factories.make_subscription("accounts", integration_id="EMPTY", name="Nothing")
    factories.make_subscription("suppliers", integration_id="FULL", name="Something")
    queue(company, 2)

    def order(**asked: str) -> list[str]:
        return [line.subscription.integration_id for line in admin.get("/admin/", asked).context["lines"]]

    assert order(order="name") == ["EMPTY", "FULL"]
    assert order(order="queued") == ["FULL", "EMPTY"]
    assert order(order="oldest") == ["FULL", "EMPTY"]
    assert order(q="some full") == ["FULL"]
    assert order(q="nobody") == []
    assert "No subscription has “<b>” in its ID" in text_of(admin.get("/admin/", {"q": "<b>"})).replace("&lt;", "<")
    assert order(order="nonsense") == order(order="need")


def test_the_live_part_is_the_page_and_costs_nothing_while_nothing_changes(
    admin: Client, calm: Subscription, company: Company
) -> None:
    first = admin.get("/admin/overview/live/")
    again = admin.get("/admin/overview/live/", headers={"if-none-match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    queue(company, 1)
    changed = admin.get("/admin/overview/live/", headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_who_may_know_of_some_companies_sees_their_subscriptions_and_their_rows_alone(company: Company) -> None:
    other = factories.CompanyFactory.create(number="200")
    own = factories.make_subscription("suppliers", integration_id="OWN", companies=[company])
    foreign = factories.make_subscription("suppliers", integration_id="FOREIGN", companies=[other])
    queue(company, 2)
    queue(other, 3)
    traffic.read_counters()
    Letter.objects.create(subscription=foreign, kind="warned", episode=1, address=TELLER, content={}, attempts=2)
    clerk = factories.UserFactory.create(is_staff=True)
    factories.give(clerk, "subscriptions.view_subscription", "subscriptions.change_subscription", company=company)
    client = Client()
    client.force_login(clerk)
    shown = client.get("/admin/")
    assert [line.subscription for line in shown.context["lines"]] == [own]
    assert shown.context["history"].day.rows_in == 2
    assert "FOREIGN" not in text_of(shown)
    assert TELLER not in text_of(shown)
    for page_of in ("queue", "policy"):
        assert client.get(f"/admin/subscriptions/subscription/{foreign.pk}/{page_of}/").status_code == 404


@pytest.mark.parametrize("path", ["/admin/overview/live/", "/admin/subscriptions/subscription/{}/queue/"])
def test_a_part_is_for_those_who_may_see_subscriptions(calm: Subscription, path: str) -> None:
    client = Client()
    assert client.get(path.format(calm.pk)).status_code == 302
    client.force_login(factories.UserFactory.create(is_staff=True))
    assert client.get(path.format(calm.pk)).status_code == 403


def test_a_policy_is_for_those_who_may_change_subscriptions(calm: Subscription) -> None:
    clerk = factories.UserFactory.create(is_staff=True)
    factories.give(clerk, "subscriptions.view_subscription")
    client = Client()
    client.force_login(clerk)
    assert client.get(f"/admin/subscriptions/subscription/{calm.pk}/policy/").status_code == 403
    part = client.get(f"/admin/subscriptions/subscription/{calm.pk}/queue/")
    assert "Change the policy" not in text_of(part)


def test_a_policy_is_changed_on_its_page(admin: Client, calm: Subscription) -> None:
    user = factories.UserFactory.create(email="ola@example.com")
    address = f"/admin/subscriptions/subscription/{calm.pk}/policy/"
    form = {
        "warn_rows": "1 000",
        "warn_hours": "",
        "people": user.pk,
        "addresses": "support@example.com\n\n drift@example.com ",
        "cut_rows": "2 000",
        "cut_hours": "",
        "grace_hours": "24",
    }
    saved = admin.post(address, form)
    assert saved["Location"] == f"/admin/subscriptions/subscription/{calm.pk}/change/"
    text = text_of(admin.get(f"/admin/subscriptions/subscription/{calm.pk}/queue/"))
    assert "when there are more than 1,000 rows" in text
    assert "ola@example.com, support@example.com, drift@example.com" in text
    assert "after a warning, when there are more than 2,000 rows or the warning is 24 hours old" in text
    refused = admin.post(address, {**form, "cut_rows": "1 000"})
    assert "The queue is only cut after a warning" in text_of(refused)
    refused = admin.post(address, {**form, "addresses": "support"})
    assert "support is no e-mail address." in text_of(refused)
    refused = admin.post(address, {**form, "warn_rows": "many"})
    assert "Nothing is saved yet" in text_of(refused)


def test_the_page_of_a_subscription_shows_its_letters(admin: Client, calm: Subscription, company: Company) -> None:
    queue(company, 3)
    policy.follow_all()
    text = text_of(admin.get(f"/admin/subscriptions/subscription/{calm.pk}/queue/"))
    assert "The queue is over its limit since" in text
    assert f"The queue is over its limit {TELLER} waiting" in text


@pytest.mark.django_db(transaction=True)
def test_a_hundred_subscriptions_take_twelve_queries_at_most(admin: Client, company: Company) -> None:
    for number in range(100):
        made = factories.make_subscription("suppliers", integration_id=f"INTEGRATION-{number:03}")
        Traffic.objects.bulk_create(
            Traffic(subscription=made, grain="h", at=timezone.now() - timedelta(hours=hours), rows_in=9, rows_out=7)
            for hours in range(24)
        )
    queue(company, 2, hours=30)
    Standing.objects.filter(subscription__integration_id__gt="INTEGRATION-050").update(warned_at=timezone.now())
    clerk = factories.UserFactory.create(is_staff=True)
    factories.give(clerk, "subscriptions.view_subscription", "subscriptions.change_subscription", "access.view_apikey")
    clerks = Client()
    clerks.force_login(clerk)
    for client, path in [(admin, "/admin/"), (admin, "/admin/overview/live/"), (clerks, "/admin/")]:
        client.get(path)
        assert queries(partial(client.get, path)) <= 12
    found: list[lines.Line] = []
    assert queries(lambda: found.extend(lines.read(Subscription.objects.all()))) == 2
    assert len(found) == 100
    assert {line.trend.last for line in found} == {2}


def test_a_subscriptions_part_takes_twelve_queries_at_most(admin: Client, calm: Subscription) -> None:
    address = f"/admin/subscriptions/subscription/{calm.pk}/queue/"
    admin.get(address)
    assert queries(lambda: admin.get(address)) <= 12


def queries(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


@pytest.mark.usefixtures("calm")
def test_whatever_the_page_tells_moves_its_version(admin: Client, subscription: Subscription, company: Company) -> None:
    wish = PolicyWish(warn_rows=2, addresses=[TELLER])
    change_policy(subscription=subscription, wish=wish)
    transfer = services.request_transfer(subscription=subscription, information_type=registry.get("suppliers"))
    events: list[Callable[[], object]] = [
        lambda: queue(company, 3),
        policy.follow_all,
        lambda: Consumer(subscription).fetch(),
        lambda: queue(company, 3),
        lambda: queues.cut(subscription=subscription),
        lambda: running.fail(transfer_id=transfer.pk, error="Disk full"),
        lambda: Subscription.objects.update(active=False),
        lambda: Pulse.objects.update(beat_at=timezone.now() - timedelta(hours=3)),
    ]
    seen = [signs.version()[1:]]
    for event in events:
        event()
        seen.append(signs.version()[1:])
    assert len(set(seen)) == len(seen)
