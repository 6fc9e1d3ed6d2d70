"""Every page of the admin asks little of the database: few queries, and none that reads much more than it shows."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from pytest_django import DjangoDbBlocker

from config.bench import backlog, books, subscribers
from config.bench.databases import execute
from ledger.models import Company
from tests import factories
from tests.browser.pages import PAGES
from tests.sample import Sample, make_sample

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def _as_new(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Take away the dead rows of the tests before: the planner would think the tables large that are nearly empty."""
    with django_db_blocker.unblock():
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        execute("vacuum (full, analyze) " + ", ".join(f'"{table}"' for table in tables))


MOST_QUERIES = 12
OF_RIGHTS = 2  # beside a superuser's: what somebody may do where, and which subscriptions they may see
MOST_READ = 10  # rows read for each that is shown
ROWS_OF_A_PAGE = 50
COUNTED = re.compile(r"\s*(?:select|with|insert|update|delete)\b", re.IGNORECASE)
# What is kept so that nobody counts rows of other tables
COUNTERS = {
    "revisions_queue",
    "revisions_departure",
    "revisions_queuedcount",
    "revisions_departedcount",
    "subscriptions_missingcount",
}
# A word within a text is looked for row by row
SEARCHES = {"no-rows-found", "history-of-subscription"}


@pytest.fixture(autouse=True)
def mails(settings: Any, tmp_path: Path) -> None:
    """A storage without other tests' messages, which a page would tell as lost."""
    settings.UTKORG_MAIL_FOLDER = str(tmp_path)


class Queries:
    """The queries of a page; with `explained` also how many rows each reads for those that it returns."""

    def __init__(self, *, explained: bool = False) -> None:
        self.statements: list[str] = []
        self.greedy: list[str] = []
        self._explained = explained

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if COUNTED.match(sql):
            self.statements.append(sql)
            if self._explained:
                self._explain(sql, params)
        return execute(sql, params, many, context)

    def _explain(self, sql: str, params: Any) -> None:
        # A cursor of psycopg's own: a queryset read bit by bit has one that can't explain.
        with connection.connection.cursor() as cursor:
            # At these sizes reading a small table whole may be cheapest; what counts is that there is an index.
            cursor.execute("set local enable_seqscan = off")
            cursor.execute(f"explain (analyze, format json) {sql}", params)
            ((plan,),) = cursor.fetchall()
            cursor.execute("set local enable_seqscan to default")
        plan = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
        for part, read in units(plan):
            shown = max(part["Actual Rows"], ROWS_OF_A_PAGE)
            # and one that tells whether there are more
            if max(read.values(), default=0) > MOST_READ * shown + 1:
                self.greedy.append(f"{part['Actual Rows']:.0f} rows shown, read {dict(read)}: {sql[:300]}")


def units(plan: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Counter[str]]]:
    """Yield a plan, and each query within it that runs once by itself, with the rows that it reads of each table."""
    own = list(_nodes(plan))
    read: Counter[str] = Counter()
    for node in own:
        if rows := rows_read(node):
            read[f"{node['Relation Name']} by {node['Node Type']}"] += rows
    yield plan, read
    for node in own:
        for part in node.get("Plans", []):
            if part.get("Parent Relationship") == "InitPlan":
                yield from units(part)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        if part.get("Parent Relationship") != "InitPlan":
            yield from _nodes(part)


def rows_read(node: dict[str, Any]) -> int:
    """The rows that a scan reads, those that it throws away included; none of counters."""
    if node.get("Relation Name", "") in {"", *COUNTERS}:
        return 0
    thrown = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return int((node["Actual Rows"] + thrown) * node["Actual Loops"])


def member_of_many(companies: int) -> User:
    """Somebody who may do in many companies what a finance administrator may, and nothing elsewhere."""
    user = factories.UserFactory.create(is_staff=True)
    group = Group.objects.get(name="Finance administrator")
    for company in Company.objects.order_by("number")[:companies]:
        factories.give(user, company=company).groups.add(group)
    return user


def opened(sample: Sample, *, explained: bool = False, by: User | None = None) -> Iterator[tuple[str, Queries]]:
    """Open every page that a person may see, by default the administrator; yield its name and its queries."""
    client = Client()
    client.force_login(by or sample.user)
    for name, path in PAGES.items():
        queries = Queries(explained=explained)
        with connection.execute_wrapper(queries):
            answer = client.get("/admin/" + path.format_map(sample.rows))
            assert answer.status_code == 200 or (by and answer.status_code in {302, 403, 404}), name
            if answer.streaming:
                b"".join(answer)
        yield name, queries


def test_every_page_takes_few_queries() -> None:
    sample = make_sample()
    client = Client()
    client.force_login(sample.user)
    client.get("/admin/")  # what is cached for all pages
    many = {name: len(queries.statements) for name, queries in opened(sample)}
    assert {name: count for name, count in many.items() if count > MOST_QUERIES} == {}


def test_a_member_of_many_companies_costs_no_more_queries() -> None:
    sample = make_sample()
    member = member_of_many(50)
    client = Client()
    client.force_login(member)
    client.get("/admin/")
    many = {name: len(queries.statements) for name, queries in opened(sample, by=member)}
    assert 0 < many["overview"] <= MOST_QUERIES
    assert {name: count for name, count in many.items() if count > MOST_QUERIES + OF_RIGHTS} == {}


def test_no_query_reads_much_more_than_it_shows() -> None:
    make_bulk()
    sample = make_sample()
    execute("analyze")
    found = {name: queries.greedy for name, queries in opened(sample, explained=True) if name not in SEARCHES}
    if greedy := [f"{name} {query}" for name, queries in found.items() for query in queries]:
        pytest.fail("\n".join(greedy), pytrace=False)


def make_bulk() -> None:
    """A hundred subscriptions, 200 companies, 20 000 ledger rows, and 200 000 rows that nobody fetched."""
    found = subscribers.make(100)
    books.fill(companies=200, vouchers=25)
    found.activate(0)
    writer = books.Writer()
    for _ in range(20):
        writer.statement()
    backlog.queue(found, 200_000)
