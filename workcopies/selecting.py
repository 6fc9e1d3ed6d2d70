"""What a working copy is to hold: which registers of which companies, and which of their rows.

A register comes where its reader may look at it and at all that its rows refer to, so that no reference points nowhere.
Companies and their financial years name all the rest, and are always in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from django.db.models import ForeignKey, Model

from access.belonging import path_to_company
from access.rights import Rights
from access.scope import view_right
from ledger.models import (
    Balance,
    Company,
    CustomerInvoice,
    CustomerPayment,
    FinancialYear,
    LedgerEntry,
    SupplierInvoice,
    SupplierPayment,
    Voucher,
)
from timesheets.models import TimeTransaction
from workcopies.exceptions import UnknownYear
from workcopies.file.tables import Table, all_tables

ALWAYS: frozenset[type[Model]] = frozenset({Company, FinancialYear})
# A voucher is its rows: neither comes without the other.
TOGETHER: Mapping[type[Model], type[Model]] = {Voucher: LedgerEntry}

Reach = Mapping[Table, frozenset[int]]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The rows of a copy. `reach` has the companies (ids) of each table; `years` the chosen financial years (ids) of
    those companies that are `limited` to some."""

    reach: Reach
    limited: frozenset[int] = frozenset()
    years: frozenset[int] = frozenset()

    def query(self, table: Table, columns: str) -> tuple[str, dict[str, Any]]:
        """The SQL that reads columns of a table's rows, and its parameters."""
        own = _OWN.get(table.model) if self.limited & self.reach[table] else None
        condition = own or _of_companies(table)
        return f'{_COMMON if own else ""} select {columns} from "{table.name}" where {condition}', {
            "companies": sorted(self.reach[table]),
            "whole": sorted(self.reach[table] - self.limited),
            "limited": sorted(self.reach[table] & self.limited),
            "years": sorted(self.years),
            **{name: sorted(self._limited_of(model)) for name, model in _PULLING.items()},
        }

    def _limited_of(self, model: type[Model]) -> frozenset[int]:
        return self.limited & self.reach.get(Table(model), frozenset())


def registers_for(companies: Sequence[Company], rights: Rights) -> Reach:
    """The tables that a copy has, each with the companies (ids) whose rows somebody may have of it."""
    asked = frozenset(company.pk for company in companies)

    @cache
    def reach(model: type[Model]) -> frozenset[int]:
        return frozenset.intersection(_viewable(model, asked, rights), *map(reach, _needed(model)))

    return {table: reach(table.model) for table in all_tables() if reach(table.model)}


def years_of(companies: Sequence[Company], days: Mapping[str, Sequence[date]]) -> dict[str, tuple[date, ...]]:
    """The financial years that are named by company number, in order and each once. Raises `UnknownYear`."""
    found = {}
    for company in companies:
        wanted = tuple(sorted(set(days.get(company.number, ()))))
        known = set(company.financial_years.filter(first_day__in=wanted).values_list("first_day", flat=True))
        for day in wanted:
            if day not in known:
                raise UnknownYear(company.number, day)
        if wanted:
            found[company.number] = wanted
    return found


def _viewable(model: type[Model], asked: frozenset[int], rights: Rights) -> frozenset[int]:
    if model in ALWAYS:
        return asked
    for one in _parts(model):
        permission = view_right(one)
        reach = rights.companies_with(permission) if permission else frozenset()
        asked = asked if reach is None else asked & reach
    return asked


def _needed(model: type[Model]) -> set[type[Model]]:
    """What a model's rows refer to."""
    fields = (one for part in _parts(model) for one in part._meta.concrete_fields)
    return {one.remote_field.model for one in fields if isinstance(one, ForeignKey)} - {*_parts(model)}


def _parts(model: type[Model]) -> tuple[type[Model], ...]:
    return (model, TOGETHER[model]) if model in TOGETHER else (model,)


def _of_companies(table: Table) -> str:
    """The condition that a row is of the companies, by its way to them."""
    path = str(path_to_company(table.model))
    if path == "pk":
        return '"id" = any(%(companies)s)'
    *between, last = path.split("__")
    condition = f'"{last}_id" = any(%(companies)s)'
    model = table.model
    steps: list[tuple[str, str]] = []
    for name in between:
        target: type[Model] = model._meta.get_field(name).related_model  # type: ignore[assignment]
        steps.append((f"{name}_id", target._meta.db_table))
        model = target
    for column, target_table in reversed(steps):
        condition = f'"{column}" in (select "id" from "{target_table}" where {condition})'
    return condition


# Where a company is limited to some financial years. By index: the years' vouchers, the open invoices' and the
# vouchers that they name; then, one by one, those that reverse them and that they reverse.
_COMMON = """
with recursive chosen as (
    select id, company_id, first_day, last_day from ledger_financialyear where id = any(%(years)s)
), supplier_invoice as (
    select id, voucher_id from ledger_supplierinvoice invoice where company_id = any(%(supplier_invoices)s) and (
        balance <> 0
        or exists (
            select from chosen
            where chosen.company_id = invoice.company_id and invoice.invoice_date between first_day and last_day
        )
        or voucher_id in (select id from ledger_voucher where financial_year_id = any(%(years)s))
    )
), customer_invoice as (
    select id, voucher_id from ledger_customerinvoice invoice where company_id = any(%(customer_invoices)s) and (
        balance <> 0
        or exists (
            select from chosen
            where chosen.company_id = invoice.company_id and invoice.invoice_date between first_day and last_day
        )
        or voucher_id in (select id from ledger_voucher where financial_year_id = any(%(years)s))
    )
), voucher as (
    select id from ledger_voucher
    where company_id = any(%(vouchers)s) and financial_year_id in (select id from chosen)
    union
    select voucher_id from supplier_invoice where voucher_id is not null
    union
    select voucher_id from customer_invoice where voucher_id is not null
    union
    select other.id from voucher, lateral (
        select reverses_id as id from ledger_voucher where id = voucher.id and reverses_id is not null
        union all
        select id from ledger_voucher where reverses_id = voucher.id
    ) other
)
"""
_PULLING: Mapping[str, type[Model]] = {
    "vouchers": Voucher,
    "supplier_invoices": SupplierInvoice,
    "customer_invoices": CustomerInvoice,
}
_OWN: Mapping[type[Model], str] = {
    Voucher: "company_id = any(%(whole)s) or id in (select id from voucher)",
    LedgerEntry: """voucher_id in (
        select id from ledger_voucher where company_id = any(%(whole)s) union all select id from voucher
    )""",
    Balance: """financial_year_id in (
        select id from ledger_financialyear where company_id = any(%(whole)s)
        union all
        select id from chosen where company_id = any(%(limited)s)
    )""",
    SupplierInvoice: "company_id = any(%(whole)s) or id in (select id from supplier_invoice)",
    CustomerInvoice: "company_id = any(%(whole)s) or id in (select id from customer_invoice)",
    SupplierPayment: """company_id = any(%(whole)s)
        or company_id = any(%(limited)s) and invoice_id in (select id from supplier_invoice)""",
    CustomerPayment: """company_id = any(%(whole)s)
        or company_id = any(%(limited)s) and invoice_id in (select id from customer_invoice)""",
    TimeTransaction: """company_id = any(%(whole)s) or company_id = any(%(limited)s) and exists (
        select from chosen
        where chosen.company_id = timesheets_timetransaction.company_id and date_in between first_day and last_day
    )""",
}
