"""Who may decide who somebody is: whoever sets a person's password or e-mail address can sign in as that person."""

import copy

from django.contrib.auth.models import Group, Permission, User

from access.belonging import installation_permissions
from access.rights import Rights, rights_of
from access.scope import rights_of_request


def may_stand_in_for(*, by: User, person: User) -> bool:
    """Tell whether `by` has every right that a person has, wherever they have it, or would have if they were active."""
    if by.is_superuser or by.pk == person.pk:
        return True
    if person.is_superuser:
        return False
    awake = copy.copy(person)
    awake.is_active = True
    return covers(rights_of_request(by), rights_of(awake))


def may_give_everywhere(*, by: User, permissions: set[str]) -> bool:
    """Tell whether somebody has rights in all of the installation, so that they may give them anywhere."""
    mine = rights_of_request(by)
    own = installation_permissions()
    return by.is_superuser or all(
        mine.may(name) if name in own else mine.companies_with(name) is None for name in permissions
    )


def covers(mine: Rights, theirs: Rights) -> bool:
    """Tell whether rights hold all that others do."""
    names = {name for grant in theirs.grants for one in grant.allowances for name in one.permissions or ()}
    return all(_covers(mine, theirs, name) for name in names)


def _covers(mine: Rights, theirs: Rights, name: str) -> bool:
    if name in installation_permissions():
        return mine.may(name) or not theirs.may(name)
    limit, needed = mine.companies_with(name), theirs.companies_with(name)
    return limit is None or (needed is not None and needed <= limit)


def names_in(groups: list[Group], permissions: list[Permission]) -> set[str]:
    """Return the rights (``app.codename``) that groups and single permissions hold together."""
    found = Permission.objects.filter(group__in=groups) | Permission.objects.filter(
        pk__in=[one.pk for one in permissions]
    )
    names = found.distinct().values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in names}
