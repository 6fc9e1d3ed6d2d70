"""Rights in the words that people read; Django keeps them in English."""

from django.apps import apps
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext_lazy

VERBS = {
    "add": pgettext_lazy("right", "add"),
    "change": pgettext_lazy("right", "change"),
    "delete": pgettext_lazy("right", "delete"),
    "view": pgettext_lazy("right", "view"),
}


def right_label(right: str) -> str:
    """Return what a right (`app.codename`) lets whoever has it do to what; itself if there is none such."""
    app, _dot, codename = right.partition(".")
    verb, _separator, name = codename.partition("_")
    try:
        config = apps.get_app_config(app)
    except LookupError:
        return right
    for model in config.get_models():
        further = dict(model._meta.permissions)
        if verb in VERBS and model._meta.model_name == name:
            what = str(VERBS[verb])
        elif codename in further:
            what = gettext(str(further[codename]))
        else:
            continue
        return (
            " | ".join(capfirst(str(part)) for part in (config.verbose_name, model._meta.verbose_name)) + f" | {what}"
        )
    return right
