"""A company's accounting office, as the company chooses it, and the office's keys that may be used for the company."""

from django.db import transaction
from django.db.models import QuerySet

from access.clients import add_client, remove_client, switch_api_access
from access.models import ClientAccess, ClientGrant, Office
from ledger.models import Company


@transaction.atomic
def choose_accountant(*, company: Company, office: Office | None, api_access: bool = True) -> bool:
    """Let an office keep the company's books, or none, and set the switch; return whether anything changed.

    The office that kept them before loses the company, and its keys what they were granted for it.
    """
    Company.objects.select_for_update().get(pk=company.pk)
    present = ClientAccess.objects.select_related("office").filter(company=company).first()
    changed = False
    if present is not None and present.office != office:
        changed = remove_client(office=present.office, company=company)
        present = None
    if office is None:
        return changed
    if present is None:
        add_client(office=office, company=company)
        changed = True
    return switch_api_access(company=company, on=api_access) or changed


def granted_keys(company: Company) -> QuerySet[ClientGrant]:
    """Return what keys of the company's office were granted for it, apart from revoked keys."""
    grants = ClientGrant.objects.filter(
        company=company, key__office__client_accesses__company=company, key__revoked_at=None
    )
    return grants.select_related("key__application", "key__owner", "template").order_by("key__name", "pk")
