"""Addresses of companies: hard to guess, found when a message comes, replaced without losing what is on its way."""

import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import slugify

from inbox.models import InvoiceAddress, Portal
from ledger.models import Company

# Letters and digits that nobody mistakes for each other; 14 of them are 68 bits.
LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
LENGTH = 14
LONGEST_NAME = 24
ADDRESS = re.compile(r"(?P<local_part>[^@\s]{1,64})@(?P<domain>[^@\s]{1,255})")


def find(recipient: str) -> InvoiceAddress | None:
    """Return the address that a message is for, if it works: of an active portal, current or not yet over."""
    written = recipient.strip()
    if not (written.isascii() and written.isprintable()) or (read := ADDRESS.fullmatch(written)) is None:
        return None
    if read["domain"].lower().rstrip(".") != settings.UTKORG_MAIL_DOMAIN.lower():
        return None
    local_part = read["local_part"].partition("+")[0].lower()
    return (
        InvoiceAddress.objects.filter(
            Q(works_until=None) | Q(works_until__gt=timezone.now()),
            local_part=local_part,
            portal__active=True,
            portal__company__active=True,
        )
        .select_related("portal__company")
        .first()
    )


@transaction.atomic
def switch_on(*, company: Company, user: User | None = None) -> Portal:
    """Let a company take invoices by mail: at the address that it had, or at its first."""
    portal, _made = Portal.objects.get_or_create(company=company)
    portal = Portal.objects.select_for_update().get(pk=portal.pk)
    if not portal.active:
        portal.active = True
        portal.save(update_fields=["active"])
    if not portal.addresses.filter(replaced_at=None).exists():
        _make(portal, user)
    return portal


@transaction.atomic
def switch_off(*, company: Company) -> None:
    """Refuse a company's mail from now on; its address is kept for when it is switched on again."""
    Portal.objects.filter(company=company, active=True).update(active=False)


@transaction.atomic
def replace(*, portal: Portal, works_for: timedelta, user: User | None = None) -> InvoiceAddress:
    """Give a portal another address; the old one goes on working for a time, none if it is zero."""
    Portal.objects.select_for_update().get(pk=portal.pk)
    now = timezone.now()
    portal.addresses.filter(replaced_at=None).update(replaced_at=now, works_until=now + works_for)
    return _make(portal, user)


@transaction.atomic
def end(*, address: InvoiceAddress) -> None:
    """Let a replaced address work no longer."""
    now = timezone.now()
    InvoiceAddress.objects.filter(pk=address.pk, works_until__gt=now).update(works_until=now)


def current(portal: Portal) -> InvoiceAddress | None:
    """Return the address that suppliers are to be told."""
    return portal.addresses.filter(replaced_at=None).first()


def _make(portal: Portal, user: User | None) -> InvoiceAddress:
    name = slugify(portal.company.name)[:LONGEST_NAME].strip("-")
    secret = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    return portal.addresses.create(local_part=f"{name}-{secret}".lstrip("-"), made_by=user)
