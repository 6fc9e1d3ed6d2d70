"""No filter of a register reads other companies' rows, whatever it asks for."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict

from config.bench import books as many_books
from config.bench.databases import execute
from ledger.models import Company, LedgerEntry, Voucher
from registers.api.filters import filters_of
from registers.paging import Cursor, read_page
from registers.register import Register, all_registers

pytestmark = pytest.mark.django_db

COMPANIES, VOUCHERS = 20, 40
ENTRIES = VOUCHERS * many_books.ROWS_PER_VOUCHER
REGISTERS = {register.name: register for register in all_registers()}
BIG = ("ledger_ledgerentry", "ledger_voucher")
# So small tables are few blocks, which hides what a plan costs in large ones: the rows that it reads.
ONLY_ROWS_COST = """
    set cpu_tuple_cost = 1; set cpu_index_tuple_cost = 1; set seq_page_cost = 0.01; set random_page_cost = 0.01
"""
SAMPLES = ["1910", "2024-03-01", "7:1", "1", "true", "12:00:00", "2024-03-01T12:00:00Z", ""]


@pytest.fixture
def company() -> Company:
    """One of many companies with books of the same size, and statistics that tell of them."""
    many_books.fill(companies=COMPANIES, vouchers=VOUCHERS)
    execute("set constraints all immediate")
    execute(many_books.INSERT, {"later": 0, "after": 0, "rows": COMPANIES * ENTRIES})
    execute("analyze")
    execute(ONLY_ROWS_COST)
    return Company.objects.get(number="B7")


def queries(register: Register) -> Iterator[str]:
    """For each filter of a register a value that it reads, and null where it knows null."""
    filters = filters_of(register)
    for name in filters.base_filters:
        read = [said for said in SAMPLES if not filters(QueryDict(f"{name}={said}"), queryset=register.rows()).wrong()]
        yield from (f"{name}={said}" for said in dict.fromkeys([*read[:1], *read[-1:]]))


def read_of(register: Register, company: Company, query: str, cursor: Cursor | None) -> dict[str, float]:
    """How many rows of each table a page of a query reads, those included that don't pass."""
    filters = filters_of(register)(QueryDict(query), queryset=register.rows())
    assert not filters.wrong()
    chosen = filters.within(register.rows_of(company), company)
    asked: list[Any] = []

    def note(execute: Any, statement: str, values: Any, many: bool, context: Any) -> Any:
        asked.append((statement, values))
        return execute(statement, values, many, context)

    with connection.execute_wrapper(note):
        read_page(register, chosen, cursor=cursor, limit=20, since=filters.since)
    ((statement, values),) = asked
    with connection.cursor() as database:
        database.execute(f"explain (analyze, format json) {statement}", values)
        (found,) = database.fetchone()
    counts: dict[str, float] = {}
    for node in nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"]):
        if "Relation Name" in node:
            assert not (node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG), (query, node)
            rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            counts[node["Relation Name"]] = counts.get(node["Relation Name"], 0) + rows * node["Actual Loops"]
    return counts


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def test_every_filter_of_ledger_entries_reads_rows_of_its_company_alone(company: Company) -> None:
    register = REGISTERS["ledger_entries"]
    asked = list(queries(register))
    assert len(asked) > len(filters_of(register).base_filters)
    for query in ["", *asked]:
        read = read_of(register, company, query, None)
        # The page itself is looked up again, and what changed since is looked for in two tables.
        assert read.get("ledger_ledgerentry", 0) <= 3 * ENTRIES, (query, read)
        assert read.get("ledger_voucher", 0) <= 3 * ENTRIES, (query, read)


def test_a_page_far_on_reads_what_the_first_reads(company: Company) -> None:
    last = Voucher.objects.filter(company=company).order_by("-pk")[5]
    for side in ("after", "before"):
        place = (last.pk, 1) if side == "after" else (Voucher.objects.filter(company=company).order_by("pk")[5].pk, 1)
        read = read_of(REGISTERS["ledger_entries"], company, "", Cursor(side, place))
        assert read["ledger_ledgerentry"] <= 60
        assert read["ledger_voucher"] <= 60
    assert LedgerEntry.objects.count() == COMPANIES * ENTRIES
