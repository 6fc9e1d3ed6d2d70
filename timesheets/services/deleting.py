"""Deleting hours."""

from django.db import transaction
from django.db.models import Q, QuerySet

from timesheets.exceptions import HoursApproved
from timesheets.models import LEVELS, TimeTransaction

APPROVED = Q(*(Q(**{f"approved_level_{level}": 1}) for level in LEVELS), _connector=Q.OR)


def delete_hours(*, rows: QuerySet[TimeTransaction], may_delete_approved: bool = False) -> int:
    """Delete hours; return how many. Raises `HoursApproved` where that isn't allowed; then none is deleted."""
    with transaction.atomic():
        every = rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
        found = TimeTransaction.objects.filter(pk__in=list(every))
        if not may_delete_approved and found.filter(APPROVED).exists():
            raise HoursApproved
        return found.delete()[0]
