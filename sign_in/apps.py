"""The app's configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SignInConfig(AppConfig):
    """Signing in."""

    name = "sign_in"
    verbose_name = _("Sign-in")

    def ready(self) -> None:
        """Listen to who signs in, is locked out, or may no longer."""
        from sign_in import receivers  # noqa: PLC0415  # it reads models, which are loaded by now

        receivers.connect()
