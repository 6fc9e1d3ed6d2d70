"""The first page of a working copy, and the one that takes a change back."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from access import scope
from access.http.admin.question import Question, ask
from access.http.admin.refusals import refusal_of
from ledger.exceptions import LedgerError
from ledger.models import Company
from workcopies.exceptions import BadFile
from workcopies.http.telling import may_take_back, told
from workcopies.offline import current, taking_back
from workcopies.offline.changes import Document, Operation, changes_of, document_of

MOST_SHOWN = 100
# More rows take seconds to compare: the page comes first.
AT_ONCE = 100_000


@dataclass(frozen=True)
class Register:
    """A register's row of the first page."""

    name: Any
    url: Any
    rows: int


def add_overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows: the copy, what was changed in it, and its registers."""
    copy = current.copy()
    found = {
        "copy": copy,
        "companies": [_company(copy, company) for company in Company.objects.order_by("number")],
        "registers": list(_registers(request)),
        "is_late": copy.manifest.rows > AT_ONCE,
    }
    return context | found | ({} if found["is_late"] else _changes(request))


def changed(request: HttpRequest) -> HttpResponse:
    """What was changed alone, for the first page that came without it."""
    context = {**site.each_context(request), **_changes(request)}
    return TemplateResponse(request, "admin/workcopies/offline/changes.html", context)


def take_back(request: HttpRequest, register: str, pk: int) -> HttpResponse:
    """Ask; then give a document its base again."""
    document = _document(register, pk)
    if not may_take_back(request, document):
        raise PermissionDenied
    found = told(request, document)
    back = reverse("admin:index")
    if request.method == "POST":
        try:
            taking_back.take_back(document=document, path=current.copy().path)
        except (LedgerError, DatabaseError) as error:
            refusal = refusal_of(error, (LedgerError,))
            if refusal is None:
                raise
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("%(name)s is as it was when it was checked out.") % {"name": found.name})
        return HttpResponseRedirect(back)
    match document.operation:
        case Operation.NEW:
            lead = _("It was made here, and is deleted.")
        case Operation.DELETED:
            lead = _("It was deleted here, and is there again.")
        case _:
            lead = _("What was changed of it here is lost.")
    title = _("Take back %(kind)s %(name)s?") % {"kind": found.kind.lower(), "name": found.name}
    question = Question(
        title=title,
        back_url=back,
        button=_("Take back"),
        lead=[lead, *(f"{line.label}: {line.after or '–'} → {line.before or '–'}" for line in found.lines)],
        is_loss=document.operation is not Operation.DELETED,
    )
    return ask(request, question, document.model)


def failed(request: HttpRequest) -> HttpResponse:
    """Be the site's `handler500`: whoever sees it is the one who can tell of it."""
    kind, error, _trace = sys.exc_info()
    context = {"error": "" if kind is None else f"{kind.__name__}: {error}"}
    return render(request, "admin/workcopies/offline/failed.html", context, status=500)


def _document(register: str, pk: int) -> Document:
    try:
        document = document_of(current.copy().path, apps.get_model("ledger", register), pk)
    except (LookupError, BadFile) as error:
        raise Http404 from error
    if document is None:
        raise Http404
    return document


def _changes(request: HttpRequest) -> dict[str, Any]:
    try:
        found = changes_of(current.copy().path)
    except BadFile as error:
        return {"unreadable": str(error)}
    documents = [told(request, document) for document in found.documents[:MOST_SHOWN]]
    return {
        "changed": documents,
        "count": found.count,
        "more": found.count - len(documents),
        "has_several_companies": len(current.copy().manifest.companies) > 1,
    }


def _company(copy: Any, company: Company) -> tuple[Company, str]:
    days = copy.manifest.years.get(company.number, ())
    return company, ", ".join(date_format(day, "SHORT_DATE_FORMAT") for day in days)


def _registers(request: HttpRequest) -> Iterator[Register]:
    """The registers of the menu, in its order."""
    for group in settings.UNFOLD["SIDEBAR"]["navigation"]:
        for item in group["items"]:
            if "model" in item and item["permission"](request):
                rows = scope.visible(apps.get_model(item["model"])._default_manager.all(), request.user)
                yield Register(item["title"], item["link"], rows.order_by().count())
