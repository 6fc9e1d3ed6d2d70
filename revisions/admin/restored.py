"""After a restored database: what was found, what was done, and what is left to people."""

from typing import cast

from django.contrib import messages
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from access.scope import may_everywhere
from revisions import restoring
from revisions.admin import taking_in
from revisions.aftermath import last_to_show, last_unsettled, look_through
from revisions.messages import what_is_gone
from revisions.taking_in.lacking import lacking

VIEW, CHANGE, VIEW_KEYS = "subscriptions.view_subscription", "subscriptions.change_subscription", "access.view_apikey"


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """What there is to see to; POST notes that it was."""
    if not may_everywhere(request.user, VIEW):
        raise PermissionDenied
    if request.method == "POST":
        return _settle(request)
    restoration = last_to_show()
    found = look_through(restoration) if restoration else None
    context = {
        **site.each_context(request),
        "title": _("Restored from a backup"),
        "found": found,
        "gone": what_is_gone(last=restoration.last_changed_at, lost=restoration.lost_changed_at) if restoration else "",
        "restoration": restoration,
        "lacking": taking_in.shown(lacking()) if restoration else None,
        "taking_in": taking_in.last() if restoration else None,
        "may_settle": may_everywhere(request.user, CHANGE),
        "may_see_keys": may_everywhere(request.user, VIEW_KEYS),
    }
    return TemplateResponse(request, "admin/revisions/restored.html", context)


def _settle(request: HttpRequest) -> HttpResponse:
    if not may_everywhere(request.user, CHANGE):
        raise PermissionDenied
    restoration = last_unsettled()
    if restoration is not None:
        restoring.settle(restoration, by=cast(User, request.user).get_username())
    messages.success(request, _("The restored database is in order."))
    return HttpResponseRedirect(reverse("admin:index"))
