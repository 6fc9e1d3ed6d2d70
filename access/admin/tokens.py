"""Access tokens that work now, and ending them."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from access.http.admin import ReadOnlyAdmin
from access.models import AccessToken
from access.tokens import live_tokens, revoke_token


@admin.register(AccessToken)
class AccessTokenAdmin(ReadOnlyAdmin):
    """Whose tokens open the time API, since when and until when; nothing of their text."""

    list_display = ("whose", "given_for", "created_at", "expires_at", "from_address")
    list_display_links = ("whose",)
    list_select_related = ("user", "key__owner")
    search_fields = ("user__username", "key__name", "key__public_id", "key__owner__username")
    ordering = ("-created_at", "-pk")
    actions = ("revoke_chosen",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those whose time has not passed."""
        return super().get_queryset(request).filter(pk__in=live_tokens().order_by().values("pk"))

    @display(description=_("Person"), ordering="user__username")
    def whose(self, token: AccessToken) -> str:
        """The user, or the key's owner."""
        return str(token.user if token.key is None else token.key.owner)

    @display(description=_("Given for"))
    def given_for(self, token: AccessToken) -> str:
        """A password, or which key."""
        return str(_("password") if token.key is None else token.key)

    @display(description=_("address"), ordering="address")
    def from_address(self, token: AccessToken) -> str:
        """Where it was asked for."""
        return token.address or "–"

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """The same."""
        return self.list_display

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Revoking, for who may."""
        chosen = super(ReadOnlyAdmin, self).get_actions(request)
        return {name: action for name, action in chosen.items() if name == "revoke_chosen"}

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Who may delete tokens."""
        return bool(request.user.has_perm("access.delete_accesstoken"))

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke_chosen(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> HttpResponse | None:
        """Ask first; the page asks back with `confirmed`."""
        chosen = [token for token in queryset if request.user.has_perm("access.delete_accesstoken", token)]
        if "confirmed" not in request.POST:
            page = {
                **self.admin_site.each_context(request),
                "title": _("Revoke access tokens?"),
                "opts": self.opts,
                "chosen": [(self.whose(token), self.given_for(token)) for token in chosen],
                "keys": [token.pk for token in chosen],
                "action_checkbox_name": ACTION_CHECKBOX_NAME,
            }
            return TemplateResponse(request, "admin/access/revoke_tokens.html", page)
        count = sum(revoke_token(token=token) for token in chosen)
        told = ngettext("%(count)s access token is revoked.", "%(count)s access tokens are revoked.", count)
        messages.success(request, told % {"count": count})
        return None
