"""My subscription: the add-on Integrations, its terms, and who accepted which of them when."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods

from access import accounts, add_on, terms
from access.admin.company.desk import Desk, of_account
from access.http.admin.question import Question

MOST_LISTED = 50


@require_http_methods(["GET", "HEAD", "POST"])
@of_account("add_on")
def page(desk: Desk) -> HttpResponse:
    """Show what is ordered; an administrator reads the terms and activates."""
    may_order = desk.administers_account or desk.administers_users
    standing = add_on.standing(**desk.account.place)
    error = ""
    if desk.request.method == "POST":
        desk.check(may_order)
        read, accepted = desk.request.POST.get("version"), desk.request.POST.get("accepted")
        if read == terms.CURRENT and accepted:
            return _activate(desk)
        error = (
            _("Read the terms and say that you accept them.")
            if read == terms.CURRENT
            else _("The terms have a new version. Read it before you activate.")
        )
    acceptances = desk.account.acceptances.select_related("accepted_by")[:MOST_LISTED]
    context = {
        "standing": standing,
        "is_current": standing is not None and standing.version == terms.CURRENT,
        "by_office": standing is None
        and desk.account.office is None
        and add_on.is_activated(company=desk.account.company),
        "may_order": may_order,
        "whom_to_ask": [] if may_order else accounts.administrators(desk.account),
        "version": terms.CURRENT,
        "terms": terms.text_of(terms.CURRENT),
        "acceptances": acceptances,
        "error": error,
    }
    return desk.show("add_on", _("My subscription"), context)


@require_http_methods(["GET", "HEAD"])
@of_account("add_on")
def accepted_terms(desk: Desk, pk: int) -> HttpResponse:
    """Show the terms that were accepted once, in the version that they had."""
    found = desk.account.acceptances.select_related("accepted_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    title = _("Terms of the add-on Integrations, version %(version)s") % {"version": found.version}
    return desk.show("accepted_terms", title, {"acceptance": found, "terms": terms.text_of(found.version)})


@require_http_methods(["GET", "HEAD", "POST"])
@of_account("add_on")
def end(desk: Desk) -> HttpResponse:
    """Ask, then end the add-on."""
    desk.check(desk.administers_account or desk.administers_users)
    if desk.request.method == "POST":
        if add_on.deactivate(**desk.account.place):
            messages.success(desk.request, _("The add-on Integrations is deactivated: no new keys can be made here."))
        return desk.to("add_on")
    if add_on.standing(**desk.account.place) is None:
        return desk.to("add_on")
    keys = desk.account.keys.filter(revoked_at=None).exclude(expires_at__lte=timezone.now()).count()
    lead = [_("After this no new keys can be made for %(account)s.") % {"account": desk.account.name}]
    if keys:
        told = ngettext(
            "%(count)s key exists and goes on working until it expires or is revoked.",
            "%(count)s keys exist and go on working until they expire or are revoked.",
            keys,
        )
        lead.append(told % {"count": keys})
    lead.append(_("Who accepted the terms, and when, stays in the list. You can activate the add-on again."))
    question = Question(
        title=_("Deactivate the add-on Integrations?"),
        lead=lead,
        button=pgettext("add-on button", "Deactivate"),
        back_url=desk.url("add_on"),
        is_loss=True,
    )
    return desk.ask(question)


def _activate(desk: Desk) -> HttpResponseRedirect:
    add_on.activate(by=desk.user, **desk.account.place)
    messages.success(desk.request, _("The add-on Integrations is activated. Keys can be made under Employees."))
    return desk.to("add_on")
