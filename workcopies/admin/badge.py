"""How many conflicts wait, beside their entry in the menu."""

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from access.scope import visible
from notices.bell import count_as_well, header_of
from workcopies.models import Conflict

NAME = "conflicts"


def open_conflicts(request: HttpRequest) -> str:
    """The count of those that somebody may see, up to a bound; nothing where there are none."""
    return header_of(request).waiting[NAME]


def _open(user: User) -> QuerySet[Conflict]:
    return visible(Conflict.objects.filter(status=Conflict.Status.OPEN), user).order_by()


count_as_well(NAME, _open)
