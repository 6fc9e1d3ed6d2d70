"""A whole voucher as JSON, and its address."""

import json
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from information_types import registry
from ledger.models import LedgerEntry, Voucher
from registers.api.addresses import encoded
from registers.register import Register
from registers.rows import read

OF_ROWS = ("row", "entry_date", "account", "amount", "quantity", "text")
DIMENSIONS = ("cost_centre", "project", "object", "management_area", "other_dimensions")
SHOWN = (*OF_ROWS, *DIMENSIONS, "signature")
# What every row tells of its voucher
HEADER = ("voucher_date", "voucher_text", "registered_on")
ALL = 10**7


def entries_register() -> Register:
    """The register whose rows are vouchers' rows."""
    return Register.of(registry.get("ledger_entries"))


def content_of(voucher: Voucher) -> dict[str, Any]:
    """Return a voucher with its rows as the database has them now; the values are as in `data`."""
    # Of one moment: the header stands in the rows too.
    found = read(entries_register(), LedgerEntry.objects.filter(voucher=voucher), limit=ALL, fields={*SHOWN, *HEADER})
    rows: list[dict[str, Any]] = [json.loads(row.line) for row in found]
    header = {name: rows[0][name] for name in HEADER} if rows else _header(voucher)
    return {
        **key_of(voucher),
        **header,
        "signature": voucher.signature or None,
        "reverses": _named(voucher.reverses),
        "reversed_by": _named(voucher.reversal),
        "rows": [{name: row[name] for name in SHOWN} for row in rows],
    }


def key_of(voucher: Voucher) -> dict[str, str]:
    """Return what names a voucher."""
    return {
        "company": voucher.company.number,
        "financial_year": voucher.financial_year.first_day.isoformat(),
        "series": voucher.series,
        "number": voucher.number,
    }


def as_json(content: dict[str, Any]) -> str:
    """Return it as it is sent."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def address_of(request: HttpRequest, voucher: Voucher) -> str:
    """Return the address of a voucher."""
    parts = "/".join(encoded(part) for part in key_of(voucher).values())
    return request.build_absolute_uri(f"{reverse('vouchers')}/{parts}")


def _header(voucher: Voucher) -> dict[str, str | None]:
    registered = voucher.registered_on
    return {
        "voucher_date": voucher.voucher_date.isoformat(),
        "voucher_text": voucher.text or None,
        "registered_on": None if registered is None else registered.isoformat(),
    }


def _named(voucher: Voucher | None) -> dict[str, str] | None:
    """A voucher of the same company, as other documents refer to one."""
    if voucher is None:
        return None
    return {name: value for name, value in key_of(voucher).items() if name != "company"}
