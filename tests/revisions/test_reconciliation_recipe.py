"""The recipe: the published vectors hold for the published program and for the register's own SQL."""

import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from information_types import registry
from information_types.definition import InformationType
from ledger.models import Company, LedgerEntry, Voucher
from revisions import comparing, reconciliation
from revisions.reconciliation import Period
from tests import factories
from tests.revisions import reference

program = reference.load()
named = pytest.mark.parametrize("case", reference.VECTORS, ids=lambda case: case["name"])


@named
def test_the_published_program_computes_the_published_vectors(case: dict[str, Any]) -> None:
    lines = [program.line(row, case["recipe"]) for row in case["rows"]]
    assert lines == [one["line"] for one in case["lines"]]
    assert [f"{program.number(line):016x}" for line in lines] == [one["number"] for one in case["lines"]]
    assert list(program.compare(answer_of(case), case["rows"])) == []


@named
def test_the_published_program_prints_a_copys_figures_as_the_admins_page_reads_them(case: dict[str, Any]) -> None:
    printed = program.in_form_of_answer(program.figures(case["rows"], case["recipe"]))
    assert comparing.read(json.dumps(printed)) == comparing.read(json.dumps(case["figures"]))


@named
def test_each_vectors_lines_are_all_different(case: dict[str, Any]) -> None:
    assert len({one["line"] for one in case["lines"]}) == len(case["rows"])


@named
def test_rows_may_be_counted_in_any_order_and_out_again(case: dict[str, Any]) -> None:
    found = program.Figures(case["recipe"])
    for row in reversed(case["rows"]):
        found.add(row)
    for row in case["rows"][1:]:
        found.add(row, times=-1)
    assert found.rows == 1
    assert f"{found.numbers:016x}" == case["lines"][0]["number"]


def test_the_vectors_recipes_are_the_types_own() -> None:
    for case in reference.VECTORS:
        if case["information_type"]:
            assert case["recipe"] == reconciliation.recipe(registry.get(case["information_type"]))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "case", [case for case in reference.VECTORS if case["information_type"]], ids=lambda case: case["information_type"]
)
def test_the_register_computes_the_published_vectors(case: dict[str, Any]) -> None:
    company = factories.CompanyFactory.create(number="007")
    MAKERS[case["information_type"]](company, case["rows"])
    assert figures_of(case["information_type"], company) == case["figures"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", registry.names())
def test_a_company_without_rows_has_no_months(name: str) -> None:
    assert figures_of(name, factories.CompanyFactory.create()) == []


@pytest.mark.django_db
def test_the_published_sql_computes_the_published_vectors() -> None:
    (case,) = [case for case in reference.VECTORS if case["information_type"] == "ledger_entries"]
    (query,) = re.findall(r"<!-- postgresql -->\n```sql\n(.+?)```", reference.PAGE, re.DOTALL)
    with connection.cursor() as cursor:
        cursor.execute("create temporary table copy (data jsonb) on commit drop")
        cursor.executemany("insert into copy values (%s)", [[json.dumps(row)] for row in case["rows"]])
        cursor.execute(query)
        found = cursor.fetchall()
    assert [tuple(map(str, line)) for line in found] == [tuple(map(str, line.values())) for line in case["figures"]]


@pytest.mark.parametrize("known", registry.all_types(), ids=lambda known: known.name)
def test_the_page_says_what_a_line_of_each_type_is(known: InformationType) -> None:
    (row,) = [
        line.split("|")
        for line in reference.PAGE.splitlines()
        if line.startswith("|") and f"`{known.name}`" in line.split("|")[1]
    ]
    recipe = reconciliation.recipe(known)
    parts = [*recipe["key"], *([recipe["amount"]] if recipe["amount"] else [])]
    assert row[2].strip() == ", ".join(f"`{part}`" for part in parts)
    assert row[3].strip() == (f"`{recipe['date']}`" if recipe["date"] else "–")


def figures_of(name: str, company: Company) -> list[dict[str, Any]]:
    """The figures of a type in a company, by the register's own SQL."""
    found = reconciliation.figures(
        subscription=factories.make_subscription(name),
        information_type=registry.get(name),
        companies=[company.pk],
        period=Period(),
    )
    return [
        {
            "company": one.company,
            "period": line.period,
            "rows": line.rows,
            "debit": line.debit,
            "credit": line.credit,
            "hash": line.hash,
        }
        for one in found.companies
        for line in one.periods
    ]


def answer_of(case: dict[str, Any]) -> dict[str, Any]:
    """A vector's figures as the API answers them."""
    companies = sorted({line["company"] for line in case["figures"]})
    return {
        "period_from": None,
        "period_to": None,
        "recipe": case["recipe"],
        "companies": [
            {"company": number, "periods": [line for line in case["figures"] if line["company"] == number]}
            for number in companies
        ],
    }


def make_entries(company: Company, rows: list[dict[str, Any]]) -> None:
    books = factories.Books(
        company=company,
        year=factories.FinancialYearFactory.create(company=company),
        cash=factories.AccountFactory.create(company=company, number="1910"),
        sales=factories.AccountFactory.create(company=company, number="3001"),
    )
    vouchers: dict[tuple[str, str], Voucher] = {}
    for row in rows:
        name = row["series"], row["number"]
        if name not in vouchers:
            vouchers[name] = Voucher.objects.create(
                company=company,
                financial_year=books.year,
                series=row["series"],
                number=row["number"],
                voucher_date=date.fromisoformat(row["voucher_date"]),
            )
        LedgerEntry.objects.create(
            voucher=vouchers[name],
            row=row["row"],
            account=books.cash,
            amount=Decimal(row["amount"]),
            entry_date=vouchers[name].voucher_date,
        )


def make_accounts(company: Company, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        factories.AccountFactory.create(company=company, number=row["number"], name=row["name"])


def make_invoices(company: Company, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        factories.SupplierInvoiceFactory.create(
            company=company,
            number=row["number"],
            invoice_date=date.fromisoformat(row["invoice_date"]),
            amount=Decimal(row["amount"]),
        )


def make_hours(company: Company, rows: list[dict[str, Any]]) -> None:
    categories = {
        number: factories.TimeCategoryFactory.create(company=company, number=number)
        for number in sorted({row["time_category"] for row in rows})
    }
    for row in rows:
        factories.TimeTransactionFactory.create(
            company=company,
            uid=row["uid"],
            time_category=categories[row["time_category"]],
            date_in=date.fromisoformat(row["date_in"]),
            quantity=Decimal(row["quantity"]),
        )


MAKERS = {
    "ledger_entries": make_entries,
    "accounts": make_accounts,
    "supplier_invoices": make_invoices,
    "time_transactions": make_hours,
}
