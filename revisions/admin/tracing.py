"""Where did this row go? Searched by its key, by an integration's sequence, or by a revision's name."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from access.scope import rights_of_request, visible, visible_companies, within
from information_types import registry
from ledger.models import Company, FinancialYear
from revisions import feedback, trace
from revisions.admin.fields import CompanyField
from revisions.admin.rows import key_words
from revisions.admin.story import events_of
from revisions.models import Feedback
from subscriptions.models import Subscription

VIEW = "subscriptions.view_subscription"
KEY = "key-"
ROWS = 50
SERIES_AND_NUMBER = re.compile(r"(\S+)\s+(\S+)")
REVISION = re.compile(r"\s*[0-9]{1,18}\.[0-9]{1,9}\s*")


def _text(**attributes: str) -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget({"autocomplete": "off", **attributes})


def _key_fields() -> dict[str, str]:
    """Every field that some type's key has but for the company, by name, with its word; longest keys first."""
    found: dict[str, str] = {}
    for known in sorted(registry.all_types(), key=lambda known: -len(known.key)):
        for name, word in key_words(known):
            found.setdefault(name, word)
    return found


class RowForm(forms.Form):
    """A row by its key. Which of the key's fields a type has, the page's script shows."""

    type = forms.ChoiceField(label=_("Information type"), choices=registry.choices, widget=UnfoldAdminSelectWidget)
    company = CompanyField()

    def __init__(self, request: HttpRequest) -> None:
        has_key = any(name.startswith(KEY) for name in request.GET)
        super().__init__(request.GET if has_key else None, initial={"type": "ledger_entries", **request.GET.dict()})
        known = within(visible_companies(request.user), request.user, VIEW)
        self.fields["company"].queryset = known  # type: ignore[attr-defined]
        for name, word in _key_fields().items():
            types = [known for known in registry.all_types() if name in known.key]
            field = forms.CharField(label=capfirst(word), required=False, max_length=64, widget=_text())
            field.widget.attrs["data-types"] = " ".join(known.name for known in types)
            field.widget.attrs["data-must"] = " ".join(known.name for known in types if known.handle == name)
            self.fields[KEY + name] = field
        self.fields[f"{KEY}financial_year"].help_text = _("Its first day, or the year in which it begins.")

    def clean(self) -> dict[str, Any]:
        """Read `A 17` as series and number, and a year as the financial year that begins in it."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        known = registry.get(values["type"]) if values.get("type") else None
        if known is None:
            return values
        key = {name: values.get(KEY + name, "").strip() for name in known.key if name != "company"}
        if not key.get("series") and (both := SERIES_AND_NUMBER.fullmatch(key.get("number", ""))):
            key |= {"series": both[1], "number": both[2]} if "series" in key else {}
        if not key[known.handle]:
            self.add_error(KEY + known.handle, self.fields[KEY + known.handle].error_messages["required"])
        if key.get("financial_year") and values.get("company"):
            key["financial_year"] = self._first_day(values["company"], key["financial_year"])
        return values | {"key": {name: value for name, value in key.items() if value}}

    def _first_day(self, company: Company, text: str) -> str:
        years = FinancialYear.objects.filter(company=company)
        if re.fullmatch(r"[0-9]{4}", text):
            days = list(years.filter(first_day__year=int(text)).values_list("first_day", flat=True)[:2])
            if len(days) == 1:
                return str(days[0].isoformat())
        try:
            found: date = forms.DateField().clean(text)
            return found.isoformat()
        except forms.ValidationError:
            self.add_error(f"{KEY}financial_year", _("The company has no such financial year."))
            return ""


class SequenceForm(forms.Form):
    """A row by the sequence that an integration got it under."""

    subscription = forms.ModelChoiceField(
        label=_("Integration"), queryset=Subscription.objects.none(), widget=UnfoldAdminSelectWidget
    )
    sequence = forms.IntegerField(label=_("Sequence"), min_value=1, widget=_text(inputmode="numeric"))

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.GET if "sequence" in request.GET else None, initial=request.GET.dict())
        self.fields["subscription"].queryset = visible(Subscription.objects.all(), request.user)  # type: ignore[attr-defined]


class RevisionForm(forms.Form):
    """A revision by its name, which is the same for every integration."""

    revision = forms.RegexField(label=_("Revision"), regex=REVISION, widget=_text(placeholder="90211.4"))

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.GET if "revision" in request.GET else None)
        self.fields["revision"].error_messages["invalid"] = _("A revision looks like this: 90211.4")


FORMS: Mapping[str, type[RowForm | SequenceForm | RevisionForm]] = {
    "row": RowForm,
    "sequence": SequenceForm,
    "revision": RevisionForm,
}
WORDS = {"row": _("A row"), "sequence": _("A sequence"), "revision": _("A revision")}


@require_safe
def trace_page(request: HttpRequest) -> HttpResponse:
    """The search, and what it finds."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    by = _by(request.GET)
    form = FORMS[by](request)
    if by == "sequence" and form.is_valid() and (name := trace.revision_of(**form.cleaned_data)):
        return redirect(f"{request.path}?{urlencode({'revision': name})}")
    found = _find(request, by, form.cleaned_data) if form.is_valid() else None
    context = {
        **admin.site.each_context(request),
        "title": _("Trace"),
        "form": form,
        "by": by,
        "ways_to_search": [(name, word, f"{request.path}?{urlencode({'by': name})}") for name, word in WORDS.items()],
        "found": found,
        "events": events_of(found.revisions, _reports(request, found.revisions)) if found else [],
        "days": settings.UTKORG_TRACE_DAYS,
        "next_url": found and found.next and _url(request, after=found.next),
        "first_url": request.GET.get("after") and _url(request),
        "row_url": _row_url(found) if by != "row" else None,
    }
    return TemplateResponse(request, "admin/revisions/trace.html", context)


def _by(asked: QueryDict) -> str:
    for name in ("revision", "sequence"):
        if name in asked:
            return name
    by = str(asked.get("by", ""))
    return by if by in FORMS else "row"


def _find(request: HttpRequest, by: str, wanted: Mapping[str, Any]) -> trace.Found:
    companies = rights_of_request(request.user).companies_with(VIEW)
    scope: dict[str, Any] = {"companies": None, "subscriptions": None}
    if companies is not None:
        scope["companies"] = companies
        scope["subscriptions"] = set(visible(Subscription.objects.all(), request.user).values_list("pk", flat=True))
    match by:
        case "revision":
            return trace.by_revision(wanted["revision"].strip(), **scope)
        case "sequence":
            return trace.by_sequence(subscription=wanted["subscription"], sequence=wanted["sequence"], **scope)
        case _:
            known = registry.get(wanted["type"])
            sought = trace.Sought(information_type=known, company=wanted["company"], key=wanted["key"])
            return trace.search(sought, after=request.GET.get("after"), limit=ROWS, **scope)


def _reports(request: HttpRequest, revisions: Sequence[trace.Revision]) -> Mapping[str, Sequence[Feedback]]:
    """What integrations have said of the revisions, for who may see it."""
    if not revisions or not request.user.has_perm("revisions.view_feedback"):
        return {}
    known = visible(Feedback.objects.all(), request.user)
    return feedback.of_revisions([revision.name for revision in revisions], known)


def _row_url(found: trace.Found | None) -> str | None:
    """The way from one revision to all of its row."""
    if not found or not found.revisions:
        return None
    revision = found.revisions[0]
    key = {KEY + name: value for name, value in revision.key.items() if name != "company"}
    choice = {"type": revision.information_type.name, "company": revision.company_id, **key}
    return f"{reverse('trace')}?{urlencode(choice)}"


def _url(request: HttpRequest, **place: str) -> str:
    asked = {name: str(value) for name, value in request.GET.items() if name != "after"}
    return f"{request.path}?{urlencode(asked | place)}"
