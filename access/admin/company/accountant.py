"""Accountant: which office keeps a company's books, and whether its keys may be used for the company."""

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from access import accounts
from access.accountants import choose_accountant, granted_keys
from access.admin.company.desk import MOST_NAMED, Desk, named_few, of_account
from access.exceptions import ClientError
from access.http.admin.question import Question
from access.models import ClientAccess, Office

MOST_SHOWN = 20
MOST_LISTED = 200
LONGEST = 100
NONE = "none"
VIEW = "access.view_clientaccess"


@require_http_methods(["GET", "HEAD", "POST"])
@of_account("accountant")
def page(desk: Desk) -> HttpResponse:
    """Show the office and the switch; the account's administrator changes them."""
    if desk.account.office is not None:
        own = accounts.Account(desk.account.company)
        return desk.show("accountant_of_office", _("Accountant"), {"own": own})
    if not (desk.administers_account or VIEW in desk.held):
        return desk.refuse(_("Accountant"))
    access = _present(desk)
    if desk.request.method != "POST":
        return _show(desk, access)
    desk.check(desk.administers_account)
    wanted = desk.request.POST.get("office", "")
    office = _chosen(desk, wanted)
    if office is None and wanted != NONE:
        return _show(desk, access, error=_("Choose an accounting office from the list, or none."))
    if access is not None and access.office != office:
        chosen = {"office": wanted, "api_access": desk.request.POST.get("api_access", "")}
        return HttpResponseRedirect(f"{desk.url('accountant_change')}?{urlencode(chosen)}")
    return _save(desk, office, desk.request.POST)


@require_http_methods(["GET", "HEAD", "POST"])
@of_account("accountant")
def change(desk: Desk) -> HttpResponse:
    """Ask, with what the present office loses; then change it."""
    desk.check(desk.administers_account)
    access, wanted = _present(desk), desk.request.GET.get("office", "")
    office = _chosen(desk, wanted)
    if access is None or access.office == office or (office is None and wanted != NONE):
        return desk.to("accountant")
    if desk.request.method == "POST":
        return _save(desk, office, desk.request.GET)
    named = {"office": access.office, "company": desk.account.name, "new": office}
    title = (
        _("Remove %(office)s as accountant?") if office is None else _("Change accountant from %(office)s to %(new)s?")
    )
    grants = list(granted_keys(desk.account.company)[: MOST_NAMED + 1])
    lead = [_("The people of %(office)s lose all that they may do in %(company)s as its accountant.") % named]
    if office is not None:
        lead.append(_("The people of %(new)s get the rights that they have for their clients.") % named)
    if grants:
        lead.append(_("What the keys were granted is lost as well: if the office comes back it must be granted anew."))
        lead.append(ngettext("This key loses its access:", "These keys lose their access:", len(grants)))
    else:
        lead.append(_("No key of the office has access now."))
    question = Question(
        title=title % named,
        lead=lead,
        headings=[_("Key")] if grants else [],
        lines=named_few([f"{one.key.application}: {one.key.name} ({one.template})" for one in grants]),
        button=_("Remove") if office is None else _("Change accountant"),
        back_url=desk.url("accountant"),
        is_loss=True,
    )
    return desk.ask(question)


@never_cache
@require_safe
@of_account("accountant")
def offices(desk: Desk) -> HttpResponse:
    """Find an office by number or name, to choose it."""
    desk.check(desk.administers_account and desk.account.office is None)
    text = " ".join(desk.request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    # What was chosen stays in the list, whatever is searched after that.
    chosen = _chosen(desk, desk.request.GET.get("office", ""))
    return TemplateResponse(desk.request, "admin/access/company/offices_found.html", _found(desk, text, chosen))


def _found(desk: Desk, text: str, chosen: Office | None = None) -> dict[str, Any]:
    access = _present(desk)
    # The present one has a line of its own, and what was chosen comes first.
    apart = {office.pk for office in (access and access.office, chosen) if office is not None}
    rows = _choosable(desk).filter(Q(company__number__startswith=text) | Q(name__icontains=text)).exclude(pk__in=apart)
    kept = [chosen] if chosen is not None and chosen != (access and access.office) else []
    found = [*kept, *rows[: MOST_SHOWN + 1]]
    return {
        "offices": found[:MOST_SHOWN],
        "has_more": len(found) > MOST_SHOWN,
        "chosen": None if chosen is None else chosen.pk,
        "text": text,
    }


def _show(desk: Desk, access: ClientAccess | None, *, error: str = "") -> HttpResponse:
    grants, now = granted_keys(desk.account.company)[:MOST_LISTED], timezone.now()
    context = {
        **(_found(desk, "") if desk.administers_account else {}),
        "access": access,
        "may_change": desk.administers_account,
        "grants": [(grant, grant.key.state(at=now)) for grant in grants],
        "error": error,
    }
    return desk.show("accountant", _("Accountant"), context)


def _save(desk: Desk, office: Office | None, chosen: QueryDict) -> HttpResponseRedirect:
    try:
        changed = choose_accountant(
            company=desk.account.company, office=office, api_access=bool(chosen.get("api_access"))
        )
    except ClientError as error:
        messages.error(desk.request, str(error))
    else:
        if changed:
            messages.success(desk.request, _told(desk, office, is_on=bool(chosen.get("api_access"))))
    return desk.on("accountant")


def _told(desk: Desk, office: Office | None, *, is_on: bool) -> str:
    if office is None:
        return _("%(company)s has no accountant now.") % {"company": desk.account.name}
    told = (
        _("%(office)s is the accountant, and its keys may be used for %(company)s.")
        if is_on
        else _("%(office)s is the accountant, but its keys may not be used for %(company)s.")
    )
    return told % {"office": office, "company": desk.account.name}


def _present(desk: Desk) -> ClientAccess | None:
    rows = ClientAccess.objects.select_related("office__company")
    return rows.filter(company=desk.account.company).first()


def _choosable(desk: Desk) -> QuerySet[Office]:
    return Office.objects.select_related("company").exclude(company=desk.account.company).order_by("name", "pk")


def _chosen(desk: Desk, wanted: str) -> Office | None:
    return _choosable(desk).filter(pk=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 10 else None
