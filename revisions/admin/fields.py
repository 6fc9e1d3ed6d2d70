"""Fields that several of these pages have."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext_lazy as _

from ledger.models import Company
from revisions.models import QueuedCount


class CompanySelect(AutocompleteSelect):
    """Searches companies; shows the one that its field has found without asking for it again."""

    found: Company | None = None

    def __init__(self, *, none: Any = "") -> None:
        super().__init__(QueuedCount._meta.get_field("company"), admin.site)
        self.none = none

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        """Say in the empty field what none means."""
        return {**super().build_attrs(base_attrs, extra_attrs), "data-placeholder": self.none}

    def optgroups(self, name: str, value: Any, attr: dict[str, Any] | None = None) -> Any:
        """The chosen company, and none."""
        if self.found is None or list(map(str, value)) != [str(self.found.pk)]:
            return super().optgroups(name, value, attr)
        none, chosen = ("", "", False), (self.found.pk, str(self.found), True)
        return [(None, [self.create_option(name, *option, place) for place, option in enumerate((none, chosen))], 0)]


class CompanyField(forms.ModelChoiceField[Company]):
    """A company among those that `queryset` is set to."""

    widget: CompanySelect

    def __init__(self, *, required: bool = True, none: Any = "") -> None:
        widget = CompanySelect(none=none)
        super().__init__(queryset=Company.objects.none(), label=_("Company"), required=required, widget=widget)

    def clean(self, value: Any) -> Company | None:
        """Find it, and keep it for the page."""
        self.widget.found = super().clean(value)
        return self.widget.found
