"""Kunde → Kunde/leverandør: an office's clients, and what may be done with many of them at once."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Exists, Max, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from access.admin.clients import choosing, granting, one_client, removing, undo, withdrawing
from access.admin.clients.choosing import clients_of, offices_with, shown
from access.exceptions import AccessError
from access.http.admin import RegisterAdmin
from access.http.admin.amounts import column
from access.http.admin.moments import moment
from access.http.admin.paginator import MOST_COUNTED, BoundedPaginator
from access.http.admin.question import MOST_AT_ONCE, with_ids
from access.models import ApiKey, ClientAccess, ClientGrant

BUTTONS = {"client_access": "grant_chosen", "withdraw_access": "withdraw_chosen"}


class CountedPaginator(BoundedPaginator):
    """An office has thousands of clients at most, and who marks all of them wants to know how many that is."""

    bound = MOST_COUNTED


class KeyFilter(DropdownFilter):
    """Clients that a given key has access to, or hasn't."""

    title = _("API key")
    parameter_name = "key"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Each key of the reader's offices, twice."""
        offices = offices_with(request.user, choosing.VIEW)
        keys = ApiKey.objects.filter(office__in=offices).unrevoked().select_related("application")
        found: list[tuple[str, Any]] = [("none", _("no key has access"))]
        for key in keys.order_by("application__name", "name", "pk"):
            found.append((f"with-{key.pk}", _("%(key)s has access") % {"key": shown(key)}))
            found.append((f"without-{key.pk}", _("%(key)s has no access") % {"key": shown(key)}))
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep them."""
        which, _dash, key = str(self.value() or "").partition("-")
        grants = _grants().filter(key__revoked_at=None)
        if which == "none":
            return queryset.filter(~Exists(grants))
        if which not in {"with", "without"} or not key.isdecimal() or len(key) > 18:
            return queryset
        has = Exists(grants.filter(key=int(key)))
        return queryset.filter(has if which == "with" else ~has)


class SwitchFilter(DropdownFilter):
    """Clients that let the office's keys in, or don't."""

    title = _("API access")
    parameter_name = "api_access"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """On or off."""
        return [("on", _("on")), ("off", _("off"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep them."""
        return queryset.filter(api_access=self.value() == "on") if self.value() in {"on", "off"} else queryset


class OfficeFilter(DropdownFilter):
    """Clients of one office, for who may see those of several."""

    title = _("accounting office")
    parameter_name = "office"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The offices, unless there is but one."""
        offices = list(offices_with(request.user, choosing.VIEW).select_related("company")[:200])
        return [(office.company.number, str(office)) for office in offices] if len(offices) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep them."""
        return queryset.filter(office__company__number=self.value()) if self.value() else queryset


@admin.register(ClientAccess)
class ClientAccessAdmin(RegisterAdmin):
    """Clients are added and removed at their office's page; here is decided what keys may do for them."""

    known_refusals: ClassVar[tuple[type[Exception], ...]] = (AccessError,)
    paginator = CountedPaginator
    list_display = ("number", "name", "organisation_number", "switch", "keys_count", "last_used")
    list_display_links = ("number",)
    list_filter = (KeyFilter, SwitchFilter, OfficeFilter)
    search_fields = ("company__number", "company__name", "company__organisation_number")
    ordering = ("company__number",)
    list_before_template = "admin/access/clients/above.html"
    actions = ("grant_chosen", "withdraw_chosen", "remove_chosen")
    exported: ClassVar = {
        "switch": lambda access: access.api_access,
        "keys_count": lambda access: access.keys_counted,
        "last_used": lambda access: access.last_used_at,
    }

    class Media:
        css: ClassVar = {"all": ("access/clients.css", "access/rights_table.css")}

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that ask, and those of one client."""
        view, name = self.admin_site.admin_view, "access_clientaccess"
        return [
            path("grant/", view(granting.grant), name=f"{name}_grant"),
            path("withdraw/", view(withdrawing.withdraw), name=f"{name}_withdraw"),
            path("remove/", view(removing.remove), name=f"{name}_remove"),
            path("undo/", view(undo.undo), name=f"{name}_undo"),
            path("choose/", view(one_client.choose), name=f"{name}_choose"),
            path("<int:pk>/rights/<int:key>/", view(one_client.rights), name=f"{name}_rights"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ClientAccess]:
        """An office's clients, with how many keys each is open to and when one of those was last used."""
        grants = _grants().filter(key__revoked_at=None).order_by().values("company")
        found: QuerySet[ClientAccess] = (
            super().get_queryset(request).filter(pk__in=clients_of(request.user).values("pk"))
        )
        return found.select_related("company", "office").annotate(
            keys_counted=Coalesce(Subquery(grants.annotate(n=Count("pk")).values("n")), 0),
            last_used_at=Subquery(grants.annotate(at=Max("key__last_used_at")).values("at")),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """At the office's page."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The switch is the client's own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A page of its own asks."""
        return False

    # The list

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the buttons above the list, each of which does what its action does."""
        for button, name in BUTTONS.items():
            if button in request.POST:
                _send(request, request.POST, action=name, index="0")
        context = {
            **(extra_context or {}),
            "title": _("Clients"),
            "may_grant": self.has_grant_permission(request),
            "may_add": offices_with(request.user, "access.add_clientaccess").exists()
            if request.user.has_perm("access.add_clientaccess")
            else False,
        }
        return super().changelist_view(request, context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Klient → Tilganger."""
        return one_client.client(request, object_id)

    @display(description=_("number"), ordering="company__number")
    def number(self, access: ClientAccess) -> str:
        """The company's number."""
        return access.company.number

    @display(description=_("name"), ordering="company__name")
    def name(self, access: ClientAccess) -> str:
        """The company's name."""
        return access.company.name

    @display(description=_("organisation number"), ordering="company__organisation_number")
    def organisation_number(self, access: ClientAccess) -> str:
        """The company's."""
        return access.company.organisation_number

    @display(description=_("API access"), ordering="api_access", label={"on": "success", "off": "danger"})
    def switch(self, access: ClientAccess) -> tuple[str, Any]:
        """The client's own switch."""
        return ("on", _("on")) if access.api_access else ("off", _("off"))

    @display(description=_("keys with access"), ordering="keys_counted")
    def keys_count(self, access: ClientAccess) -> str:
        """How many of the office's keys."""
        return column(Decimal(getattr(access, "keys_counted", 0)), 0)

    @display(description=_("a key last used"), ordering="last_used_at")
    def last_used(self, access: ClientAccess) -> str:
        """When one of the keys with access was last used, for whichever client."""
        return moment(getattr(access, "last_used_at", None), str(_("never")))

    # What may be done with many

    def has_grant_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether somebody may decide what keys do, for clients of any office."""
        return bool(request.user.has_perm(choosing.ADMINISTER))

    def has_remove_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether somebody may end that an office keeps a company's books."""
        return bool(request.user.has_perm("access.delete_clientaccess"))

    @action(description=_("Client access"), permissions=("grant",))
    def grant_chosen(self, request: HttpRequest, queryset: QuerySet[ClientAccess]) -> HttpResponse:
        """Lead to the page that asks for the key and the template."""
        return self._ask(request, queryset, "grant", granting.grant)

    @action(description=_("Withdraw client access"), permissions=("grant",))
    def withdraw_chosen(self, request: HttpRequest, queryset: QuerySet[ClientAccess]) -> HttpResponse:
        """Lead to the page that asks whose."""
        return self._ask(request, queryset, "withdraw", withdrawing.withdraw)

    @action(description=_("Remove clients from the office"), permissions=("remove",))
    def remove_chosen(self, request: HttpRequest, queryset: QuerySet[ClientAccess]) -> HttpResponse:
        """Lead to the page that asks."""
        return self._ask(request, queryset, "remove", removing.remove)

    def _ask(self, request: HttpRequest, queryset: QuerySet[ClientAccess], name: str, view: Any) -> HttpResponse:
        keys = list(queryset.order_by("pk").values_list("pk", flat=True)[: choosing.MOST_CHOSEN])
        if len(keys) <= MOST_AT_ONCE:
            return HttpResponseRedirect(with_ids(self._url(name), keys))
        # More than an address holds: the page itself carries them along.
        _send(request, {}, **{choosing.FIELD: ",".join(map(str, keys))})
        answer: HttpResponse = view(request)
        return answer


def _grants() -> QuerySet[ClientGrant]:
    return ClientGrant.objects.filter(company=OuterRef("company"), key__office=OuterRef("office"))


def _send(request: HttpRequest, data: Mapping[str, Any], **fields: str) -> None:
    """Let the request be as if these fields had been sent as well."""
    sent = data.copy() if isinstance(data, QueryDict) else QueryDict(mutable=True)
    for name, value in fields.items():
        sent[name] = value
    request.POST = sent  # type: ignore[assignment]
