"""As whom a command works: a user with their rights, or whoever runs the installation, who may do anything."""

from contextlib import AbstractContextManager

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from access.rights import Rights, rights_of
from history.actors import Actor, acting
from workcopies.checking_out import ALL_RIGHTS


def user_and_rights(name: str | None) -> tuple[User | None, Rights]:
    """Return the user of a name with their rights; without name, nobody with all rights."""
    if name is None:
        return None, ALL_RIGHTS
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(_("There is no user %(name)s.") % {"name": name})
    if not user.is_active:
        raise CommandError(_("The user %(name)s is inactive.") % {"name": name})
    return user, rights_of(user)


def acting_for(user: User | None, *, command: str) -> AbstractContextManager[None]:
    """Let what is written meanwhile be a command's doing, for the user if there is one."""
    name = user.get_username() if user else ""
    return acting(Actor(user_id=user.pk if user else None, user_name=name, via=command))
