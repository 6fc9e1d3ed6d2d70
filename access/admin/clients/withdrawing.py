"""Taking away from many clients what a key, or every key, may do for them; asked first, and undone with one click."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.admin.clients import undo
from access.admin.clients.choosing import Chosen, SeveralOffices, chosen_in, keys_with_access, shown
from access.exceptions import AccessError
from access.grants import withdraw_clients
from access.models import ApiKey, ClientAccess
from access.outlook import templates_before
from access.undoing import Done, done

WITHDRAW = "withdraw"


def withdraw(request: HttpRequest) -> HttpResponse:
    """Ask whose access, and take it away."""
    back = reverse("admin:access_clientaccess_changelist")
    try:
        chosen = chosen_in(request)
    except SeveralOffices:
        messages.warning(request, _("Choose clients of one accounting office at a time."))
        return HttpResponseRedirect(back)
    keys = keys_with_access(chosen)
    error = ""
    if request.method == "POST" and WITHDRAW in request.POST:
        wanted = [key for key in keys if str(key.pk) in request.POST.getlist("keys")]
        if wanted:
            try:
                return _withdraw(request, chosen, wanted, back)
            except AccessError as refused:
                error = str(refused)
        else:
            error = _("Choose at least one key.")
    context = {
        **site.each_context(request),
        "opts": ClientAccess._meta,
        "title": _("Withdraw client access?"),
        "chosen": chosen,
        "keys": [(key, shown(key), getattr(key, "granted", 0)) for key in keys],
        "error": error,
        "back_url": back,
    }
    return TemplateResponse(request, "admin/access/clients/withdraw.html", context)


def _withdraw(request: HttpRequest, chosen: Chosen, keys: Sequence[ApiKey], back: str) -> HttpResponse:
    companies = [access.company for access in chosen.accesses]
    user: Any = request.user
    what: list[Done] = []
    with transaction.atomic():
        for key in keys:
            before = {pk: had.pk for pk, had in templates_before(key, [one.pk for one in companies]).items()}
            taken = withdraw_clients(key=key, companies=companies, by=user)
            what.append(done(key, before=before, companies=taken, after=None))
    count = sum(len(one.steps) for one in what)
    text = ngettext(
        "%(keys)s: %(count)s client access is withdrawn.", "%(keys)s: %(count)s client accesses are withdrawn.", count
    )
    names = ", ".join(shown(key) for key in keys)
    undo.keep(request, what, text % {"keys": names, "count": number_format(count, force_grouping=True)})
    return HttpResponseRedirect(back)
