"""What the tests of the registers' pages share: a browser that is signed in, and forms filled in."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.test import Client

from ledger.models import Voucher
from tests import factories

ROWS = "rows"
TAG = re.compile(r"<style.*?</style>|<script.*?</script>|<[^>]+>", re.DOTALL)


def signed_in(**user: Any) -> Client:
    """Return a browser in which an administrator is signed in."""
    client = Client()
    client.force_login(factories.SuperuserFactory.create(**user))
    return client


def voucher_form(
    books: factories.Books, rows: Sequence[Mapping[str, Any]], *, initial: int = 0, **header: Any
) -> dict[str, Any]:
    """Return the form of a voucher's page, filled in."""
    form = {
        "company": books.company.pk,
        "voucher_date": "2024-02-03",
        "series": "A",
        "text": "Sale",
        "registered_on": "",
        "signature": "",
        f"{ROWS}-TOTAL_FORMS": len(rows),
        f"{ROWS}-INITIAL_FORMS": initial,
        **header,
    }
    for place, row in enumerate(rows):
        form |= {f"{ROWS}-{place}-{name}": value for name, value in row.items()}
    return form


def balanced(books: factories.Books, amount: str = "1250,50") -> list[dict[str, Any]]:
    """Return two rows that balance, as they are typed."""
    return [{"account": books.cash.pk, "debit": amount}, {"account": books.sales.pk, "credit": amount}]


def as_shown(voucher: Voucher) -> list[dict[str, Any]]:
    """Return the rows of a voucher as its page shows them."""
    return [
        {
            "id": row.pk,
            "account": row.account_id,
            "text": row.text,
            "debit": row.amount if row.amount >= 0 else "",
            "credit": -row.amount if row.amount < 0 else "",
        }
        for row in voucher.rows.order_by("row")
    ]


def errors_of(page: Any) -> dict[str, Any]:
    """Return what a page's form says is wrong, by field."""
    return {name: list(found) for name, found in page.context["adminform"].form.errors.items()}


def row_errors_of(page: Any) -> list[dict[str, Any]]:
    """Return what is wrong with each of a voucher's rows."""
    return [dict(errors) for errors in page.context["inline_admin_formsets"][0].formset.errors]


def rows_errors_of(page: Any) -> list[str]:
    """Return what is wrong with a voucher's rows together."""
    return list(page.context["inline_admin_formsets"][0].formset.non_form_errors())


def text_of(page: Any) -> str:
    """Return what a person reads on a page."""
    return " ".join(html.unescape(TAG.sub(" ", page.content.decode())).split())
