"""Who may know of a key and handle it, and which rights it may be given.

Nobody gets hold of a key that may more than they do themselves at its place, nor gives a key such rights: whoever
administers others would otherwise have all that those have.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from access.accounts import ADMINISTER_USERS, Account, held
from access.belonging import company_permissions, installation_permissions
from access.exceptions import MoreThanYourself, RightsLocked
from access.models import ApiKey, Application, KeyRights, Membership, Office
from access.rights import names_at
from access.scope import reach_of, rights_of_request
from ledger.models import Company

VIEW = "access.view_apikey"
CHANGE = "access.change_apikey"
# Of what belongs to no company, what a key of the whole installation may have
OF_INSTALLATION = frozenset({"access.view_application"})


@dataclass(frozen=True)
class Place:
    """Where a key is: at an office, a company, or (neither) the whole installation."""

    office: Office | None = None
    company: Company | None = None

    @property
    def name(self) -> str:
        """What people call it; empty for the whole installation."""
        return str(self.office or self.company or "")


def place_of(key: ApiKey) -> Place:
    """Return where a key is."""
    return Place(key.office, key.company)


# Who


def visible_keys(user: User) -> QuerySet[ApiKey]:
    """Return the keys that a person may know of: their own, and those of places where they look after keys."""
    found = Q(owner=user)
    for right in (ADMINISTER_USERS, VIEW, CHANGE):
        companies = reach_of(user, right).companies
        if companies is None:
            return ApiKey.objects.all()
        found |= Q(company__in=companies.order_by().values("pk")) | Q(office__in=_offices_with(user, right))
    return ApiKey.objects.filter(found)


def handles(user: User, key: ApiKey) -> bool:
    """Tell whether a person may change, restore and revoke a key: their own, or those that they look after."""
    if not user.is_active:
        return False
    return key.owner_id == user.pk or bool({ADMINISTER_USERS, CHANGE} & held_at(user, place_of(key)))


def makes_for(user: User, owner: User, place: Place) -> bool:
    """Tell whether a person may make a key on somebody at a place; of the whole installation only superusers may."""
    if place.office is None and place.company is None:
        return user.is_superuser
    return owner.pk == user.pk or ADMINISTER_USERS in held_at(user, place)


def held_at(user: User, place: Place) -> frozenset[str]:
    """Return the rights (``app.codename``) that a person has at a place now.

    At an office those count that they have as its member or for the whole installation: whoever has a right in the
    office's own company alone has none for its clients.
    """
    if place.office is not None:
        return held(user, Account(place.office.company, place.office))
    if place.company is not None:
        return held(user, Account(place.company))
    rights, known = rights_of_request(user), company_permissions() | installation_permissions()
    return frozenset(name for name in known if rights.companies_with(name) is None and rights.may(name))


# Which rights


def choosable(place: Place) -> QuerySet[Permission]:
    """Return the rights that a key of a place may be given: those to what belongs to companies."""
    chosen = Q(pk=None)
    for app, names in groupby(sorted(_choosable_names(place)), key=lambda name: name.partition(".")[0]):
        chosen |= Q(content_type__app_label=app, codename__in=[name.partition(".")[2] for name in names])
    return Permission.objects.filter(chosen).select_related("content_type")


def owned_at(owner: User, place: Place) -> frozenset[str]:
    """Return the rights that a key's owner has at the place that the key is of: the most that the key may."""
    names = names_at(owner, office=place.office, company=place.company)
    return _choosable_names(Place()) if names is None else names


def beyond(by: User, owner: User, place: Place) -> frozenset[str]:
    """Return the rights that an owner has at a place and whoever makes or changes the key lacks there."""
    return (
        frozenset() if _is_above(by, owner) else _choosable_names(place) & owned_at(owner, place) - held_at(by, place)
    )


def locked(*, owner: User, by: User, place: Place) -> frozenset[str]:
    """Return the choosable rights that can't be given, because the owner or whoever chooses lacks them."""
    owned = owned_at(owner, place)
    return _choosable_names(place) - (owned if _is_above(by, owner) else owned & held_at(by, place))


def refuse_beyond(*, by: User, owner: User, place: Place, names: frozenset[str] | None = None) -> None:
    """Raise MoreThanYourself if a key with these rights (None: all of its owner's) may more than `by` does."""
    more = beyond(by, owner, place)
    if more & (more if names is None else names):
        raise MoreThanYourself(
            _(
                "%(owner)s has rights here that you lack, so you can't have a key with all of them. Choose its rights "
                "yourself, or let %(owner)s do it."
            )
            % {"owner": owner}
        )


def asked_in_vain(application: Application, *, owner: User, place: Place, rights: KeyRights) -> list[Permission]:
    """Return what an application asks for and a new key with this choice of rights won't have."""
    has = frozenset() if rights == KeyRights.NONE else owned_at(owner, place)
    asked = application.permissions.select_related("content_type").order_by("content_type__app_label", "codename")
    return [one for one in asked if name_of(one) not in has]


@transaction.atomic
def set_rights(*, key: ApiKey, by: User, rights: KeyRights, permissions: Collection[Permission] = ()) -> None:
    """Let a key have all of its owner's rights, or those that are chosen; what is locked stays as it is.

    Raises RightsLocked for a right that the owner or `by` lacks, and MoreThanYourself.
    """
    locked_key = (
        ApiKey.objects.select_for_update(of=("self",))
        .select_related("owner", "office__company", "company")
        .get(pk=key.pk)
    )
    place, before = place_of(locked_key), set(locked_key.permissions.select_related("content_type"))
    if rights == KeyRights.ALL:
        refuse_beyond(by=by, owner=locked_key.owner, place=place)
        chosen: set[Permission] = set()
    else:
        chosen = _chosen(locked_key, by, place, set(permissions), before=before)
    is_untouched = chosen == before and KeyRights.ALL not in (rights, locked_key.rights)
    if locked_key.rights != rights and not is_untouched:
        ApiKey.objects.filter(pk=locked_key.pk).update(rights=rights)
    locked_key.permissions.set(chosen)
    key.refresh_from_db(fields=["rights"])


def _chosen(
    key: ApiKey, by: User, place: Place, wanted: set[Permission], *, before: set[Permission]
) -> set[Permission]:
    shut = locked(owner=key.owner, by=by, place=place)
    if refused := {one for one in wanted - before if name_of(one) in shut}:
        raise RightsLocked(refused)
    fixed = {one for one in before if name_of(one) in shut or name_of(one) not in _choosable_names(place)}
    return wanted | fixed


def name_of(permission: Permission) -> str:
    """Return a right as it is written (``app.codename``)."""
    return f"{permission.content_type.app_label}.{permission.codename}"


def names_of(permissions: QuerySet[Permission]) -> frozenset[str]:
    """Return rights as they are written (``app.codename``)."""
    rows = permissions.order_by().values_list("content_type__app_label", "codename")
    return frozenset(f"{app}.{codename}" for app, codename in rows)


def _offices_with(user: User, right: str) -> QuerySet[Any, Any]:
    app, codename = right.split(".")
    named = Permission.objects.filter(content_type__app_label=app, codename=codename)
    members = Membership.objects.filter(user=user, ended_at=None, office__isnull=False)
    return members.filter(Q(permissions__in=named) | Q(groups__permissions__in=named)).values("office")


def _is_above(by: User, owner: User) -> bool:
    return by.pk == owner.pk or (by.is_active and by.is_superuser)


def _choosable_names(place: Place) -> frozenset[str]:
    return company_permissions() | (OF_INSTALLATION if place == Place() else frozenset())
