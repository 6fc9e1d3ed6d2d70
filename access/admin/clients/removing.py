"""Ending that an office keeps companies' books; asked first."""

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access import scope
from access.admin.clients.choosing import FIELD, MOST_CHOSEN, clients_of
from access.clients import remove_client
from access.http.admin.confirmation import Confirmation, ask_about_form, is_confirmed
from access.models import ClientAccess, ClientGrant

REMOVE = "access.delete_clientaccess"
MOST_NAMED = 50


def remove(request: HttpRequest) -> HttpResponse:
    """Ask, then end it for all of them or for none."""
    back = reverse("admin:access_clientaccess_changelist")
    chosen = _chosen(request)
    if is_confirmed(request):
        with transaction.atomic():
            for access in chosen:
                remove_client(office=access.office, company=access.company)
        text = ngettext(
            "%(count)s client is removed from its accounting office.",
            "%(count)s clients are removed from their accounting office.",
            len(chosen),
        )
        messages.success(request, text % {"count": number_format(len(chosen), force_grouping=True)})
        return HttpResponseRedirect(back)
    return ask_about_form(request, _question(request, chosen, back), ClientAccess)


def _chosen(request: HttpRequest) -> Sequence[ClientAccess]:
    given = request.POST.get(FIELD) or request.GET.get("ids", "")
    keys = [int(key) for key in given.split(",")[:MOST_CHOSEN] if key.isdecimal() and len(key) < 19]
    found = clients_of(request.user).filter(pk__in=keys).select_related("company", "office")
    every = list(found.order_by("company__number"))
    if not every:
        raise Http404
    if scope.within(found, request.user, REMOVE).count() < len(every):
        raise PermissionDenied
    return every


def _question(request: HttpRequest, chosen: Sequence[ClientAccess], back: str) -> Confirmation:
    companies = [access.company_id for access in chosen]
    grants = ClientGrant.objects.filter(company__in=companies, key__office__in={access.office_id for access in chosen})
    counts = grants.aggregate(grants=Count("pk"), keys=Count("key", distinct=True))
    names = [str(access.company) for access in chosen[:MOST_NAMED]]
    if len(chosen) > MOST_NAMED:
        more = len(chosen) - MOST_NAMED
        names.append(ngettext("%(count)s more", "%(count)s more", more) % {"count": number_format(more)})
    return Confirmation(
        title=ngettext("Remove %(count)s client?", "Remove %(count)s clients?", len(chosen))
        % {"count": number_format(len(chosen), force_grouping=True)},
        lead=[
            _("The office's people and keys can no longer reach these companies from this moment."),
            ngettext(
                "What %(keys)s key was granted for them goes as well and doesn't come back with the client.",
                "What %(keys)s keys were granted for them goes as well and doesn't come back with the client.",
                counts["keys"],
            )
            % {"keys": number_format(counts["keys"])}
            if counts["grants"]
            else _("No key has been granted anything for them."),
        ],
        lists=[(_("Clients"), names)],
        button=_("Remove"),
        back_url=back,
        is_loss=True,
        address=request.get_full_path() if "ids" in request.GET else reverse("admin:access_clientaccess_remove"),
    )
