"""Who is signed in, and what they may do: in which company, where a right is of companies."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.db.models import Model

from access import scope


class ProfileBackend(ModelBackend):
    """Reads people together with their profile (a page's language costs no query), and asks memberships for rights."""

    def get_user(self, user_id: Any) -> User | None:
        """The user that a session is of, unless they may no longer sign in."""
        user = User.objects.select_related("profile").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Tell whether a user has a right: for a row, or somewhere if none is given."""
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        if isinstance(obj, Model):
            return scope.may(user_obj, perm, obj)
        return scope.rights_of_request(user_obj).may(perm)

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the rights that a user has somewhere, or for a row."""
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return set()
        if user_obj.is_superuser:
            every: set[str] = super().get_all_permissions(user_obj, None)
            return every
        return {name for name in _named(user_obj) if self.has_perm(user_obj, name, obj)}

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Tell whether a user has a right of an app somewhere: every page asks so for each of its models."""
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        of_app = (name for name in _named(user_obj) if name.startswith(f"{app_label}."))
        return user_obj.is_superuser or any(self.has_perm(user_obj, name) for name in of_app)


def _named(user: User) -> set[str]:
    """The rights that are named in what is granted to a user."""
    grants = scope.rights_of_request(user).grants
    return {name for grant in grants for one in grant.allowances for name in one.permissions or ()}
