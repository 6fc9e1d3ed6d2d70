"""What a row shows that stands in no column of its own: SQL over the row under the alias `r`, and what it chooses."""

import dataclasses
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from inbox import addresses
from inbox.models import InvoiceAddress, Portal


@dataclasses.dataclass(frozen=True, kw_only=True)
class Derived:
    """A value of `data`.

    `column` is a field whose values have its form; `chosen` the condition that a row shows a value, None for null.
    """

    sql: Callable[[], str]
    column: Any
    chosen: Callable[[Any], Q]
    is_nullable: bool = False


IS_ON = "exists (select from inbox_portal portal where portal.company_id = r.id and portal.active)"
ADDRESS = """(
    select address.local_part || {domain}
    from inbox_portal portal join inbox_invoiceaddress address on address.portal_id = portal.id
    where portal.company_id = r.id and portal.active and r.active and address.replaced_at is null
)"""

TAKES_MAIL = Q(active=True, portal__active=True)


def _address_sql() -> str:
    # The statement has parameters, to which a percent sign of its own would belong.
    domain = f"@{settings.UTKORG_MAIL_DOMAIN}".replace("'", "''").replace("%", "%%")
    return ADDRESS.format(domain=f"'{domain}'")


def _is_on(value: bool) -> Q:
    return Q(portal__active=True) if value else Q(portal__isnull=True) | Q(portal__active=False)


def _is_addressed(value: str | None) -> Q:
    if value is None:
        return ~TAKES_MAIL
    found = addresses.find(value)
    return TAKES_MAIL & Q(portal=found.portal_id) if found and found.replaced_at is None else Q(pk__in=())


def portal_changed_since(since: datetime) -> Q:
    """The condition that a company's portal, or its address, is another than at a time."""
    changed = Q(changed_at__gte=since) | Q(addresses__made_at__gte=since)
    return Q(pk__in=Portal.objects.filter(changed).values("company"))


OF_COMPANIES = {
    "invoice_portal": Derived(sql=lambda: IS_ON, column=Portal._meta.get_field("active"), chosen=_is_on),
    "invoice_email": Derived(
        sql=_address_sql, column=InvoiceAddress._meta.get_field("local_part"), chosen=_is_addressed, is_nullable=True
    ),
}
