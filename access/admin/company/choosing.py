"""The selector of accounts, and the menu's links, which lead to the account that one works in."""

from collections.abc import Callable
from typing import cast

from django.contrib.admin import site
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from access import accounts
from access.admin.company.desk import remembered, url_of

MOST_SHOWN = 30
LONGEST = 100
# Where the selector may lead; a page of one employee leads to the list of the other account's.
PAGES = ("add_on", "employees", "accountant")


@never_cache
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Find an account by number or name: in the selector, or on a page of its own."""
    text = " ".join(request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    asked = request.GET.get("to", "")
    page = asked if asked in PAGES else PAGES[0]
    found, has_more = accounts.search(cast(User, request.user), text, most=MOST_SHOWN)
    context = {
        "text": text,
        "to": page,
        "found": [(account, url_of(page, account)) for account in found],
        "has_more": has_more,
        "most": MOST_SHOWN,
    }
    if request.headers.get("HX-Request"):
        return TemplateResponse(request, "admin/access/company/accounts_found.html", context)
    title = {"title": _("Choose company or accounting office")}
    return TemplateResponse(
        request, "admin/access/company/choose.html", {**site.each_context(request), **title, **context}
    )


def led_to(page: str) -> Callable[[HttpRequest], HttpResponse]:
    """The menu's link to a page: at the account that one works in, or first to the choice of one."""

    @never_cache
    @require_safe
    def lead(request: HttpRequest) -> HttpResponse:
        account = remembered(request)
        if account is None:
            return HttpResponseRedirect(f"{reverse('account_choose')}?to={page}")
        return HttpResponseRedirect(url_of(page, account))

    return lead
