"""The forms behind a key's pages."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.models import ApiKey, KeyKind


class KeyForm(forms.ModelForm[ApiKey]):
    """What may be said of a key, new or old."""

    class Meta:
        model = ApiKey
        fields = ("application", "owner", "name", "kind", "rights", "permissions", "expires_at")

    def clean_expires_at(self) -> datetime | None:
        """Refuse a time that has passed; who wants a key to end now revokes it."""
        expires_at: datetime | None = self.cleaned_data["expires_at"]
        if expires_at and "expires_at" in self.changed_data and expires_at <= timezone.now():
            raise forms.ValidationError(_("Choose a time that is still to come."), code="past")
        return expires_at


class NewKeyForm(KeyForm):
    """A new key; `creator` is who fills it in."""

    creator: User

    def clean_owner(self) -> User:
        """Let only who may administer users make a key for another."""
        owner: User = self.cleaned_data["owner"]
        if owner != self.creator and not self.creator.has_perm("auth.change_user"):
            raise forms.ValidationError(
                _("You may make keys for yourself only: you lack the right to change users."),
                code="foreign_owner",
            )
        if not owner.is_active:
            raise forms.ValidationError(
                _("This user is inactive, so the key would open nothing."), code="inactive_owner"
            )
        return owner

    def clean(self) -> dict[str, Any]:
        """Refuse an office key for an application that doesn't take them."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        application = values.get("application")
        office = values.get("kind") == KeyKind.OFFICE
        if office and application and not application.supports_office_keys:
            error = _("%(application)s does not support accounting offices' keys.")
            self.add_error(
                "kind",
                forms.ValidationError(error, code="wrong_key_kind", params={"application": application}),
            )
        return values
