"""Files of hours: put in, looked at, confirmed."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access.http.admin import RegisterAdmin
from access.http.admin.amounts import shown
from ledger.models import Company
from timesheets.admin.registration import ADD, companies_to_register_in
from timesheets.models import HoursFile, TimeTransaction
from timesheets.services import csv_files
from timesheets.services.csv_files import FileRefused, Outcome

CHANGE = "timesheets.change_timetransaction"
MOST_SHOWN = 100
LIST = "admin:timesheets_timetransaction_changelist"


class FileForm(forms.Form):
    """A file, and whose hours it has."""

    company = forms.ModelChoiceField(
        label=_("company"),
        queryset=Company.objects.none(),
        widget=AutocompleteSelect(TimeTransaction._meta.get_field("company"), site, attrs={"data-width": "100%"}),
    )
    file = forms.FileField(label=_("file"), max_length=255)

    def __init__(self, *arguments: Any, companies: QuerySet[Company], **options: Any) -> None:
        super().__init__(*arguments, **options)
        field: Any = self.fields["company"]
        field.queryset = companies
        if len(first := list(companies.order_by("pk")[:2])) == 1:
            field.initial = first[0]


def taking(request: HttpRequest, model_admin: RegisterAdmin) -> HttpResponse:
    """Ask for a file, and keep it until it is confirmed."""
    _check(request)
    companies = companies_to_register_in(request)
    form = FileForm(request.POST or None, request.FILES or None, companies=companies)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            kept = csv_files.keep(
                company=form.cleaned_data["company"],
                name=upload.name,
                content=upload.read(csv_files.MOST_BYTES + 1),  # one more is told to be too large
                by=cast(User, request.user),
            )
            return HttpResponseRedirect(reverse("admin:timesheets_timetransaction_csv_file", args=[kept.pk]))
        except FileRefused as error:
            form.add_error("file", str(error))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Hours from a file"),
        "opts": model_admin.opts,
        "form": form,
        "media": model_admin.media + form.media,
        "most_rows": csv_files.MOST_ROWS,
        "columns": [csv_files.label(name) for name in csv_files.TEMPLATE],
        "back_url": reverse(LIST),
    }
    return TemplateResponse(request, "admin/timesheets/csv.html", context)


def confirming(request: HttpRequest, model_admin: RegisterAdmin, pk: int) -> HttpResponse:
    """Show what a file would do; store it, or throw it away."""
    _check(request)
    reach = companies_to_register_in(request)
    file = (
        HoursFile.objects.filter(pk=pk, uploaded_by=request.user.pk, company__in=reach)
        .select_related("company")
        .first()
    )
    if file is None:
        raise Http404
    may_change = request.user.has_perm(CHANGE, file.company)
    if request.method == "POST" and "cancel" in request.POST:
        file.delete()
        messages.info(request, gettext("The file was thrown away. Nothing of it is stored."))
        return HttpResponseRedirect(reverse(LIST))
    try:
        act = csv_files.store if request.method == "POST" else csv_files.look
        outcome = act(file=file, may_change=may_change)
    except FileRefused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:timesheets_timetransaction_csv"))
    if request.method == "POST" and not outcome.wrong:
        text = gettext("%(file)s is stored: new %(created)s, changed %(changed)s, unchanged %(unchanged)s.")
        messages.success(request, text % {"file": file.name, **_figures(outcome)})
        return HttpResponseRedirect(f"{reverse(LIST)}?company__id__exact={file.company_id}")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Hours from a file"),
        "opts": model_admin.opts,
        "file": file,
        "outcome": outcome,
        "figures": _figures(outcome),
        "hours": shown(outcome.hours),
        "wrong": outcome.wrong[:MOST_SHOWN],
        "more_wrong": max(0, len(outcome.wrong) - MOST_SHOWN),
        "is_empty": not (outcome.created or outcome.changed),
        "again_url": reverse("admin:timesheets_timetransaction_csv"),
    }
    return TemplateResponse(request, "admin/timesheets/csv_file.html", context)


def template(request: HttpRequest) -> HttpResponse:
    """The file to begin with, in the reader's language."""
    _check(request)
    answer = HttpResponse(csv_files.template(), content_type="text/csv; charset=utf-8")
    name = slugify(gettext("Hours")) or "hours"
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(ADD):
        raise PermissionDenied


def _figures(outcome: Outcome) -> dict[str, str]:
    return {
        name: number_format(getattr(outcome, name), force_grouping=True)
        for name in ("created", "changed", "unchanged", "withdrawn")
    }
