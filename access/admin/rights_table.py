"""Rights as a table to tick: a line for each register, a column for each thing that may be done with it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from access.admin.permissions import permission_label
from history.rights import VERBS
from information_types import registry

GROUPS: dict[str, str | Promise] = {
    "companies": _("Companies"),
    "bookkeeping": _("Bookkeeping and dimensions"),
    "partners": _("Suppliers and customers"),
    "invoices": _("Invoices and payments"),
    "time": _("Time"),
    "outbox": _("Outbox"),
    "access": _("Access"),
    "other": _("Other"),
}
BY_APP = {
    "ledger": "bookkeeping",
    "imports": "bookkeeping",
    "subscriptions": "outbox",
    "revisions": "outbox",
    "onetime_transfer": "outbox",
    "watch": "outbox",
    "timesheets": "time",
    "access": "access",
    "auth": "access",
    "history": "access",
}
COMPANIES = {"company", "financialyear"}
COLUMNS = {
    "view": pgettext_lazy("column of rights", "View"),
    "add": pgettext_lazy("column of rights", "Add"),
    "change": pgettext_lazy("column of rights", "Change"),
    "delete": pgettext_lazy("column of rights", "Delete"),
}


@dataclass
class Box:
    """A right that can be ticked."""

    pk: int
    label: str
    checked: bool
    locked: bool


@dataclass
class Line:
    """A register: what may be done with it by column, and what there is besides."""

    name: str
    boxes: dict[str, Box] = field(default_factory=dict)
    others: list[Box] = field(default_factory=list)

    @property
    def cells(self) -> Sequence[Box | None]:
        """A box, or none, for each column."""
        return [self.boxes.get(column) for column in COLUMNS]


class RightsTable(forms.CheckboxSelectMultiple):
    """Permissions in groups of registers. Those that are `locked` (ids) are shown and can't be ticked."""

    template_name = "admin/access/rights_table.html"

    class Media:
        css = {"all": ("access/rights_table.css",)}
        js = ("access/rights_table.js",)

    def __init__(self, attrs: dict[str, Any] | None = None, *, locked: Collection[int] = (), why: str = "") -> None:
        super().__init__(attrs)
        self.locked, self.why = locked, why

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The groups, each with its registers."""
        chosen = {int(one) for one in value or () if str(one).isdecimal()}
        queryset: Iterable[Permission] = getattr(self.choices, "queryset", ())
        groups = grouped(queryset, chosen=chosen, locked=self.locked)
        widget = {
            "name": name,
            "attrs": self.build_attrs(self.attrs, attrs),
            "groups": groups,
            "columns": list(COLUMNS.items()),
            "why": self.why,
            "has_locked": bool(self.locked),
        }
        return {"widget": widget}


class RightsField(forms.ModelMultipleChoiceField[Permission]):
    """Rights, chosen in a table."""

    widget = RightsTable

    def __init__(self, *, among: Q | None = None, **options: Any) -> None:
        every = Permission.objects.select_related("content_type")
        super().__init__(every if among is None else every.filter(among), **options)

    def label_from_instance(self, obj: Model) -> str:
        """The right's name."""
        return permission_label(obj) if isinstance(obj, Permission) else str(obj)


def grouped(
    permissions: Iterable[Permission], *, chosen: Collection[int], locked: Collection[int] = ()
) -> list[tuple[str | Promise, list[Line]]]:
    """Return the permissions by group and register, in the order of the groups and of the registers' names."""
    lines: dict[tuple[str, str, str], Line] = {}
    for permission in permissions:
        kind = permission.content_type
        line = lines.setdefault((_group_of(kind.app_label, kind.model), kind.app_label, kind.model), Line(_name(kind)))
        verb, _separator, model = permission.codename.partition("_")
        box = Box(permission.pk, _label(permission), permission.pk in chosen, permission.pk in locked)
        if verb in COLUMNS and model == kind.model:
            line.boxes[verb] = box
        else:
            line.others.append(box)
    found = [
        (label, sorted((line for (of, *_rest), line in lines.items() if of == group), key=lambda line: line.name))
        for group, label in GROUPS.items()
    ]
    return [(label, own) for label, own in found if own]


def names_of(permissions: Iterable[Permission]) -> list[str]:
    """Return what permissions allow, a sentence for each register: `Suppliers: view, change`."""
    told = []
    for _label_of_group, lines in grouped(permissions, chosen=()):
        for line in lines:
            verbs = [str(VERBS[column]) for column in COLUMNS if column in line.boxes]
            others = [box.label for box in line.others]
            told.append(f"{line.name}: {', '.join([*verbs, *others])}")
    return told


@dataclass(frozen=True)
class Told:
    """Rights in words: how many, and a line for each register."""

    count: int
    lines: Sequence[str]

    def __bool__(self) -> bool:
        return self.count > 0


def told(rights: Collection[str]) -> Told:
    """Tell rights (`app.codename`) by register: `Suppliers: view, change`; reads nothing."""
    lines = []
    for model in apps.get_models():
        meta = model._meta
        if meta.proxy or not any(right.startswith(f"{meta.app_label}.") for right in rights):
            continue
        verbs = [str(VERBS[verb]) for verb in COLUMNS if f"{meta.app_label}.{verb}_{meta.model_name}" in rights]
        others = [gettext(str(name)) for codename, name in meta.permissions if f"{meta.app_label}.{codename}" in rights]
        if verbs or others:
            lines.append(f"{capfirst(str(meta.verbose_name_plural))}: {', '.join([*verbs, *others])}")
    return Told(len(rights), sorted(lines))


def _group_of(app: str, model: str) -> str:
    if app == "ledger" and model in COMPANIES:
        return "companies"
    for known in registry.all_types():
        if (known.model._meta.app_label, known.model._meta.model_name) == (app, model):
            return known.group
    return BY_APP.get(app, "other")


def _name(kind: Any) -> str:
    try:
        model = apps.get_model(kind.app_label, kind.model)
    except LookupError:
        return str(kind)
    return capfirst(str(model._meta.verbose_name_plural))


def _label(permission: Permission) -> str:
    verb, _separator, model = permission.codename.partition("_")
    if verb in COLUMNS and model == permission.content_type.model:
        return pgettext("right", verb)
    return gettext(permission.name)
