"""What a key may do, and why: every view, list and task asks `effective_rights`.

Each factor (the key itself, its owner) says what it allows; the rights are what all of them
allow. Permissions are Django's, written ``app.codename``; companies are database ids; ``None``
means "doesn't limit".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import Permission, User
from django.db.models import Q, QuerySet

from access.models import ApiKey, KeyRights


class Factor(StrEnum):
    """Who has a say in what a key may do."""

    KEY = "key"
    OWNER = "owner"


@dataclass(frozen=True)
class Grant:
    """What one factor allows."""

    factor: Factor
    permissions: frozenset[str] | None = None
    companies: frozenset[int] | None = None

    def allows(self, permission: str, *, company: int | None = None) -> bool:
        """Tell whether this factor lets `permission` through, for `company` if one is named."""
        return (self.permissions is None or permission in self.permissions) and (
            company is None or self.companies is None or company in self.companies
        )


@dataclass(frozen=True)
class Rights:
    """What all factors together allow: never more than any one of them."""

    grants: tuple[Grant, ...]

    def may(self, permission: str, *, company: int | None = None) -> bool:
        """Tell whether `permission` is allowed, for `company` if one is named."""
        return bool(self.grants) and not self.refused_by(permission, company=company)

    def refused_by(self, permission: str, *, company: int | None = None) -> tuple[Factor, ...]:
        """Return the factors that say no, in order; empty if none does."""
        return tuple(grant.factor for grant in self.grants if not grant.allows(permission, company=company))

    @property
    def companies(self) -> frozenset[int] | None:
        """The companies that may be read; None for all of the installation."""
        limits = [grant.companies for grant in self.grants if grant.companies is not None]
        return frozenset.intersection(*limits) if limits else None


def effective_rights(key: ApiKey) -> Rights:
    """Return what `key` may do now: its own rights and its owner's, as they are in this moment.

    At most two queries, whatever the number of keys and users.
    """
    return Rights(grants=(_grant_of_key(key), _grant_of_owner(key.owner)))


def permissions_of(user: User) -> QuerySet[Permission]:
    """Return the permissions that a user has now, from groups too; all for a superuser."""
    if not user.is_active:
        return Permission.objects.none()
    if user.is_superuser:
        return Permission.objects.all()
    own = user.user_permissions.values("pk")
    from_groups = Permission.objects.filter(group__user=user).values("pk")
    return Permission.objects.filter(Q(pk__in=own) | Q(pk__in=from_groups))


def _grant_of_key(key: ApiKey) -> Grant:
    if key.rights == KeyRights.ALL:
        return Grant(Factor.KEY)
    return Grant(Factor.KEY, permissions=_names(key.permissions.all()))


def _grant_of_owner(owner: User) -> Grant:
    if owner.is_active and owner.is_superuser:
        return Grant(Factor.OWNER)
    return Grant(Factor.OWNER, permissions=_names(permissions_of(owner)))


def _names(permissions: QuerySet[Permission]) -> frozenset[str]:
    pairs: Iterable[tuple[str, str]] = permissions.order_by().values_list("content_type__app_label", "codename")
    return frozenset(f"{app}.{codename}" for app, codename in pairs)
