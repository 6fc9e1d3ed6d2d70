"""Rights by the names that people read; Django keeps them in English."""

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Model
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from history.rights import VERBS

# Tables that no page shows: a right to them means nothing.
OF_LIBRARIES = ("axes", "otp_static", "otp_totp")


def permission_label(permission: Permission) -> str:
    """What a right lets whoever has it do to what."""
    verb, _separator, model = permission.codename.partition("_")
    kind = permission.content_type
    what = VERBS[verb] if verb in VERBS and model == kind.model else gettext(permission.name)
    return " | ".join(str(part) for part in (capfirst(kind.app_labeled_name), what))


class PermissionsField(ModelMultipleChoiceField[Permission]):
    """A choice of rights."""

    def label_from_instance(self, obj: Model) -> str:
        """The right's name."""
        return permission_label(obj) if isinstance(obj, Permission) else str(obj)


class ChoosesRights(ModelAdmin):
    """Rights and groups chosen in fields that search, in place of Django's two boxes."""

    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Read the permissions with what their names show, in one query."""
        if db_field.related_model is Permission:
            options["form_class"] = PermissionsField
            ours = Permission.objects.exclude(content_type__app_label__in=OF_LIBRARIES)
            options["queryset"] = ours.select_related("content_type")
        field = super().formfield_for_manytomany(db_field, request, **options)
        field.widget, field.help_text = UnfoldAdminSelect2MultipleWidget(choices=field.choices), db_field.help_text
        # Its other class would have Django's script ask the server, on a page with a field that does.
        field.widget.attrs["class"] = "unfold-admin-autocomplete"
        return field
