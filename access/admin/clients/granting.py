"""Klienttilgang: what a key of the office's may do for many clients, looked at first, in one step."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import UnfoldAdminSelectWidget

from access.admin.clients import undo
from access.admin.clients.choosing import Chosen, SeveralOffices, chosen_in, shown, templates_for, usable_keys_of
from access.admin.rights_table import told
from access.exceptions import AccessError
from access.grants import grant_clients
from access.models import AccessTemplate, ApiKey, ClientAccess
from access.outlook import Kind, Outlook, outlook, templates_before
from access.undoing import done

GRANT = "grant"


class GrantForm(forms.Form):
    """The key, called by its application as people of the office know it, and the template."""

    key = forms.TypedChoiceField(label=gettext_lazy("Employee"), coerce=int, widget=UnfoldAdminSelectWidget)
    template = forms.ModelChoiceField(
        AccessTemplate.objects.none(),
        label=gettext_lazy("Access template"),
        empty_label=gettext_lazy("Choose"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, chosen: Chosen, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.keys = {key.pk: key for key in usable_keys_of(chosen.office)}
        field: Any = self.fields["key"]
        field.choices = [("", _("Choose")), *((pk, shown(key)) for pk, key in self.keys.items())]
        template: Any = self.fields["template"]
        template.queryset = templates_for(chosen.office)

    @property
    def chosen_key(self) -> ApiKey:
        """The key."""
        return self.keys[self.cleaned_data["key"]]


def grant(request: HttpRequest) -> HttpResponse:
    """Ask for key and template, show what it would mean, and do it."""
    try:
        chosen = chosen_in(request)
    except SeveralOffices:
        return _several(request)
    data = request.POST if request.method == "POST" and "key" in request.POST else None
    form = GrantForm(chosen, data)
    found = _look(chosen, form) if form.is_valid() else None
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "admin/access/clients/outlook.html", _context(chosen, form, found))
    if found is not None and GRANT in request.POST:
        answer = _grant(request, chosen, form)
        if answer is not None:
            return answer
    page = {**site.each_context(request), "opts": ClientAccess._meta, "title": _("Client access")}
    return TemplateResponse(request, "admin/access/clients/grant.html", page | _context(chosen, form, found))


def _grant(request: HttpRequest, chosen: Chosen, form: GrantForm) -> HttpResponse | None:
    key, template, user = form.chosen_key, form.cleaned_data["template"], request.user
    companies = [access.company for access in chosen.accesses]
    before = {company: had.pk for company, had in templates_before(key, [one.pk for one in companies]).items()}
    try:
        granted = grant_clients(key=key, companies=companies, template=template, by=user)  # type: ignore[arg-type]
    except AccessError as error:
        form.add_error(None, str(error))
        return None
    message = _told(key, template, [len(granted.added), len(granted.changed), len(granted.unchanged)])
    undo.keep(request, [done(key, before=before, companies=companies, after=template.pk)], message)
    return HttpResponseRedirect(reverse("admin:access_clientaccess_changelist"))


def _told(key: ApiKey, template: AccessTemplate, counts: Sequence[int]) -> str:
    added, changed, unchanged = counts
    parts = [
        (added, ngettext("%(count)s client is new", "%(count)s clients are new", added)),
        (changed, ngettext("%(count)s has another template", "%(count)s have another template", changed)),
        (unchanged, ngettext("%(count)s is as before", "%(count)s are as before", unchanged)),
    ]
    sums = ", ".join(text % {"count": number_format(count, force_grouping=True)} for count, text in parts if count)
    return _("%(key)s has client access by %(template)s: %(sums)s.") % {
        "key": shown(key),
        "template": template,
        "sums": sums,
    }


def _look(chosen: Chosen, form: GrantForm) -> Outlook:
    return outlook(key=form.chosen_key, template=form.cleaned_data["template"], accesses=chosen.accesses)


def _context(chosen: Chosen, form: GrantForm, found: Outlook | None) -> dict[str, Any]:
    return {
        "chosen": chosen,
        "form": form,
        "outlook": found,
        "outcomes": [] if found is None else [_outcome(outcome) for outcome in found.outcomes],
        "counts": [] if found is None else _counts(found),
        "key": form.chosen_key if found is not None else None,
        "owner_lacks": told(found.owner_lacks) if found else None,
        "key_lacks": told(found.key_lacks) if found else None,
        "back_url": reverse("admin:access_clientaccess_changelist"),
    }


def _counts(found: Outlook) -> list[tuple[str, int]]:
    return [
        (_("Get access"), found.count(Kind.NEW)),
        (_("Get another template"), found.count(Kind.CHANGED)),
        (_("Nothing changes"), found.count(Kind.UNCHANGED)),
        (_("API access is off"), len(found.switched_off)),
    ]


def _outcome(outcome: Any) -> dict[str, Any]:
    match outcome.kind:
        case Kind.NEW:
            title = _("Get access")
        case Kind.CHANGED:
            title = _("Get another template, instead of %(template)s") % {"template": outcome.before}
        case _:
            title = _("Nothing changes")
    return {
        "title": title,
        "kind": outcome.kind,
        "companies": outcome.companies,
        "gains": told(outcome.gains),
        "loses": told(outcome.loses),
    }


def _several(request: HttpRequest) -> HttpResponse:
    messages.warning(request, _("Choose clients of one accounting office at a time."))
    return HttpResponseRedirect(reverse("admin:access_clientaccess_changelist"))
