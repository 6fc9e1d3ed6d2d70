"""The main screens with much data beside little: what Django and the database take for an answer, without HTTP."""

import dataclasses
import time
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.test import Client

from config.bench import backlog, books, capture, subscribers
from config.bench.databases import Copy, execute
from config.bench.figures import Figure, interleaved
from config.bench.sizes import Sizes
from ledger.models import Company, Voucher
from onetime_transfer.models import Transfer
from revisions import trace_index

SCREENS = {
    "overview": "",
    "subscriptions": "subscriptions/subscription/",
    "subscription": "subscriptions/subscription/{subscription}/change/",
    "new_subscription": "subscriptions/subscription/add/",
    "outbox": "subscriptions/subscription/{subscription}/outbox/",
    "outbox_row": "subscriptions/subscription/{subscription}/outbox/1000/",
    "transfers": "onetime_transfer/transfer/",
    "new_transfer": "onetime_transfer/transfer/add/?subscription={subscription}",
    "trace": "trace/?type=ledger_entries&company={company}&key-number=A+1",
    "companies": "ledger/company/",
    "vouchers": "ledger/voucher/",
    "vouchers_of_a_company": "ledger/voucher/?company__id__exact={company}&year=2024",
    "voucher": "ledger/voucher/{voucher}/change/",
    "ledger_entries": "ledger/ledgerentry/",
    "history": "history/change/",
}
FILLED = ("ledger_account", "ledger_dimensionvalue", "ledger_ledgerentry")
ROWS_AT_ONCE = 10_000

# A tenth of the subscriptions lack some registers of every company, and all had traffic.
MISSING = """
    insert into subscriptions_resync (subscription_id, information_type, company_id, reason, since)
    select subscription.id, type, company.id, 'selected', clock_timestamp()
    from (select id from subscriptions_subscription order by id limit %(subscriptions)s / 10) subscription
    cross join ledger_company company cross join generate_series(1, 3) type
"""
TRAFFIC = """
    insert into watch_traffic (subscription_id, grain, at, rows_in, rows_out)
    select subscription.id, 'm', date_bin('5 minutes', clock_timestamp(), '2000-01-01') - n * interval '5 minutes', n, n
    from (select id from subscriptions_subscription union all select null) subscription, generate_series(0, 287) n
    union all
    select subscription.id, 'd', date_trunc('day', clock_timestamp(), 'Europe/Stockholm') - n * interval '1 day', n, n
    from (select id from subscriptions_subscription union all select null) subscription, generate_series(0, 29) n
"""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Amount:
    """How much an installation holds."""

    companies: int
    vouchers: int
    subscriptions: int
    backlog_rows: int


LITTLE = Amount(companies=20, vouchers=10, subscriptions=5, backlog_rows=5_000)


class Installation:
    """A filled database, and an administrator who looks at its screens."""

    def __init__(self, copy: Copy, amount: Amount) -> None:
        self._copy, self._client = copy, Client(SERVER_NAME="localhost")
        with copy.used():
            self._keys = _fill(amount)
            self._client.force_login(User.objects.get(username="bench"))

    def milliseconds(self, path: str) -> float:
        """How long a screen takes."""
        with self._copy.used():
            start = time.perf_counter()
            answer = self._client.get("/admin/" + path.format_map(self._keys))
            seconds = time.perf_counter() - start
        if answer.status_code != 200:
            raise RuntimeError(f"{path}: {answer.status_code}")
        return seconds * 1000


def copies() -> tuple[Copy, Copy]:
    """Databases to fill, copied while there is nothing in the run's own."""
    little, much = Copy("little"), Copy("much")
    little.create()
    much.create()
    return little, much


def measure(sizes: Sizes, little: Copy, much: Copy) -> Iterator[Figure]:
    """Each screen in both, in turn."""
    amount = Amount(
        companies=sizes.screen_companies,
        vouchers=sizes.screen_vouchers,
        subscriptions=sizes.screen_subscriptions,
        backlog_rows=sizes.screen_backlog_rows,
    )
    small, large = Installation(little, LITTLE), Installation(much, amount)
    for name, path in SCREENS.items():
        base, value = interleaved(
            sizes.rounds * 2,
            baseline=lambda path=path: small.milliseconds(path),  # type: ignore[misc]
            figure=lambda path=path: large.milliseconds(path),  # type: ignore[misc]
        )
        yield Figure(
            name=f"screen_{name}",
            value=value,
            unit="ms",
            baseline="the same screen of an installation with little in it",
            baseline_value=base,
            goal=3,
            at_most=True,
        )


def _fill(amount: Amount) -> dict[str, int]:
    """Fill the database that is used; returns the keys in the screens' addresses."""
    # Before the companies, so that nothing is missing but what is said to be.
    found = subscribers.make(amount.subscriptions)
    found.activate(0)
    for table in FILLED:
        capture.switch("disable", table)
    books.fill(companies=amount.companies, vouchers=amount.vouchers)
    writer = books.Writer()
    for _part in range(0, amount.companies * amount.vouchers * books.ROWS_PER_VOUCHER, ROWS_AT_ONCE):
        writer.statement(ROWS_AT_ONCE)
    for table in FILLED:
        capture.switch("enable", table)
    backlog.queue(found, amount.backlog_rows)
    trace_index.catch_up()
    execute(MISSING, {"subscriptions": amount.subscriptions})
    execute(TRAFFIC)
    Transfer.objects.bulk_create(
        Transfer(subscription=subscription, information_type=12, status=Transfer.Status.DONE, rows_done=1000)
        for subscription in found.many
        for _transfer in range(20)
    )
    execute("vacuum analyze")
    company = Company.objects.order_by("pk")[0]
    return {
        "subscription": found.backlog.pk,
        "company": company.pk,
        "voucher": Voucher.objects.filter(company=company).order_by("pk")[0].pk,
    }
