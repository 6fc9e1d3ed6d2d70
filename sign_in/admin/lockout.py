"""The page of who is locked out, and the list in which an operator unlocks."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from access.http.address import client_address
from access.http.admin import ReadOnlyAdmin
from sign_in.admin.pages import context, seconds_until
from sign_in.lockout import is_locked, lasts, locked_until, unlock, with_totals
from sign_in.models import FailedSignIn
from sign_in.resetting import can_send


def locked_out(
    request: HttpRequest, _original: HttpResponse | None, credentials: dict[str, Any] | None
) -> HttpResponse:
    """Say when to try again; the library's middleware answers with it."""
    now = timezone.now()
    name = (credentials or {}).get("username")
    until = locked_until(user_name=name, address=client_address(request)) or now + lasts()
    page = context(request, _("Too many tries"), until=until, can_reset=can_send())
    answer = render(request, "sign_in/locked_out.html", page, status=429)
    answer["Retry-After"] = str(seconds_until(until, now))
    answer["Cache-Control"] = "no-store"
    return answer


@admin.register(FailedSignIn)
class FailedSignInAdmin(ReadOnlyAdmin):
    """Names and addresses that wrong passwords and codes came from, lately."""

    list_display = ("user_name", "from_address", "failures", "last_try", "state")
    list_display_links = ("user_name",)
    search_fields = ("username", "ip_address")
    search_help_text = _("Name or address")
    ordering = ("-attempt_time",)
    actions = ("unlock_chosen",)

    @display(description=_("username"), ordering="username")
    def user_name(self, failed: FailedSignIn) -> str:
        """As it was typed."""
        return failed.username or "–"

    @display(description=_("address"), ordering="ip_address")
    def from_address(self, failed: FailedSignIn) -> str:
        """Where from."""
        return failed.ip_address or "–"

    @display(description=_("wrong tries"), ordering="failures_since_start")
    def failures(self, failed: FailedSignIn) -> int:
        """How many there were, with this browser."""
        return int(failed.failures_since_start)

    @display(description=_("last try"), ordering="attempt_time")
    def last_try(self, failed: FailedSignIn) -> Any:
        """When."""
        return failed.attempt_time

    @display(description=_("browser"))
    def browser(self, failed: FailedSignIn) -> str:
        """With what."""
        return failed.user_agent

    @display(description=_("State"), label={"locked": "danger", "counts": "warning", "over": "info"})
    def state(self, failed: Any) -> tuple[str, Any]:
        """Whether the name may be tried from the address."""
        if failed.attempt_time <= timezone.now() - lasts():
            return "over", _("No longer counts")
        locked = is_locked(own_failures=failed.own_failures, address_failures=failed.address_failures)
        return ("locked", _("Locked out")) if locked else ("counts", _("Counts"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With what the state is told from."""
        return with_totals(super().get_queryset(request))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """What helps to tell a mistake from an attack; nothing that was sent."""
        return ("user_name", "from_address", "browser", "failures", "last_try", "state")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Unlocking, for who may."""
        chosen = super(ReadOnlyAdmin, self).get_actions(request)
        return {name: action for name, action in chosen.items() if name == "unlock_chosen"}

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        """Who may delete the failures."""
        return bool(request.user.has_perm("sign_in.delete_failedsignin"))

    @admin.action(description=_("Unlock"), permissions=["unlock"])
    def unlock_chosen(self, request: HttpRequest, queryset: QuerySet[FailedSignIn]) -> HttpResponse | None:
        """Ask first; the page asks back with `confirmed`."""
        pairs = sorted({(row.username or "", row.ip_address or "") for row in queryset})
        if "confirmed" not in request.POST:
            page = {
                **self.admin_site.each_context(request),
                "title": _("Unlock"),
                "opts": self.opts,
                "pairs": pairs,
                "keys": [row.pk for row in queryset],
                "action_checkbox_name": ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(request, "sign_in/unlock.html", page)
        for row in queryset:
            unlock(user_name=row.username, address=row.ip_address)
        count = len(pairs)
        told = ngettext("%(count)s name may be tried again.", "%(count)s names may be tried again.", count)
        messages.success(request, told % {"count": count})
        return None
