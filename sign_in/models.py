"""Open sessions, links to an identity provider, and what the libraries keep, by names of ours."""

import hmac
from typing import Any, ClassVar

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from history.triggers import kept

SECRET_BYTES = 20
DIGEST_DIGITS = 16  # what the library's column holds


def peppered(purpose: str, text: str) -> bytes:
    """What can't be had from the database alone."""
    return hmac.digest(settings.API_KEY_PEPPER.encode(), f"{purpose}:{text}".encode(), "sha256")


class Authenticator(TOTPDevice):
    """A person's authenticator app; unconfirmed until the first code was right."""

    class Meta:
        proxy = True
        default_permissions = ()

    @property
    def bin_key(self) -> bytes:
        """The secret that the app has: made from what is stored and the pepper."""
        return peppered("authenticator", self.key)[:SECRET_BYTES]


class RecoveryCodes(StaticDevice):
    """A person's recovery codes, of which digests are stored."""

    class Meta:
        proxy = True
        default_permissions = ()

    def verify_token(self, token: str) -> bool:
        """Take a code, once."""
        return bool(super().verify_token(self.digest(token)))  # type: ignore[no-untyped-call]

    @staticmethod
    def digest(code: str) -> str:
        """What is stored of a code."""
        return peppered("recovery code", code).hex()[:DIGEST_DIGITS]


class SignInMethod(models.TextChoices):
    """What somebody has shown."""

    PASSWORD = "password", _("password")
    CODE = "code", _("password and code")
    RECOVERY_CODE = "recovery", _("password and recovery code")
    OPENID = "openid", _("identity provider")


class OpenSession(models.Model):
    """A browser in which somebody is signed in; gone with the session itself."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="open_sessions")
    session = models.OneToOneField(Session, models.CASCADE, related_name="open_session")
    method = models.CharField(max_length=10, choices=SignInMethod.choices, default=SignInMethod.PASSWORD)
    browser = models.CharField(_("browser"), max_length=200, blank=True)

    signed_in_at = models.DateTimeField(_("signed in"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    address = models.GenericIPAddressField(_("address"), null=True)

    class Meta:
        default_permissions = ()
        ordering: ClassVar[Any] = ["-seen_at"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.address}"


class Identity(models.Model):
    """Whom an identity provider calls by which subject."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="identities", verbose_name=_("user")
    )
    issuer = models.CharField(_("issuer"), max_length=500)
    subject = models.CharField(_("subject"), max_length=255)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("link to an identity provider")
        verbose_name_plural = _("links to identity providers")
        default_permissions = ()
        constraints: ClassVar[Any] = [
            models.UniqueConstraint(name="sign_in_identity_once", fields=["issuer", "subject"])
        ]
        triggers: ClassVar[Any] = [
            kept(
                name="(select username from auth_user where id = {row}.user_id)",
                named={"user": ("auth_user", "username")},
                left_out=("created_at",),
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.issuer}"


class FailedSignIn(AccessAttempt):
    """Wrong passwords and codes of one name from one address and browser, until they no longer count."""

    class Meta:
        proxy = True
        verbose_name = _("failed sign-in")
        verbose_name_plural = _("failed sign-ins")
        default_permissions = ("view", "delete")
        ordering: ClassVar[Any] = ["-attempt_time"]

    def __str__(self) -> str:
        return f"{self.username} ({self.ip_address})"
