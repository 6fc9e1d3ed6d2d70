"""Which clients a page is about: ids in its address, or in a field where they are many; all of one office."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone

from access import scope
from access.models import AccessTemplate, ApiKey, ClientAccess, ClientGrant, KeyKind, KeyState, Office

ADMINISTER = "access.administer_clients"
VIEW = "access.view_clientaccess"
MOST_CHOSEN = 20_000
FIELD = "clients"


class SeveralOffices(Exception):
    """The clients that were chosen are of more than one office."""


@dataclass(frozen=True)
class Chosen:
    """Clients of one office."""

    office: Office
    accesses: Sequence[ClientAccess]

    @property
    def field(self) -> str:
        """The clients as a page's field carries them along."""
        return ",".join(str(access.pk) for access in self.accesses)


def offices_with(user: scope.User, permission: str) -> QuerySet[Office]:
    """Return the offices in which somebody has a right."""
    return scope.within(Office.objects.all(), user, permission)


def clients_of(user: scope.User) -> QuerySet[ClientAccess]:
    """Return the clients of the offices in which somebody may look at them."""
    return scope.visible(ClientAccess.objects.filter(office__in=offices_with(user, VIEW)), user)


def may_administer(user: scope.User, office: Office) -> bool:
    """Tell whether somebody may decide what keys do for an office's clients."""
    return isinstance(user, User) and user.has_perm(ADMINISTER, office)


def chosen_in(request: HttpRequest) -> Chosen:
    """Return the clients that a page is about.

    Raises SeveralOffices, PermissionDenied for an office where one may not decide, Http404 where there are none.
    """
    given = request.POST.get(FIELD) or request.GET.get("ids", "")
    keys = [int(key) for key in given.split(",")[:MOST_CHOSEN] if key.isdecimal() and len(key) < 19]
    found = clients_of(request.user).filter(pk__in=keys).select_related("company", "office").order_by("company__number")
    accesses = list(found)
    offices = {access.office for access in accesses}
    if not accesses:
        raise Http404
    if len(offices) > 1:
        raise SeveralOffices
    (office,) = offices
    if not may_administer(request.user, office):
        raise PermissionDenied
    return Chosen(office, accesses)


def keys_of(office: Office) -> QuerySet[ApiKey]:
    """Return an office's keys that nobody has revoked, by application and name, with their owners."""
    keys = ApiKey.objects.filter(kind=KeyKind.OFFICE, office=office).unrevoked()
    return keys.select_related("application", "owner").order_by("application__name", "name", "pk")


def usable_keys_of(office: Office) -> list[ApiKey]:
    """Return those of an office's keys that open something."""
    now = timezone.now()
    return [
        key for key in keys_of(office) if key.state(at=now) == KeyState.ACTIVE and key.application.supports_office_keys
    ]


def templates_for(office: Office) -> QuerySet[AccessTemplate]:
    """Return the templates that an office may choose: its own, and those for all offices."""
    return AccessTemplate.objects.filter(office=None) | AccessTemplate.objects.filter(office=office)


def keys_with_access(chosen: Chosen) -> list[ApiKey]:
    """Return the keys that have access to any of the clients, each with `granted`: to how many."""
    companies = [access.company_id for access in chosen.accesses]
    grants = ClientGrant.objects.filter(key=OuterRef("pk"), company__in=companies)
    counted = grants.order_by().values("key").annotate(n=Count("pk")).values("n")
    return list(
        ApiKey.objects.filter(Exists(grants), office=chosen.office)
        .select_related("application", "owner")
        .annotate(granted=counted)
        .order_by("application__name", "name", "pk")
    )


def shown(key: ApiKey) -> str:
    """A key as offices choose it: the application, and the name that tells several of its keys apart."""
    return f"{key.application}: {key.name}"
