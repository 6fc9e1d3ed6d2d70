"""API access: the keys that were made on somebody."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from access.admin.company.desk import Desk, of_account
from access.admin.company.employee import name_of, tabs

MOST_SHOWN = 200


@require_safe
@of_account("employees")
def keys(desk: Desk, pk: int) -> HttpResponse:
    """List them."""
    membership = desk.membership(pk)
    now = timezone.now()
    found = desk.account.keys.filter(owner=membership.user).select_related("application", "owner")[:MOST_SHOWN]
    context = {**tabs(desk, membership, "employee_keys"), "keys": [(key, key.state(at=now)) for key in found]}
    return desk.show("employee_keys", name_of(membership), context)
