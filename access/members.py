"""The employees and contacts of an account: who they are there, and what they may do.

Nobody gives or takes a right that they don't have there themself, and an account that has an administrator keeps one.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.contrib.auth.models import Group, Permission, User
from django.db import transaction
from django.db.models import Q, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from access import invitations
from access.accounts import ADMINISTER_ACCOUNT, ADMINISTER_USERS, Account, account_of, companies_of, held, offices_of
from access.belonging import company_permissions
from access.exceptions import LastAdministrator, MemberRefused, RightsNotHeld
from access.models import ApiKey, Membership
from access.ranks import may_stand_in_for
from access.scope import rights_of_request

R = TypeVar("R", Group, Permission)


def known_people(by: User) -> QuerySet[User]:
    """Return the people whom somebody may know of: those of the accounts that they know."""
    if by.is_superuser:
        return User.objects.all()
    here = Q(memberships__office__in=offices_of(by)) | Q(memberships__company__in=companies_of(by))
    return User.objects.filter(Q(pk__in=User.objects.filter(here).values("pk")) | Q(pk=by.pk))


@transaction.atomic
def add_member(*, account: Account, user: User, kind: str) -> Membership:
    """Make somebody who signs in already an employee or a contact, without rights at first."""
    if account.memberships.filter(user=user).exists():
        raise MemberRefused(
            _("%(person)s is in the list already, among those who have left perhaps: take them up again there.")
            % {"person": user.get_full_name() or user.get_username()},
            field="person",
        )
    return Membership.objects.create(user=user, kind=kind, **account.place)


@transaction.atomic
def add_person(
    *, account: Account, kind: str, username: str, email: str, first_name: str = "", last_name: str = ""
) -> Membership:
    """Make a new person an employee or a contact; they get a letter with a way to a password of their own."""
    if User.objects.filter(username=username).exists():
        raise MemberRefused(_("Somebody has this user name already."), field="username")
    user = User(username=username, email=email, first_name=first_name, last_name=last_name, is_staff=True)
    user.set_unusable_password()
    user.save()
    membership = add_member(account=account, user=user, kind=kind)
    invitations.invite(membership=membership)
    return membership


@transaction.atomic
def change_member(
    *, membership: Membership, by: User, kind: str, first_name: str, last_name: str, email: str
) -> Membership:
    """Change what a membership says, and of the person what `by` may change (`may_rename`, `may_readdress`)."""
    person = membership.user
    if (person.first_name, person.last_name) != (first_name, last_name):
        if not may_rename(by=by, person=person):
            raise MemberRefused(_("You may not change this person's name."), field="first_name")
        person.first_name, person.last_name = first_name, last_name
    if person.email != email:
        if not may_readdress(by=by, person=person):
            raise MemberRefused(_("You may not change this person's e-mail address."), field="email")
        person.email = email
    person.save(update_fields=["first_name", "last_name", "email"])
    membership.kind = kind
    membership.save(update_fields=["kind"])
    return membership


def may_rename(*, by: User, person: User) -> bool:
    """Tell whether somebody may change a person's name: administering them, with all their rights, wherever they are.

    An office's people don't have the rights of a client that administers its own account.
    """
    if by.is_superuser or by.pk == person.pk:
        return True
    present = person.memberships.filter(ended_at=None).select_related("company", "office__company")
    places = [account_of(membership) for membership in present]
    outranked = [place is not None and {ADMINISTER_USERS, *held(person, place)} <= held(by, place) for place in places]
    return bool(places) and all(outranked) and may_stand_in_for(by=by, person=person)


def may_readdress(*, by: User, person: User) -> bool:
    """Tell whether somebody may change where a person gets letters.

    Whoever reads them can sign in as that person, so nobody may once the person has signed in.
    """
    return by.is_superuser or (person.last_login is None and by.pk != person.pk and may_rename(by=by, person=person))


def givable(*, by: User, membership: Membership) -> frozenset[str]:
    """Return the rights that somebody may give a member, or take: those that they have there themself.

    An office also appoints the first account administrator of a client that has none; nobody of an office's own.
    """
    account = _account(membership)
    mine = held(by, account)
    if ADMINISTER_ACCOUNT in mine or account.office is not None:
        return mine
    if not rights_of_request(by).may(ADMINISTER_ACCOUNT, company=account.company.pk):
        return mine
    is_of_office = membership.user.memberships.filter(office__isnull=False, ended_at=None).exists()
    return mine if is_of_office or ADMINISTER_ACCOUNT in _administered(account) else mine | {ADMINISTER_ACCOUNT}


@transaction.atomic
def give_rights(
    *, membership: Membership, by: User, groups: Collection[Group], permissions: Collection[Permission]
) -> None:
    """Set a member's groups and rights; raises RightsNotHeld if `by` lacks any that is given or taken."""
    account = _account(membership)
    with _keeping_administrators(account):
        mine = givable(by=by, membership=membership)
        for group in _differing(membership.groups.all(), groups):
            if not names_of_group(group) <= mine:
                raise RightsNotHeld(
                    _("“%(group)s” holds rights that you don't have here yourself.") % {"group": group}, field="groups"
                )
        if not {name_of(one) for one in _differing(membership.permissions.all(), permissions)} <= mine:
            raise RightsNotHeld(_("You don't have all of these rights here yourself."), field="permissions")
        membership.groups.set(groups)
        membership.permissions.set(permissions)


@transaction.atomic
def end_membership(*, membership: Membership) -> bool:
    """End a membership, and with it what it allowed; return False if it was ended already."""
    with _keeping_administrators(_account(membership)):
        ended = Membership.objects.filter(pk=membership.pk, ended_at=None).update(ended_at=timezone.now())
    membership.refresh_from_db(fields=["ended_at"])
    return ended > 0


@transaction.atomic
def resume_membership(*, membership: Membership, by: User) -> bool:
    """Take somebody up again, with those of their former rights that `by` has; return False if they never left."""
    mine = held(by, _account(membership))
    if Membership.objects.filter(pk=membership.pk).exclude(ended_at=None).update(ended_at=None) == 0:
        return False
    membership.groups.remove(*(group for group in membership.groups.all() if not names_of_group(group) <= mine))
    membership.permissions.remove(*(one for one in membership.permissions.all() if name_of(one) not in mine))
    membership.refresh_from_db(fields=["ended_at"])
    return True


def keys_that_stop(membership: Membership) -> QuerySet[ApiKey]:
    """Return the working keys that could do nothing if a membership ended now."""
    person = membership.user
    keys = ApiKey.objects.filter(owner=person, revoked_at=None).select_related("application")
    keys = keys.exclude(expires_at__lte=timezone.now())
    others = person.memberships.filter(ended_at=None).exclude(pk=membership.pk)
    if person.is_superuser or others.filter(office=None, company=None).exists():
        return keys.none()
    own = membership.office.company_id if membership.office is not None else membership.company_id
    here = Q() if others.filter(Q(company=own) | Q(office__company=own)).exists() else Q(company=own)
    office = Q(office=membership.office) if membership.office is not None else Q()
    return keys.filter(here | office).order_by("name", "pk") if here or office else keys.none()


def name_of(permission: Permission) -> str:
    """Return a right as ``app.codename``."""
    return f"{permission.content_type.app_label}.{permission.codename}"


def names_of_group(group: Group) -> frozenset[str]:
    """Return the rights of a group that have an effect at an account."""
    prefetch_related_objects([group], "permissions__content_type")
    return frozenset(map(name_of, group.permissions.all())) & company_permissions()


def _differing(before: QuerySet[R], after: Collection[R]) -> set[R]:
    return set(before) ^ set(after)


def _account(membership: Membership) -> Account:
    account = account_of(membership)
    if account is None:
        raise ValueError("A membership of the whole installation is of no account.")
    return account


@contextmanager
def _keeping_administrators(account: Account) -> Iterator[None]:
    """Refuse what leaves an account without one who administers its users, or itself, if it has one."""
    # Locked, so that of two who leave at once the second sees that the first has left.
    place = account.office or account.company
    type(place)._default_manager.select_for_update().get(pk=place.pk)
    before = _administered(account)
    yield
    if not before <= _administered(account):
        raise LastAdministrator(
            _("There would be nobody left to administer %(account)s. Make somebody else administrator first.")
            % {"account": account.name}
        )


def _administered(account: Account) -> set[str]:
    working = account.memberships.filter(ended_at=None, user__is_active=True)
    found = set()
    for right in (ADMINISTER_USERS, ADMINISTER_ACCOUNT):
        app, codename = right.split(".")
        wanted = Permission.objects.filter(content_type__app_label=app, codename=codename)
        if working.filter(Q(permissions__in=wanted) | Q(groups__permissions__in=wanted)).exists():
            found.add(right)
    return found
