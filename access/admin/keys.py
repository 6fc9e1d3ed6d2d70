"""API keys: the overview, making one (its text is shown once), revoking."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from access.admin.forms import KeyForm, NewKeyForm
from access.admin.permissions import ChoosesRights
from access.http.admin import RegisterAdmin
from access.models import ApiKey, KeyRights, KeyState
from access.services import create_key, default_expiry, revoke_key

FIRST_FIELDS = ["application", "owner", "name", "kind", "rights", "expires_at"]
HISTORY = ["public_id", "state", "created_at", "last_used_at", "revoked_at"]


@admin.register(ApiKey)
class ApiKeyAdmin(ChoosesRights, RegisterAdmin):
    """Keys are made and revoked, never deleted: what they did stays traceable."""

    list_display = [
        "name",
        "application",
        "kind",
        "owner",
        "rights",
        "last_used_at",
        "expires_at",
        "state",
    ]
    list_filter = ["kind", "rights", ("application", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["application", "owner"]
    search_fields = ["name", "public_id", "application__name", "owner__username"]
    autocomplete_fields = ["application", "owner"]
    actions = ["revoke_chosen"]
    actions_detail = ["revoke"]

    # The overview and one key's page

    @display(
        description=_("State"),
        label={
            KeyState.ACTIVE.label: "success",
            KeyState.EXPIRED.label: "warning",
            KeyState.OWNER_INACTIVE.label: "warning",
            KeyState.REVOKED.label: "danger",
        },
    )
    def state(self, key: ApiKey) -> str:
        """Whether the key opens anything now."""
        return str(key.state(at=timezone.now()).label)

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Sequence[str]:
        """Show what the system keeps once there is a key."""
        if obj is None:
            return FIRST_FIELDS
        chosen = [] if obj.rights == KeyRights.ALL else ["permissions"]
        return [*FIRST_FIELDS, *chosen, *HISTORY]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        """Let a key's name, expiry and chosen permissions change, nothing else."""
        if obj is None:
            return []
        return ["application", "owner", "kind", "rights", *HISTORY]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any
    ) -> type[ModelForm[Any]]:
        """Use the form for a new key or for an old one."""
        base = KeyForm if change else type("NewKeyForm", (NewKeyForm,), {"creator": request.user})
        return super().get_form(request, obj, change, form=base, **options)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Propose the key's maker as its owner, and a year."""
        return {"owner": request.user.pk, "expires_at": default_expiry()}

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes a key."""
        return False

    # Making a key

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Offer one button: the key's text must be seen before anything else is done."""
        buttons = {"show_save_and_continue": False, "show_save_and_add_another": False}
        page: HttpResponse = super().add_view(request, form_url, {**(extra_context or {}), **buttons})
        return page

    @sensitive_variables("text")
    def save_model(self, request: HttpRequest, obj: ApiKey, form: ModelForm[ApiKey], change: bool) -> None:
        """Make the key by the service, or save an old one's fields."""
        if change:
            super().save_model(request, obj, form, change)
            return
        key, text = create_key(**form.cleaned_data)
        obj.pk, obj.public_id = key.pk, key.public_id
        # On the request, which ends with this answer; a message would be kept in the session.
        request.key_text = text  # type: ignore[attr-defined]

    @sensitive_variables()
    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """Answer the POST itself with the key, so that no address leads to it again."""
        page = "change" if obj.rights == KeyRights.NONE else "changelist"
        arguments = [obj.pk] if obj.rights == KeyRights.NONE else []
        context = {
            **self.admin_site.each_context(request),
            "title": _("Your new API key"),
            "opts": self.opts,
            "key": obj,
            "key_text": request.key_text,  # type: ignore[attr-defined]
            "next_url": reverse(f"admin:access_apikey_{page}", args=arguments),
        }
        return TemplateResponse(request, "admin/access/apikey/shown_once.html", context)

    # Revoking

    @admin.action(description=_("Revoke the chosen keys"), permissions=["change"])
    def revoke_chosen(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        """Ask first; the page asks back with `confirmed`."""
        if "confirmed" not in request.POST:
            return self._ask_to_revoke(request, queryset)
        self._revoke(request, queryset)
        return None

    @action(
        description=_("Revoke"),
        url_path="revoke",
        permissions=["change"],
        variant=ActionVariant.DANGER,
    )
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first: the button is a link, and a link changes nothing."""
        chosen = self.get_queryset(request).filter(pk=object_id)
        if not chosen:
            raise Http404
        if request.method != "POST":
            return self._ask_to_revoke(request, chosen)
        self._revoke(request, chosen)
        return HttpResponseRedirect(reverse("admin:access_apikey_change", args=[object_id]))

    def _ask_to_revoke(self, request: HttpRequest, chosen: Iterable[ApiKey]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("Revoke API keys?"),
            "opts": self.opts,
            "keys": chosen,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/access/apikey/revoke.html", context)

    def _revoke(self, request: HttpRequest, chosen: Iterable[ApiKey]) -> None:
        count = 0
        for key in chosen:
            if revoke_key(key=key):
                count += 1
                self.log_change(request, key, str(_("Revoked.")))
        text = ngettext("%(count)d key is revoked.", "%(count)d keys are revoked.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)
