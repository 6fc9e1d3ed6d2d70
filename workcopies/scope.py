"""Whose a working copy is: the companies that are in it, any of which shows that there is one.

What is done with a whole copy asks for the right in all of them (`may_in_all`).
"""

from django.db.models import Q, QuerySet

from access.belonging import rule
from access.rights import Rights
from ledger.models import Company
from workcopies.models import CheckIn, WorkingCopy


@rule(WorkingCopy)
def of_companies(companies: QuerySet[Company]) -> Q:
    """Working copies that hold one of the companies."""
    held = WorkingCopy.companies.through.objects.filter(company__in=companies.order_by().values("pk"))
    return Q(pk__in=held.values("workingcopy"))


@rule(CheckIn)
def of_copies(companies: QuerySet[Company]) -> Q:
    """Check-ins of such copies."""
    return Q(working_copy__in=WorkingCopy.objects.filter(of_companies(companies)).values("pk"))


def may_in_all(rights: Rights, permission: str, working_copy: WorkingCopy) -> bool:
    """Tell whether somebody has a right in every company that a working copy holds."""
    reach = rights.companies_with(permission)
    return reach is None or reach.issuperset(working_copy.companies.order_by().values_list("pk", flat=True))
