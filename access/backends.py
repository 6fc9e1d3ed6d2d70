"""Who is signed in, read together with their profile: the language of every page costs no query of its own."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User


class ProfileBackend(ModelBackend):
    """Django's own, but for one join."""

    def get_user(self, user_id: Any) -> User | None:
        """The user that a session is of, unless they may no longer sign in."""
        user = User.objects.select_related("profile").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
