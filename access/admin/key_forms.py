"""The forms behind a key's pages: a new key, what may be said of one later, a new text for it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from access.admin.key_fields import LastDayField
from access.admin.rights_table import RightsField
from access.key_rights import Place, choosable, handles, locked, name_of, place_of
from access.models import ApiKey, Application, KeyKind, KeyRights
from access.networks import NetworksField
from access.services import LIFETIME, LONGEST_GRACE, default_expiry

NETWORKS_HELP = _("IP addresses and ranges from which the key may be used, one a line. None: from anywhere.")


def networks_field() -> NetworksField:
    """Where a key may be used from."""
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 2, "placeholder": "192.0.2.0/24"})
    return NetworksField(label=_("Allowed addresses"), help_text=NETWORKS_HELP, widget=widget)


class ApplicationSelect(UnfoldAdminSelectWidget):
    """The list of applications; each says whether it takes office keys."""

    def create_option(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Say it for the page's script."""
        option: dict[str, Any] = super().create_option(*arguments, **options)
        application = getattr(option["value"], "instance", None)
        if isinstance(application, Application) and application.supports_office_keys:
            option["attrs"]["data-takes-office-keys"] = ""
        return option


class NewKeyForm(forms.Form):
    """A new key on an employee or contact, in the order in which its questions are asked."""

    application = forms.ModelChoiceField(
        Application.objects.none(),
        label=_("Application"),
        required=False,
        empty_label=_("Choose from the list"),
        help_text=_("The program that will use the key."),
        widget=ApplicationSelect,
    )
    is_custom = forms.BooleanField(
        label=_("Custom set-up"),
        required=False,
        help_text=_("The application isn't in the list: write its name."),
        widget=UnfoldBooleanWidget,
    )
    custom_name = forms.CharField(
        label=_("Name of the application"),
        max_length=100,
        required=False,
        help_text=_("As its vendor, or whoever develops the integration, calls it."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    rights = forms.ChoiceField(
        label=_("Rights"), choices=KeyRights.choices, initial=KeyRights.ALL, widget=UnfoldAdminRadioSelectWidget
    )
    is_office = forms.BooleanField(
        label=_("Accounting office's key"),
        required=False,
        help_text=_("One key for many of the office's clients. Not for the office's own company."),
        widget=UnfoldBooleanWidget,
    )
    vouches = forms.BooleanField(
        label=_("The application supports accounting offices' keys"),
        required=False,
        help_text=_("You have this from its vendor. Without support the integration is refused with such a key."),
        widget=UnfoldBooleanWidget,
    )
    name = forms.CharField(
        label=_("Give the key a name"),
        max_length=100,
        help_text=_("What it is called in the overview."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    expires_at = LastDayField(label=_("Works until"), help_text=_("The last day. Empty: without end."))
    allowed_networks = networks_field()

    def __init__(self, *arguments: Any, owner: User, place: Place, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.initial.setdefault("expires_at", default_expiry())
        self.place = place
        applications: Any = self.fields["application"]
        applications.queryset = Application.objects.filter(is_listed=True)
        if place.office is None:
            del self.fields["is_office"], self.fields["vouches"]

    def clean_custom_name(self) -> str:
        """Without blanks around it."""
        return " ".join(str(self.cleaned_data["custom_name"]).split())

    def clean(self) -> dict[str, Any]:
        """See to it that there is one application, and that it takes the kind of key."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("is_custom"):
            if not values.get("custom_name") and "custom_name" not in self.errors:
                self.add_error("custom_name", forms.ValidationError(_("Write the application's name."), "required"))
        elif not values.get("application") and "application" not in self.errors:
            error = _("Choose an application, or tick “Custom set-up” and write its name.")
            self.add_error("application", forms.ValidationError(error, "required"))
        if values.get("is_office"):
            self._refuse_office_key(values)
        return values

    @property
    def kind(self) -> KeyKind:
        """Whose key it becomes."""
        return KeyKind.OFFICE if self.cleaned_data.get("is_office") else KeyKind.END_USER

    def _refuse_office_key(self, values: dict[str, Any]) -> None:
        known = self.known_application()
        if known is not None and (known.is_listed or known.supports_office_keys):
            if not known.supports_office_keys:
                error = _("%(application)s does not support accounting offices' keys.")
                params = {"application": known}
                self.add_error("is_office", forms.ValidationError(error, "wrong_key_kind", params))
        elif values.get("is_custom") and not values.get("vouches"):
            error = _("Say that the application supports such keys, or make an end user's key.")
            self.add_error("vouches", forms.ValidationError(error, "wrong_key_kind"))

    def known_application(self) -> Application | None:
        """The application chosen, or the one that has the name typed in already."""
        values = self.cleaned_data
        if not values.get("is_custom"):
            return values.get("application")
        named = Application.objects.filter(name__iexact=values.get("custom_name") or "")
        return named.order_by("-is_listed", "pk").first()


class InstallationKeyForm(NewKeyForm):
    """A new key of the whole installation, made by a superuser on anybody."""

    def __init__(self, *arguments: Any, owner: User, place: Place, **options: Any) -> None:
        super().__init__(*arguments, owner=owner, place=place, **options)
        people = User.objects.filter(is_active=True).order_by("username")
        self.fields["owner"] = forms.ModelChoiceField(
            people,
            label=_("Owner"),
            initial=owner.pk,
            help_text=_("The key never may more than its owner may at that moment."),
            widget=UnfoldAdminSelectWidget,
        )
        self.order_fields(["owner"])


class KeyForm(forms.ModelForm[ApiKey]):
    """What may be changed of a key: its name, how long and from where it works, and its rights."""

    expires_at = LastDayField(label=_("Works until"), help_text=_("The last day. Empty: without end."))
    allowed_networks = networks_field()
    rights = forms.ChoiceField(
        label=_("Rights"),
        choices=[(KeyRights.ALL.value, KeyRights.ALL.label), (KeyRights.NONE.value, KeyRights.NONE.label)],
        widget=UnfoldAdminRadioSelectWidget,
    )
    permissions = RightsField(label=_("Chosen rights"), required=False)

    by: User

    class Meta:
        model = ApiKey
        fields = ("name", "expires_at", "allowed_networks", "rights", "permissions")

    class Media:
        js = ("access/key_form.js",)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        key = self.instance
        if "permissions" not in self.fields or key.pk is None:
            return
        place = place_of(key)
        field: Any = self.fields["permissions"]
        field.queryset = choosable(place)
        shut = locked(owner=key.owner, by=self.by, place=place)
        field.widget.locked = {one.pk for one in field.queryset if name_of(one) in shut}
        field.widget.why = str(
            _("Locked: %(owner)s doesn't have these rights here. Whoever administers users can give them to %(owner)s.")
            % {"owner": key.owner.get_full_name() or key.owner.get_username()}
        )
        if key.rights == KeyRights.ALL:
            self.initial["permissions"] = [one.pk for one in field.queryset if one.pk not in field.widget.locked]
        else:
            self.initial["rights"] = KeyRights.NONE.value

    def is_rightful(self) -> bool:
        """One's own key, or one that one looks after."""
        return handles(self.by, self.instance)

    def clean_expires_at(self) -> Any:
        """Leave the moment as it was where the day is the same."""
        return self.cleaned_data["expires_at"] if "expires_at" in self.changed_data else self.instance.expires_at


def graces() -> Iterable[tuple[int, str]]:
    """How many days an old key may work beside the new one."""
    yield 0, str(_("At once: the old key stops working with the next request"))
    for days in (1, 3, LONGEST_GRACE.days):
        text = ngettext("After %(count)s day: until then both work", "After %(count)s days: until then both work", days)
        yield days, text % {"count": days}


class RestoreForm(forms.Form):
    """A new text for a key: when the old one ends, and how long the new one works."""

    grace = forms.TypedChoiceField(
        label=_("When is the old key replaced?"),
        choices=graces,
        coerce=lambda days: timedelta(days=int(days)),
        initial=0,
        widget=UnfoldAdminRadioSelectWidget,
    )
    expires_at = LastDayField(label=_("The new key works until"), help_text=_("The last day. Empty: without end."))

    def __init__(self, *arguments: Any, key: ApiKey, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.initial["expires_at"] = None if key.expires_at is None else timezone.now() + LIFETIME
