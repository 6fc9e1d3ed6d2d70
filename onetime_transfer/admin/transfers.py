"""One-off transfers: their history, the page that asks for one, and the page that follows it to its end."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import display

from access.http.admin import RegisterAdmin
from access.http.admin.amounts import column
from information_types import registry
from onetime_transfer import services
from onetime_transfer.admin.forms import TransferForm, parameters, shown_for, transfer_form
from onetime_transfer.exceptions import TransferError
from onetime_transfer.models import Transfer

Status = Transfer.Status

LABELS = {
    Status.QUEUED: "info",
    Status.RUNNING: "info",
    Status.PAUSED: "warning",
    Status.DONE: "success",
    Status.FAILED: "danger",
    Status.CANCELLED: "warning",
}
REQUEST = "onetime_transfer.add_transfer"


class TypeFilter(DropdownFilter):
    """One information type."""

    title = _("information type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """All registered types."""
        return list(registry.choices())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep the transfers of one type."""
        numbers = [known.number for known in registry.all_types() if known.name == self.value()]
        return queryset.filter(information_type__in=numbers) if self.value() else queryset


@admin.register(Transfer)
class TransferAdmin(RegisterAdmin):
    known_refusals: ClassVar[tuple[type[Exception], ...]] = (TransferError,)
    list_display = (
        "requested_at",
        "subscription",
        "type_label",
        "company",
        "state",
        "rows",
        "requested_by",
        "finished_at",
    )
    list_select_related = ("subscription", "company", "requested_by")
    list_filter = (
        ("subscription", AutocompleteSelectFilter),
        TypeFilter,
        ("status", ChoicesDropdownFilter),
        ("requested_at", RangeDateTimeFilter),
    )
    search_fields = ("subscription__integration_id", "subscription__name")
    ordering = ("-id",)
    autocomplete_fields = ("subscription", "company")
    add_form_template = "admin/onetime_transfer/transfer/request.html"
    actions = None

    class Media:
        js = ("onetime_transfer/request.js",)

    # The history

    @display(description=_("information type"))
    def type_label(self, transfer: Transfer) -> str:
        """The type's name on screen."""
        return str(transfer.type.label)

    @display(description=_("status"), label=LABELS, ordering="status")
    def state(self, transfer: Transfer) -> tuple[str, str]:
        """How far it has come."""
        return transfer.status, capfirst(transfer.get_status_display())

    @display(description=_("rows transferred"), ordering="rows_done")
    def rows(self, transfer: Transfer) -> str:
        """How many rows it has brought."""
        return column(Decimal(transfer.rows_done), 0)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A transfer isn't edited; it is paused, resumed and cancelled."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The history stays."""
        return False

    # Asking for one

    @property
    def conditional_fields(self) -> dict[str, str]:
        """When each parameter is shown."""
        return shown_for()

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[tuple[Any, dict[str, Any]]]:
        """The choice, then the parameters of all types, of which the page shows the chosen type's."""
        return [
            (None, {"fields": ("subscription", "company", "information_type", *parameters())}),
        ]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any
    ) -> type[ModelForm[Any]]:
        """A form with the parameters that the registry knows."""
        return super().get_form(request, obj, change, **{**options, "form": transfer_form()})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask what to transfer."""
        context = {"title": _("One-off transfer"), **(extra_context or {})}
        page: HttpResponse = super().add_view(request, form_url, context)
        return page

    def save_model(self, request: HttpRequest, obj: Transfer, form: TransferForm, change: bool) -> None:
        """Ask for it by the service."""
        values = form.cleaned_data
        made = services.request_transfer(
            subscription=values["subscription"],
            information_type=registry.get(values["information_type"]),
            company=values["company"],
            parameters=form.parameters(),
            requested_by=cast(User, request.user),
        )
        obj.__dict__.update(made.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing more."""

    def response_add(self, request: HttpRequest, obj: Transfer, post_url_continue: str | None = None) -> HttpResponse:
        """Follow it to its end."""
        return HttpResponseRedirect(self._url("change", obj.pk))

    # Following one

    def get_urls(self) -> list[URLPattern]:
        """Add the part that is asked for every second, and what can be done with a transfer."""
        pages: list[tuple[str, Callable[..., HttpResponse]]] = [
            ("progress", self.progress_view),
            ("pause", self.pause_view),
            ("resume", self.resume_view),
            ("cancel", self.cancel_view),
        ]
        ours = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"onetime_transfer_transfer_{name}")
            for name, view in pages
        ]
        return [*ours, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show how far it has come."""
        if not object_id.isdecimal():
            raise Http404
        return self._page(request, int(object_id), "progress_page")

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of the page that moves; when the state has changed the page as a whole is loaded again."""
        page = self._page(request, pk, "progress")
        if request.GET.get("status") != (page.context_data or {})["transfer"].status:
            page["HX-Refresh"] = "true"
        return page

    def pause_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Pause it."""
        return self._do(request, pk, services.pause)

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let it go on."""
        return self._do(request, pk, services.resume)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what happens to the rows that are queued, then end it."""
        if request.method != "POST":
            return self._page(request, pk, "cancel")
        keep = request.POST.get("keep_queued") != "no"
        return self._do(request, pk, services.cancel, keep_queued=keep)

    def _page(self, request: HttpRequest, pk: int, template: str) -> TemplateResponse:
        transfer = self._find(request, pk)
        repeat = {"subscription": transfer.subscription_id, "information_type": transfer.type.name}
        if transfer.company_id:
            repeat["company"] = transfer.company_id
        context = {
            **self.admin_site.each_context(request),
            "title": _("One-off transfer"),
            "opts": self.opts,
            "transfer": transfer,
            "original": transfer,
            "percent": int(transfer.progress * 100),
            "chosen": _chosen(transfer),
            "companies": transfer.rows_by_company()[:200] if transfer.is_finished else [],
            "may_request": request.user.has_perm(REQUEST),
            "repeat_url": f"{self._url('add')}?{urlencode(repeat | transfer.parameters)}",
        }
        return TemplateResponse(request, f"admin/onetime_transfer/transfer/{template}.html", context)

    def _find(self, request: HttpRequest, pk: int) -> Transfer:
        if not self.has_view_permission(request):
            raise PermissionDenied
        related = self.get_queryset(request).select_related("subscription", "company", "requested_by")
        found: Transfer | None = related.filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def _do(self, request: HttpRequest, pk: int, service: Callable[..., Transfer], **options: Any) -> HttpResponse:
        if request.method != "POST" or not request.user.has_perm(REQUEST):
            raise PermissionDenied
        try:
            service(transfer=self._find(request, pk), **options)
        except TransferError as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(self._url("change", pk))


def _chosen(transfer: Transfer) -> Sequence[tuple[Any, Any]]:
    """The parameters by their names on screen."""
    yes, no = _("yes"), _("no")
    return [
        (parameter.label, (yes if value else no) if isinstance(value, bool) else value)
        for parameter in transfer.type.parameters
        if (value := transfer.parameters.get(parameter.name)) is not None
    ]
