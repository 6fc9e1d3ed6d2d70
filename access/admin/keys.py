"""API keys: the overview, one key's page with its rights, a new text for it, revoking it, and why it may or may not."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.db.models import Count, Model, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from access import key_rights
from access.admin import key_why
from access.admin.key_forms import InstallationKeyForm, KeyForm, RestoreForm
from access.admin.key_making import make_from, new_key_page
from access.admin.key_shown import show_once
from access.admin.rights_table import names_of
from access.exceptions import AccessError
from access.http.admin import RegisterAdmin
from access.http.admin.amounts import column
from access.key_rights import Place
from access.models import ApiKey, ClientGrant, KeyKind, KeyRights, KeyState, ReplacedSecret
from access.services import end_grace, restore_key, revoke_key

FACTS = (
    "application",
    "kind",
    "place",
    "owner",
    "state",
    "clients",
    "public_id",
    "created_at",
    "last_used_at",
    "old_key",
    "revoked_at",
)


@admin.register(ApiKey)
class ApiKeyAdmin(RegisterAdmin):
    """Keys are made and revoked, never deleted: what they did stays traceable.

    People see their own keys and those of places where they look after keys (`access.key_rights`).
    """

    known_refusals: ClassVar[tuple[type[Exception], ...]] = (AccessError,)
    list_display = (
        "name",
        "application",
        "kind",
        "place",
        "owner",
        "rights",
        "clients",
        "last_used_at",
        "expires_at",
        "state",
    )
    list_filter = ("kind", "rights", ("application", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("application", "owner", "office", "company")
    search_fields = ("name", "public_id", "application__name", "owner__username")
    list_before_template = "admin/access/apikey/where_new.html"
    actions = ("revoke_chosen",)
    actions_detail = ("restore", "end_old", "why", "revoke")
    change_form_show_cancel_button = True

    # What one may see and do

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """The keys that the reader may know of, with how many clients each has and its old texts that still work."""
        granted = ClientGrant.objects.filter(key=OuterRef("pk")).order_by().values("key")
        counted = granted.annotate(count=Count("pk")).values("count")
        still = ReplacedSecret.objects.filter(works_until__gt=timezone.now()).order_by("-works_until")
        found = key_rights.visible_keys(cast(User, request.user)).select_related(*self.list_select_related)
        found = found.annotate(client_count=Coalesce(Subquery(counted), 0))
        return found.prefetch_related(Prefetch("replaced_secrets", still, to_attr="old_texts"))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """For whoever has keys, or looks after some."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Of one's own keys, and those that one looks after."""
        user = cast(User, request.user)
        if obj is not None:
            return obj.pk is None or key_rights.visible_keys(user).filter(pk=obj.pk).exists()
        rights = (key_rights.VIEW, key_rights.CHANGE, key_rights.ADMINISTER)
        return any(user.has_perm(right) for right in rights) or user.api_keys.exists()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Keys of the whole installation are made here, by superusers; those of a place on its employees' pages."""
        return bool(request.user.is_active and request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Of one's own keys, and those that one looks after; nothing of a revoked one."""
        if not isinstance(obj, ApiKey):
            return self.has_view_permission(request)
        return obj.revoked_at is None and self._handles(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes a key."""
        return False

    def has_handle_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether somebody may restore and revoke a key; what they may not know of is a 404 further on."""
        found = self._find(request, obj) if obj is not None else None
        return found is None or self._handles(request, found)

    def _handles(self, request: HttpRequest, key: ApiKey) -> bool:
        known: dict[int, bool] = request.__dict__.setdefault("_handled_keys", {})
        if key.pk not in known:
            known[key.pk] = key_rights.handles(cast(User, request.user), key)
        return known[key.pk]

    def _find(self, request: HttpRequest, object_id: Any) -> ApiKey | None:
        text = unquote(str(object_id))
        known: dict[str, ApiKey | None] = request.__dict__.setdefault("_found_keys", {})
        if text not in known:
            is_number = text.isdecimal() and len(text) < 19
            known[text] = self.get_queryset(request).filter(pk=int(text)).first() if is_number else None
        return known[text]

    def _get(self, request: HttpRequest, object_id: Any) -> ApiKey:
        found = self._find(request, object_id)
        if found is None:
            raise Http404
        return found

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

    @display(description=_("is of"))
    def place(self, key: ApiKey) -> str:
        """The office or company that it is of."""
        return key_rights.place_of(key).name or gettext("The whole installation")

    @display(description=_("clients"), ordering="client_count")
    def clients(self, key: ApiKey) -> str:
        """How many clients an office's key is for."""
        return column(cast(Any, key).client_count, 0) if key.kind == KeyKind.OFFICE else "–"

    @display(description=_("old key"))
    def old_key(self, key: ApiKey) -> str:
        """Whether an old text works beside the present one, and whether it is in use."""
        found: list[ReplacedSecret] = getattr(key, "old_texts", [])
        if not found:
            return "–"
        until = _moment(found[0].works_until)
        used = max((one.last_used_at for one in found if one.last_used_at), default=None)
        if used is None:
            return gettext("Works until %(until)s; not used since it was replaced") % {"until": until}
        return gettext("Works until %(until)s; last used %(used)s") % {"until": until, "used": _moment(used)}

    @display(description=_("Rights"))
    def rights_told(self, key: ApiKey) -> SafeString | str:
        """What was chosen, a line for each register."""
        if key.rights == KeyRights.ALL:
            return str(KeyRights.ALL.label)
        lines = names_of(key.permissions.select_related("content_type"))
        return format_html_join("", '<div class="rights-line">{}</div>', ((line,) for line in lines)) or gettext("None")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What may be changed, the rights, and what the system keeps."""
        facts = [name for name in FACTS if name != "old_key" or getattr(obj, "old_texts", None)]
        if obj is not None and not self.has_change_permission(request, obj):
            own = ["name", "rights_told", "expires_at", "allowed_networks"]
            return [(None, {"fields": own}), (_("The key"), {"fields": facts})]
        return [
            (None, {"fields": ["name", "expires_at", "allowed_networks"]}),
            (_("Rights"), {"fields": ["rights", "permissions"]}),
            (_("The key"), {"fields": facts}),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        """Whose and of what a key is never changes."""
        return [*FACTS, "rights_told"]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any
    ) -> type[ModelForm[Any]]:
        """The form, told who fills it in."""
        base = type("KeyForm", (KeyForm,), {"by": request.user})
        return super().get_form(request, obj, change, form=base, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """Save what is said of the key; its rights are set by the service."""
        obj.save(update_fields=[name for name in ("name", "expires_at", "allowed_networks") if name in form.fields])

    def save_related(self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: bool) -> None:
        """Set the rights."""
        if {"rights", "permissions"} & set(form.changed_data):
            key_rights.set_rights(
                key=form.instance,
                by=cast(User, request.user),
                rights=KeyRights(form.cleaned_data["rights"]),
                permissions=form.cleaned_data["permissions"],
            )

    # Making a key of the whole installation

    @sensitive_variables()
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form of a new key; its text answers the form itself, so that no address leads to it again."""
        if not self.has_add_permission(request):
            raise Http404
        user = cast(User, request.user)
        form = InstallationKeyForm(request.POST or None, owner=user, place=Place())
        if form.is_valid():
            made = make_from(form, by=user, owner=form.cleaned_data["owner"])
            if made is not None:
                return show_once(request, key=made[0], text=made[1], next_url=self._next(made[0]))
        return new_key_page(request, form, back_url=self._url("changelist"))

    def _next(self, key: ApiKey) -> str:
        return self._url("change", key.pk) if key.rights == KeyRights.NONE else self._url("changelist")

    # A new text

    @action(description=_("Restore key"), url_path="restore", permissions=("handle",))
    @sensitive_variables()
    def restore(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask when the old text ends; the new one is shown once."""
        key = self._get(request, object_id)
        form = RestoreForm(request.POST if request.method == "POST" else None, key=key)
        if key.revoked_at is None and form.is_valid():
            values = form.cleaned_data
            try:
                text = restore_key(key=key, by=cast(User, request.user), **values)
            except AccessError as refused:
                form.add_error(None, str(refused))
            else:
                grace = values["grace"]
                next_url = self._url("change", key.pk)
                until = timezone.now() + grace if grace else None
                return show_once(
                    request, key=key, text=text, next_url=next_url, is_restored=True, old_works_until=until
                )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Restore key"),
            "opts": self.opts,
            "original": key,
            "key": key,
            "form": form,
            "is_revoked": key.revoked_at is not None,
            "back_url": self._url("change", key.pk),
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/access/apikey/restore.html", context, status=status)

    @action(description=_("End the old key now"), url_path="end-old", permissions=("handle", "old"))
    def end_old(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask; then let the present text alone work."""
        key = self._get(request, object_id)
        if request.method == "POST":
            if end_grace(key=key):
                self.message_user(request, _("The old key doesn't work any more."), messages.SUCCESS)
            return HttpResponseRedirect(self._url("change", key.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": _("End the old key now?"),
            "opts": self.opts,
            "key": key,
            "old_key": self.old_key(key),
            "back_url": self._url("change", key.pk),
        }
        return TemplateResponse(request, "admin/access/apikey/end_old.html", context)

    def has_old_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether there is an old text that works; of a key that nobody may know of a 404 further on."""
        found = self._find(request, obj) if obj is not None else None
        return found is None or bool(getattr(found, "old_texts", None))

    # Why

    @action(description=_("Why?"), url_path="why")
    def why(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Each factor of what the key may do for a company, and which one says no."""
        return key_why.page(request, self._get(request, object_id))

    # Revoking

    @admin.action(description=_("Revoke the chosen keys"), permissions=["handle"])
    def revoke_chosen(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        """Ask first; the page asks back with `confirmed`."""
        chosen = [key for key in queryset if self._handles(request, key)]
        if not chosen:
            self.message_user(request, _("None of the chosen keys is yours to revoke."), messages.WARNING)
            return None
        if "confirmed" not in request.POST:
            return self._ask_to_revoke(request, chosen)
        self._revoke(request, chosen)
        return None

    @action(description=_("Revoke"), url_path="revoke", permissions=("handle",), variant=ActionVariant.DANGER)
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask first: the button is a link, and a link changes nothing."""
        chosen = [self._get(request, object_id)]
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


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")
