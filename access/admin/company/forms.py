"""The forms behind an account's pages."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from access.models import Membership


def _text(label: Any, *, most: int, required: bool = False, help_text: Any = "", **more: Any) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    return forms.CharField(
        label=label, max_length=most, required=required, help_text=help_text, widget=widget, strip=True, **more
    )


def _email(*, required: bool, help_text: Any = "") -> forms.EmailField:
    widget = UnfoldAdminEmailInputWidget(attrs={"autocomplete": "off"})
    return forms.EmailField(label=_("E-mail"), max_length=254, required=required, help_text=help_text, widget=widget)


class KindField(forms.ChoiceField):
    """Employee or contact."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Kind"), choices=Membership.Kind.choices, widget=UnfoldAdminRadioSelectWidget, **options
        )


class KnownPersonForm(forms.Form):
    """Somebody who signs in already, by their user name or e-mail address."""

    prefix = "known"

    person = _text(
        _("User name or e-mail"),
        most=254,
        required=True,
        help_text=_("Of somebody in a company or office that you work in."),
    )
    kind = KindField(initial=Membership.Kind.EMPLOYEE)


class NewPersonForm(forms.Form):
    """Somebody who has never signed in."""

    prefix = "new"

    username = _text(
        _("User name"),
        most=150,
        required=True,
        validators=[UnicodeUsernameValidator()],
        help_text=_("To sign in with."),
    )
    first_name = _text(_("First name"), most=150)
    last_name = _text(_("Last name"), most=150)
    email = _email(required=True, help_text=_("A letter goes here, with a link to choose a password."))
    kind = KindField(initial=Membership.Kind.EMPLOYEE)


class MemberForm(forms.Form):
    """What is known of an employee or contact; what may not be changed is shown, locked."""

    username = _text(_("User name"), most=150)
    first_name = _text(_("First name"), most=150)
    last_name = _text(_("Last name"), most=150)
    email = _email(required=False)
    kind = KindField()

    def __init__(
        self, data: Any = None, *, membership: Membership, is_named: bool, is_addressed: bool, is_kind: bool
    ) -> None:
        person: User = membership.user
        initial = {name: getattr(person, name) for name in ("username", "first_name", "last_name", "email")}
        super().__init__(data, initial={**initial, "kind": membership.kind})
        may_change = {"first_name": is_named, "last_name": is_named, "email": is_addressed, "kind": is_kind}
        for name, field in self.fields.items():
            # A disabled field keeps its initial value, whatever is sent.
            field.disabled = not may_change.get(name, False)

    @property
    def is_open(self) -> bool:
        """Whether anything can be changed."""
        return not all(field.disabled for field in self.fields.values())
