"""Applications: the programs that keys are made for."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from access.admin.rights_table import RightsField
from access.http.admin import RegisterAdmin
from access.http.admin.amounts import column
from access.key_rights import Place, choosable, visible_keys
from access.models import Application


class ApplicationForm(forms.ModelForm[Application]):
    """What is known of an application, and the rights that it asks for."""

    permissions = RightsField(
        label=_("rights that it asks for"),
        required=False,
        help_text=_("Shown when a key is made for it. Whoever makes the key decides."),
    )

    class Meta:
        model = Application
        fields = ("name", "vendor", "supports_office_keys", "is_listed", "permissions")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if "permissions" in self.fields:
            field: Any = self.fields["permissions"]
            field.queryset = choosable(Place())


@admin.register(Application)
class ApplicationAdmin(RegisterAdmin):
    """The list of known integrations; those that somebody typed in stand in it too, unlisted."""

    form = ApplicationForm
    fields = ("name", "vendor", "supports_office_keys", "is_listed", "permissions")
    list_display = ("name", "vendor", "supports_office_keys", "is_listed", "asks_for", "keys")
    list_filter = ("supports_office_keys", "is_listed")
    search_fields = ("name", "vendor")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        """With how many rights each asks for, and how many keys the reader may know of."""
        rights = Application.permissions.through.objects.filter(application=OuterRef("pk"))
        keys = visible_keys(cast(User, request.user)).filter(application=OuterRef("pk"))
        found: QuerySet[Application] = super().get_queryset(request)
        return found.annotate(right_count=_count(rights), key_count=_count(keys))

    @display(description=_("rights asked for"), ordering="right_count")
    def asks_for(self, application: Application) -> str:
        """How many rights."""
        return column(cast(Any, application).right_count, 0)

    @display(description=_("keys"), ordering="key_count")
    def keys(self, application: Application) -> str:
        """How many keys."""
        return column(cast(Any, application).key_count, 0)


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("application").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)
