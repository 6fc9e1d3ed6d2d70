"""Customers and suppliers on their way through a temporary table; what the file doesn't say of them stays."""

import dataclasses
from typing import Literal

from django.db import connection

from ledger.importing.staging import FLUSHED_LINES, Lines, copied
from ledger.models import Company
from ledger.saft.records import Partner

TABLE = """
    drop table if exists pg_temp.import_partner;
    create temp table import_partner (
        line int, kind text, number text, name text, organisation_number text, email text, phone text, address text,
        postal_code text, city text, country text, currency text, payment_terms_days int, active bool, iban text,
        bic text
    ) on commit drop;
"""
# A number that the file has twice is what it says last.
LATEST = """
    (select distinct on (number) * from import_partner where kind = %(kind)s order by number, line desc) staged
"""
TEXTS = ("name", "organisation_number", "email", "phone", "address", "postal_code", "city", "country", "currency")
OF_SUPPLIERS = ("iban", "bic")


@dataclasses.dataclass(frozen=True)
class Stored:
    """How many partners are new, and how many are others than before."""

    created: int
    changed: int


class Partners:
    """Takes partners in the order of the file."""

    def __init__(self) -> None:
        self.customers = 0
        self.suppliers = 0
        self._lines = Lines("import_partner")
        with connection.cursor() as cursor:
            cursor.execute(TABLE)

    def add(self, partner: Partner) -> None:
        """Add one."""
        self.customers += partner.kind == "customer"
        self.suppliers += partner.kind == "supplier"
        self._lines.waiting.append("\t".join(copied(value) for value in partner) + "\n")
        if len(self._lines.waiting) >= FLUSHED_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting."""
        with connection.cursor() as cursor:
            self._lines.flush(cursor)

    def store(self, *, company: Company) -> Stored:
        """Create the new ones and change what the file says otherwise of the known ones."""
        self.flush()
        customers, suppliers = _store(company, "customer", TEXTS), _store(company, "supplier", (*TEXTS, *OF_SUPPLIERS))
        return Stored(customers.created + suppliers.created, customers.changed + suppliers.changed)


def _store(company: Company, kind: Literal["customer", "supplier"], texts: tuple[str, ...]) -> Stored:
    stated = {name: f"coalesce(nullif(staged.{name}, ''), partner.{name})" for name in texts}
    stated |= {name: f"coalesce(staged.{name}, partner.{name})" for name in ("payment_terms_days", "active")}
    others = ", bankgiro, plusgiro" if kind == "supplier" else ""
    change = f"""
        update ledger_{kind} partner set {", ".join(f"{name} = {value}" for name, value in stated.items())}
        from {LATEST}
        where partner.company_id = %(company)s and partner.number = staged.number
          and ({", ".join(f"partner.{name}" for name in stated)}) is distinct from ({", ".join(stated.values())})
    """
    create = f"""
        insert into ledger_{kind} (company_id, number, {", ".join(texts)}, payment_terms_days, active{others})
        select %(company)s, number, {", ".join(texts)}, payment_terms_days, coalesce(active, true)
            {", '', ''" if others else ""}
        from {LATEST}
        where not exists (
            select from ledger_{kind} known where known.company_id = %(company)s and known.number = staged.number)
        order by number
    """
    parameters = {"company": company.pk, "kind": kind}
    with connection.cursor() as cursor:
        cursor.execute(change, parameters)
        changed = cursor.rowcount
        cursor.execute(create, parameters)
        return Stored(created=cursor.rowcount, changed=changed)
