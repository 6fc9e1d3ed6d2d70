"""Taking back what was granted or withdrawn last."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access import undoing
from access.admin.clients.choosing import ADMINISTER
from access.exceptions import AccessError
from access.http.admin.question import Question, ask
from access.models import ClientAccess
from access.undoing import Done

KEPT = "client_access_done"  # numbers of keys, companies and templates; nothing secret


def keep(request: HttpRequest, what: Sequence[Done], told: str) -> None:
    """Remember what was done, and tell it with the way to take it back."""
    what = [one for one in what if one.steps]
    request.session[KEPT] = [one.as_json() for one in what]
    if not what:
        messages.info(request, told)
        return
    address = reverse("admin:access_clientaccess_undo")
    messages.success(request, format_html('{} <a class="row-link" href="{}">{}</a>', told, address, _("Undo")))


def undo(request: HttpRequest) -> HttpResponse:
    """Ask, then put back what was before."""
    if not request.user.has_perm(ADMINISTER):
        raise PermissionDenied
    back = reverse("admin:access_clientaccess_changelist")
    what = [Done.from_json(one) for one in request.session.get(KEPT, [])]
    if not what:
        return ask(request, Question(title=_("There is nothing to undo."), back_url=back), ClientAccess)
    if request.method == "POST":
        return _undo(request, what, back)
    return ask(request, _question(what, back), ClientAccess)


def _question(what: Sequence[Done], back: str) -> Question:
    steps = [step for one in what for step in one.steps]
    told: list[tuple[str, Sequence[int]]] = [
        (_("lose their access again"), [sum(before is None for _company, before, _after in steps)]),
        (
            _("get the access template back that they had"),
            [sum(before is not None and after is not None for _company, before, after in steps)],
        ),
        (_("get their access back"), [sum(after is None for _company, _before, after in steps)]),
    ]
    return Question(
        title=_("Undo what was done last?"),
        back_url=back,
        button=_("Undo"),
        lead=[_("What somebody has changed since stays as it is.")],
        headings=[_("What happens"), _("Clients")],
        lines=[line for line in told if line[1] != [0]],
    )


def _undo(request: HttpRequest, what: Sequence[Done], back: str) -> HttpResponse:
    user: Any = request.user
    try:
        count = undoing.undo(what=what, by=user)
    except AccessError as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(back)
    del request.session[KEPT]
    text = ngettext("Undone for %(count)s client.", "Undone for %(count)s clients.", count)
    messages.success(request, text % {"count": number_format(count, force_grouping=True)})
    return HttpResponseRedirect(back)
