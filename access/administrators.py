"""Who administers the people and keys of an office or a company: they are told what happens to keys there."""

from collections.abc import Iterator

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from access.models import ApiKey, Membership, Office
from ledger.models import Company

RIGHT = "administer_users"


def concerned(key: ApiKey) -> list[User]:
    """Return who is told of a key: its owner, and the administrators of the place that it is of; each once."""
    people = {user.pk: user for user in administrators_of(office=key.office, company=key.company)}
    if key.owner.is_active:
        people[key.owner.pk] = key.owner
    return sorted(people.values(), key=lambda user: user.pk)


def administrators_of(*, office: Office | None = None, company: Company | None = None) -> list[User]:
    """Return who administers a place; where nobody does, who does next: its office, the installation, superusers."""
    return next((list(found) for found in _ways(office, company) if found), [])


def _ways(office: Office | None, company: Company | None) -> Iterator[QuerySet[User]]:
    if company is not None:
        yield _members(Membership.objects.filter(company=company))
        yield _members(Membership.objects.filter(office__client_accesses__company=company))
    if office is not None:
        yield _members(Membership.objects.filter(office=office))
    yield _members(Membership.objects.filter(office=None, company=None))
    yield User.objects.filter(is_active=True, is_superuser=True).select_related("profile").order_by("pk")


def _members(memberships: QuerySet[Membership]) -> QuerySet[User]:
    of_right = {"content_type__app_label": "access", "codename": RIGHT}
    own = Q(**{f"permissions__{name}": value for name, value in of_right.items()})
    by_group = Q(**{f"groups__permissions__{name}": value for name, value in of_right.items()})
    with_right = memberships.filter(own | by_group, ended_at=None)
    return (
        User.objects.filter(is_active=True, pk__in=with_right.values("user")).select_related("profile").order_by("pk")
    )
