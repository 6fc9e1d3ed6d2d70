"""API keys: the overview, one key's page with its rights, a new text for it, revoking it, and why it may or may not."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from unfold.decorators import display

from access import key_rights
from access.accounts import ADMINISTER_USERS
from access.admin import key_why
from access.admin.clients.choosing import ADMINISTER
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
        "owner",
        "rights",
        "clients",
        "last_used_at",
        "expires",
        "state",
    )
    list_filter = ("kind", "rights", ("application", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("application", "owner", "office__company", "company")
    search_fields = ("name", "public_id", "application__name", "owner__username", "office__name", "company__number")
    list_before_template = "admin/access/apikey/where_new.html"
    change_form_outer_before_template = "admin/access/apikey/summary.html"
    actions = ("revoke_chosen",)

    # What one may see and do

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """The keys that the reader may know of, with how many clients each has and its old texts that still work."""
        granted = ClientGrant.objects.filter(key=OuterRef("pk")).order_by().values("key")
        counted = granted.annotate(count=Count("pk")).values("count")
        still = ReplacedSecret.objects.filter(works_until__gt=timezone.now()).order_by("-works_until")
        found = key_rights.visible_keys(cast(User, request.user)).select_related(*self.list_select_related)
        found = found.annotate(client_count=Coalesce(Subquery(counted), 0))
        return found.prefetch_related(Prefetch("replaced_secrets", still, to_attr="old_texts"))

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Not by what is kept of its text: who tries beginnings would read it letter by letter."""
        return not lookup.startswith("digest") and bool(super().lookup_allowed(lookup, value, request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """For whoever has keys, or looks after some."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Of one's own keys, and those that one looks after."""
        user = request.user
        if not isinstance(user, User):
            return False
        if obj is not None:
            is_found = obj.pk is None or obj in self._found(request).values()
            return is_found or key_rights.visible_keys(user).filter(pk=obj.pk).exists()
        rights = (key_rights.VIEW, key_rights.CHANGE, ADMINISTER_USERS)
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

    def has_handle_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may revoke keys in the list; of which, the action itself sees to."""
        return self.has_view_permission(request)

    def _handles(self, request: HttpRequest, key: ApiKey) -> bool:
        known: dict[int, bool] = request.__dict__.setdefault("_handled_keys", {})
        if key.pk not in known:
            known[key.pk] = key_rights.handles(cast(User, request.user), key)
        return known[key.pk]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> ApiKey | None:
        """A key that the reader may know of, read once a request."""
        found = self._found(request)
        if object_id not in found:
            is_number = object_id.isdecimal() and len(object_id) < 19
            found[object_id] = self.get_queryset(request).filter(pk=int(object_id)).first() if is_number else None
        return found[object_id]

    def _found(self, request: HttpRequest) -> dict[str, ApiKey | None]:
        kept: dict[str, ApiKey | None] = request.__dict__.setdefault("_found_keys", {})
        return kept

    def _get(self, request: HttpRequest, object_id: str, *, to_handle: bool = True) -> ApiKey:
        """A key that the reader may know of, or a 404; and handle, or a 403."""
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        if to_handle and not self._handles(request, found):
            raise PermissionDenied
        return found

    def get_urls(self) -> list[Any]:
        """With the pages of what is done with one key."""
        pages = (("restore", self.restore), ("end-old", self.end_old), ("why", self.why), ("revoke", self.revoke))
        own = [
            path(
                f"<str:object_id>/{route}/",
                self.admin_site.admin_view(view),
                name=f"access_apikey_{route.replace('-', '_')}",
            )
            for route, view in pages
        ]
        return [*own, *super().get_urls()]

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

    @display(description=_("expires"), ordering="expires_at")
    def expires(self, key: ApiKey) -> str:
        """The last day on which it works."""
        return "–" if key.expires_at is None else date_format(timezone.localtime(key.expires_at), "SHORT_DATE_FORMAT")

    @display(description=_("clients"), ordering="client_count")
    def clients(self, key: ApiKey) -> str:
        """How many clients an office's key is for."""
        return column(cast(Any, key).client_count, 0) if key.kind == KeyKind.OFFICE else "–"

    @display(description=_("Rights"))
    def rights_told(self, key: ApiKey) -> SafeString | str:
        """What was chosen, a line for each register."""
        if key.rights == KeyRights.ALL:
            return str(KeyRights.ALL.label)
        if not hasattr(key, "lines_of_rights"):
            # Asked for several times while a page is rendered
            key.lines_of_rights = names_of(key.permissions.select_related("content_type"))  # type: ignore[attr-defined]
        lines: list[str] = cast(Any, key).lines_of_rights
        return format_html_join("", '<div class="rights-line">{}</div>', ((line,) for line in lines)) or gettext("None")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What may be changed, and the rights; whose and of what a key is never changes."""
        own = ["name", "expires_at", "allowed_networks"]
        if obj is not None and not self.has_change_permission(request, obj):
            return [(None, {"fields": own}), (_("Rights"), {"fields": ["rights_told"]})]
        return [(None, {"fields": own}), (_("Rights"), {"fields": ["rights", "permissions"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        """For whoever may only look, the rights in words."""
        return ["rights_told"]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the key's facts, and what may be done with it, above the form."""
        key = self._get(request, unquote(object_id), to_handle=False)
        context = {
            "key": key,
            "facts": list(self._facts(key)),
            "state": key.state(at=timezone.now()),
            "old_key": _old_key(key),
            "is_handled": key.revoked_at is None and self._handles(request, key),
            "asked_for": self._asked_for(key),
            "clients_url": self._clients_url(request, key),
            "show_save_and_add_another": False,
            "has_add_permission": False,
            **(extra_context or {}),
        }
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def _facts(self, key: ApiKey) -> Iterator[tuple[Any, Any]]:
        yield _("Application"), key.application
        yield _("Kind"), key.get_kind_display()
        yield _("Of"), key_rights.place_of(key).name or _("The whole installation")
        yield _("Owner"), key.owner.get_full_name() or key.owner.get_username()
        if key.kind == KeyKind.OFFICE:
            yield _("Clients"), number_format(cast(Any, key).client_count, force_grouping=True)
        yield _("Last used"), "–" if key.last_used_at is None else _moment(key.last_used_at)
        yield _("Made"), _moment(key.created_at)
        if key.revoked_at is not None:
            yield _("Revoked"), _moment(key.revoked_at)
        yield _("Public id"), key.public_id

    def _clients_url(self, request: HttpRequest, key: ApiKey) -> str:
        """Where an office's key gets its clients, for who may give them."""
        if key.kind != KeyKind.OFFICE or key.revoked_at is not None or key.office is None:
            return ""
        if not cast(User, request.user).has_perm(ADMINISTER, key.office):
            return ""
        return f"{reverse('admin:access_clientaccess_changelist')}?office={key.office.company.number}"

    def _asked_for(self, key: ApiKey) -> str:
        """What its application asks for, for the button that ticks those."""
        return ",".join(str(pk) for pk in key.application.permissions.order_by("pk").values_list("pk", flat=True))

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any
    ) -> type[ModelForm[Any]]:
        """The form, told who fills it in."""
        may_change = obj is None or self.has_change_permission(request, obj)
        base = type("KeyForm", (KeyForm,), {"by": request.user}) if may_change else ModelForm
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
            "title": _("Replace key"),
            "opts": self.opts,
            "original": key,
            "key": key,
            "form": form,
            "is_revoked": key.revoked_at is not None,
            "back_url": self._url("change", key.pk),
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/access/apikey/restore.html", context, status=status)

    def end_old(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask; then let the present text alone work."""
        key = self._get(request, object_id)
        told = _old_key(key)
        if request.method == "POST" or not told:
            if request.method == "POST" and end_grace(key=key):
                self.message_user(request, _("The old key doesn't work any more."), messages.SUCCESS)
            return HttpResponseRedirect(self._url("change", key.pk))
        context = {
            **self.admin_site.each_context(request),
            "title": _("End the old key now?"),
            "opts": self.opts,
            "key": key,
            "old_key": told,
            "back_url": self._url("change", key.pk),
        }
        return TemplateResponse(request, "admin/access/apikey/end_old.html", context)

    # Why

    def why(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Each factor of what the key may do for a company, and which one says no."""
        return key_why.page(request, self._get(request, object_id, to_handle=False))

    # Revoking

    @admin.action(description=_("Revoke the chosen keys"), permissions=["handle"])
    def revoke_chosen(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> HttpResponse | None:
        """Ask first; the page asks back with `confirmed`."""
        chosen = [key for key in queryset if self._handles(request, key)]
        if not chosen:
            self.message_user(request, _("You may revoke none of the chosen keys."), messages.WARNING)
            return None
        if "confirmed" not in request.POST:
            return self._ask_to_revoke(request, chosen)
        self._revoke(request, chosen)
        return None

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


def _old_key(key: ApiKey) -> str:
    """Whether an old text works beside the present one, and whether it is in use."""
    found: list[ReplacedSecret] = getattr(key, "old_texts", [])
    if not found:
        return ""
    until = _moment(found[0].works_until)
    used = max((one.last_used_at for one in found if one.last_used_at), default=None)
    if used is None:
        return gettext("It works until %(until)s, and was not used since it was replaced.") % {"until": until}
    told = gettext(
        "It works until %(until)s, and was last used %(used)s: the integration doesn't have the new one yet."
    )
    return told % {"until": until, "used": _moment(used)}
