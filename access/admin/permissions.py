"""Rights by the names that people read; Django keeps them in English."""

from django.contrib.auth.models import Permission
from django.db.models import Model
from django.forms import ModelMultipleChoiceField
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy

VERBS = {
    "add": pgettext_lazy("right", "add"),
    "change": pgettext_lazy("right", "change"),
    "delete": pgettext_lazy("right", "delete"),
    "view": pgettext_lazy("right", "view"),
}


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
