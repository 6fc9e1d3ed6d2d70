"""What the choice in a subscription's form means, while it is made, and what it would have queued."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from access.scope import visible_companies
from information_types import registry
from ledger.models import Company
from revisions import preview as previews
from revisions import recent
from revisions.batch import Row
from subscriptions.selection import Selection

MOST_EXACT = 100
OPERATIONS = {
    "created": gettext_lazy("created"),
    "changed": gettext_lazy("changed"),
    "deleted": gettext_lazy("deleted"),
}


@require_POST
def means(request: HttpRequest) -> HttpResponse:
    """How many companies and types are chosen, and how much of them changed lately."""
    selection = _selection(request)
    companies = visible_companies(request.user).count()
    context = {
        "sentence": _sentence(selection),
        "parts": list(_parts(selection, companies)),
        "is_impossible": selection.negative and not selection.companies,
    }
    return TemplateResponse(request, "admin/revisions/choice/means.html", context)


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """The last changes that the choice would have queued, as the integrator would get them; nothing is queued."""
    selection = _selection(request)
    found = previews.latest(selection)
    context = {
        "rows": [_shown(row) for row in found.rows],
        "is_possible": selection.is_possible,
        "is_whole": found.is_whole,
        "looked_at": sum(previews.STRETCHES),
    }
    return TemplateResponse(request, "admin/revisions/choice/preview.html", context)


def _selection(request: HttpRequest) -> Selection:
    """The choice as it stands in the form; what can't be (a number of no company) is left out."""
    if not _may_choose(request):
        raise PermissionDenied
    given = request.POST
    numbers = given.get("companies", "").replace("\0", "").split()
    companies = visible_companies(request.user) if numbers else Company.objects.none()
    application = given.get("application", "")
    return Selection(
        companies=frozenset(companies.filter(number__in=numbers).order_by().values_list("pk", flat=True)),
        negative=bool(given.get("negative_selection")),
        types=frozenset(known.number for known in registry.all_types() if known.name in _types(given)),
        own_changes=bool(given.get("own_changes")),
        application=int(application) if application.isdecimal() and len(application) < 19 else None,
    )


def _types(given: Any) -> Sequence[str]:
    types: Sequence[str] = given.getlist("information_types")
    return types


def _may_choose(request: HttpRequest) -> bool:
    may = request.user.has_perm
    return may("subscriptions.add_subscription") or may("subscriptions.change_subscription")


def _sentence(selection: Selection) -> str:
    chosen = len(selection.companies)
    if selection.negative and not chosen:
        return _("Choose in field 3 the companies to leave out, or untick this.")
    if selection.negative:
        text = ngettext(
            "The subscription is of all companies except the %(count)s chosen.",
            "The subscription is of all companies except the %(count)s chosen.",
            chosen,
        )
    elif chosen:
        text = ngettext(
            "The subscription is of the %(count)s chosen company only.",
            "The subscription is of the %(count)s chosen companies only.",
            chosen,
        )
    else:
        return _("The subscription is of all companies, those added later too.")
    return text % {"count": _grouped(chosen)}


def _parts(selection: Selection, companies: int) -> Iterator[str]:
    count, types = selection.count_of(companies), len(selection.types)
    text = ngettext("%(count)s of %(all)s company", "%(count)s of %(all)s companies", companies)
    yield text % {"count": _grouped(count), "all": _grouped(companies)}
    yield ngettext("%(count)s type", "%(count)s types", types) % {"count": _grouped(types)}
    if selection.is_possible:
        yield _changed(selection)


def _changed(selection: Selection) -> str:
    rows = recent.rows_changed(types=selection.types, companies=selection.companies, negative=selection.negative)
    if not rows:
        return _("nothing changed in the last %(days)s days") % {"days": recent.DAYS}
    text = ngettext(
        "about %(count)s row changed in the last %(days)s days",
        "about %(count)s rows changed in the last %(days)s days",
        rows,
    )
    return text % {"count": _grouped(_rounded(rows)), "days": recent.DAYS}


def _rounded(rows: int) -> int:
    """Two digits that count: who reads 'about' wants no more."""
    return rows if rows < MOST_EXACT else round(rows, 2 - len(str(rows)))


def _shown(row: Row) -> Mapping[str, Any]:
    content = json.loads(row.unnumbered)
    return {
        "type": registry.by_number(row.information_type).label,
        "operation": OPERATIONS[content["operation"]],
        "key": " ".join(str(value) for value in content["key"].values()),
        "changed_at": row.changed_at,
        "json": json.dumps(content, indent=2, ensure_ascii=False),
    }


def _grouped(count: int) -> str:
    return str(number_format(count, force_grouping=True))
