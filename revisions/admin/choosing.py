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

from access.clients import clients_of
from access.models import Office
from access.scope import reach_of, visible_companies, within
from information_types import registry
from ledger.models import Company
from revisions import preview as previews
from revisions import recent
from revisions.batch import Row
from subscriptions.exceptions import AllCompaniesBeyondReach
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
    selection, office = _selection(request), _office(request)
    among = selection.among
    companies = visible_companies(request.user).count() if among is None else len(among)
    beyond_reach = office is None and among is not None and (selection.negative or not selection.companies)
    context = {
        "sentence": str(AllCompaniesBeyondReach.message) if beyond_reach else _sentence(selection, office),
        "parts": list(_parts(selection, companies)),
        "is_impossible": beyond_reach or (selection.negative and not selection.companies),
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
        application=int(application) if _is_key(application) else None,
        among=_among(request),
    )


def _office(request: HttpRequest) -> Office | None:
    """The office that is chosen, if it is one whose subscriptions the user may look at."""
    key = request.POST.get("office", "")
    if not _is_key(key):
        return None
    return within(Office.objects.filter(pk=int(key)), request.user, "subscriptions.view_subscription").first()


def _among(request: HttpRequest) -> frozenset[int] | None:
    """The companies that may be meant: within the user's reach, and of an office its clients; None for all."""
    office, reach = _office(request), reach_of(request.user, "subscriptions.view_subscription")
    if office is None and reach.companies is None:
        return None
    meant = (
        Company.objects.filter(reach.of(Company)) if office is None else clients_of(office).filter(reach.of(Company))
    )
    return frozenset(meant.order_by().values_list("pk", flat=True))


def _is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _types(given: Any) -> Sequence[str]:
    types: Sequence[str] = given.getlist("information_types")
    return types


def _may_choose(request: HttpRequest) -> bool:
    may = request.user.has_perm
    return may("subscriptions.add_subscription") or may("subscriptions.change_subscription")


def _sentence(selection: Selection, office: Office | None) -> str:
    chosen = len(selection.companies)
    if office is not None:
        return _sentence_of(office, selection)
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


def _sentence_of(office: Office, selection: Selection) -> str:
    chosen, words = len(selection.companies), {"office": office}
    if selection.negative and not chosen:
        return _("Choose in field 3 the companies to leave out, or untick this.")
    if not chosen:
        return _("The subscription is of all clients of %(office)s, those that join later too.") % words
    meant = len(selection.companies & (selection.among or frozenset()))
    if selection.negative:
        text = ngettext(
            "The subscription is of all clients of %(office)s except the %(count)s chosen.",
            "The subscription is of all clients of %(office)s except the %(count)s chosen.",
            meant,
        )
    else:
        text = ngettext(
            "The subscription is of the %(count)s chosen client of %(office)s only.",
            "The subscription is of the %(count)s chosen clients of %(office)s only.",
            meant,
        )
    return text % {**words, "count": _grouped(meant)}


def _parts(selection: Selection, companies: int) -> Iterator[str]:
    count, types = selection.count_of(companies), len(selection.types)
    text = ngettext("%(count)s of %(all)s company", "%(count)s of %(all)s companies", companies)
    yield text % {"count": _grouped(count), "all": _grouped(companies)}
    yield ngettext("%(count)s type", "%(count)s types", types) % {"count": _grouped(types)}
    if selection.is_possible:
        yield _changed(selection)


def _changed(selection: Selection) -> str:
    rows = recent.rows_changed(
        types=selection.types, companies=selection.companies, negative=selection.negative, among=selection.among
    )
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
