"""Which companies an office keeps the books of; nothing else writes `ClientAccess`.

Whoever goes by an office's clients (its subscriptions, say) is told before and after, in the same transaction.
"""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from access.exceptions import ClientOfAnother, OwnCompanyAsClient
from access.models import ClientAccess, ClientGrant, Office
from access.signals import clients_changed, clients_changing
from ledger.models import Company


def clients_of(office: Office) -> QuerySet[Company]:
    """Return an office's clients; its own company is none of them."""
    return Company.objects.filter(client_access__office=office).exclude(pk=office.company_id)


def add_client(*, office: Office, company: Company) -> ClientAccess:
    """Make a company an office's client, its switch on; one that is already stays as it is.

    Raises ClientOfAnother for another office's client, OwnCompanyAsClient for the office's own company.
    """
    (access,) = add_clients(office=office, companies=[company])
    return access


@transaction.atomic
def add_clients(*, office: Office, companies: Iterable[Company]) -> list[ClientAccess]:
    """Make companies an office's clients, all or none of them; see `add_client`. One step for hundreds."""
    clients_changing.send(sender=Office)
    wanted = {company.pk: company for company in companies}
    if office.company_id in wanted:
        raise OwnCompanyAsClient(wanted[office.company_id])
    known = {access.company_id: access for access in ClientAccess.objects.filter(company__in=wanted)}
    for access in known.values():
        if access.office_id != office.pk:
            raise ClientOfAnother(wanted[access.company_id])
    new = [ClientAccess(office=office, company=company) for pk, company in sorted(wanted.items()) if pk not in known]
    try:
        with transaction.atomic():
            made = ClientAccess.objects.bulk_create(new)
    except IntegrityError as error:
        raise ClientOfAnother(*(access.company for access in new)) from error
    if made:
        clients_changed.send(sender=Office, office=office, added=[access.company_id for access in made], removed=[])
    return [*known.values(), *made]


@transaction.atomic
def remove_client(*, office: Office, company: Company) -> bool:
    """End that an office keeps a company's books; return False if it doesn't.

    What the office's keys were granted for the company goes as well, so that it doesn't come back with the client.
    """
    clients_changing.send(sender=Office)
    ended, _by_model = ClientAccess.objects.filter(office=office, company=company).delete()
    if not ended:
        return False
    ClientGrant.objects.filter(key__office=office, company=company).delete()
    clients_changed.send(sender=Office, office=office, added=[], removed=[company.pk])
    return True


@transaction.atomic
def switch_api_access(*, company: Company, on: bool) -> bool:
    """Turn a client's own switch; return whether it was turned. The next request of the office's keys feels it.

    Rows go on being queued: they wait, withheld, until it is on again.
    """
    return ClientAccess.objects.filter(company=company, api_access=not on).update(api_access=on) > 0
