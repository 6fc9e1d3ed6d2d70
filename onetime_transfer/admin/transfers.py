"""One-off transfers: their history, and the page that follows one to its end."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as gettext_now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from access import scope
from access.http.admin.amounts import column
from access.http.admin.filters import DayFilter, SearchFilter, TypeFilter
from onetime_transfer import services
from onetime_transfer.admin.asking import AskingAdmin
from onetime_transfer.admin.forms import REQUEST, may_request
from onetime_transfer.admin.words import exactly, roughly
from onetime_transfer.exceptions import TransferError
from onetime_transfer.models import Transfer, TransferCompany

Status = Transfer.Status

LABELS = {
    Status.QUEUED: "info",
    Status.RUNNING: "info",
    Status.PAUSED: "warning",
    Status.DONE: "success",
    Status.FAILED: "danger",
    Status.CANCELLED: "warning",
}
MOST_COMPANIES_NAMED = 20


@admin.register(Transfer)
class TransferAdmin(AskingAdmin):
    known_refusals: ClassVar[tuple[type[Exception], ...]] = (TransferError,)
    list_display = (
        "requested_at",
        "integration",
        "type_label",
        "of_companies",
        "state",
        "rows",
        "took",
        "requested_by",
    )
    list_select_related = ("subscription", "company", "requested_by")
    list_filter = (
        ("subscription", SearchFilter),
        TypeFilter,
        ("status", ChoicesDropdownFilter),
        ("requested_by", SearchFilter),
        ("requested_at", DayFilter),
    )
    search_fields = ("subscription__integration_id", "subscription__name")
    ordering = ("-id",)
    autocomplete_fields = ("subscription", "company")
    actions = None

    # The history

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        """Without the counts of each company, which only its own page shows."""
        found: QuerySet[Transfer] = super().get_queryset(request)
        some = TransferCompany.objects.filter(transfer=OuterRef("pk"))
        return found.defer("counts", "position").annotate(is_of_some=Exists(some))

    @display(description=_("subscription"), ordering="subscription__integration_id")
    def integration(self, transfer: Transfer) -> str:
        """Whose it is."""
        return transfer.subscription.integration_id

    @display(description=_("information type"), ordering="information_type")
    def type_label(self, transfer: Transfer) -> str:
        """The type's name on screen, over what it was narrowed by."""
        if not (chosen := shortly(transfer)):
            return str(transfer.type.label)
        return format_html('{} <span class="chosen">{}</span>', transfer.type.label, chosen)

    @display(description=_("company"), ordering="company__number")
    def of_companies(self, transfer: Transfer) -> str:
        """Its company, or that it is of all or of some."""
        if transfer.company:
            return format_html('<span class="cut" title="{0}">{0}</span>', transfer.company)
        return str(_("Some") if getattr(transfer, "is_of_some", False) else _("All"))

    @display(description=_("status"), label=LABELS, ordering="status")
    def state(self, transfer: Transfer) -> tuple[str, str]:
        """How far it has come."""
        return transfer.status, capfirst(transfer.get_status_display())

    @display(description=pgettext_lazy("of a transfer", "Rows"), ordering="rows_done")
    def rows(self, transfer: Transfer) -> str:
        """How many rows it has brought."""
        return column(Decimal(transfer.rows_done), 0)

    @display(description=_("duration"), ordering="seconds_running")
    def took(self, transfer: Transfer) -> str:
        """How long it has worked, pauses not counted."""
        return exactly(transfer.seconds_running) if transfer.started_at else ""

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A transfer isn't edited; it is paused, resumed and cancelled."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The history stays."""
        return False

    # Following one

    def get_urls(self) -> list[URLPattern]:
        """Add the pages that ask, the part that is asked for every second, and what can be done with a transfer."""
        pages: list[tuple[str, Callable[..., HttpResponse]]] = [
            ("pause", self.pause_view),
            ("resume", self.resume_view),
            ("cancel", self.cancel_view),
        ]
        ours = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"onetime_transfer_transfer_{name}")
            for name, view in pages
        ]
        moving = path("<int:pk>/progress/", self.progress_view, name="onetime_transfer_transfer_progress")
        return [*self.asking_urls(), moving, *ours, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show how far it has come."""
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        transfer = self._find(request, int(object_id))
        context = {
            **self.admin_site.each_context(request),
            "title": _("One-off transfer"),
            "opts": self.opts,
            "original": transfer,
            "asked_for": self._asked_for(transfer),
            **self._progress(request, transfer),
        }
        return TemplateResponse(request, "admin/onetime_transfer/transfer/progress_page.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The figures that move; with the rest of the page when the state has changed."""
        if not self.admin_site.has_permission(request):
            # Signed out meanwhile: the page as a whole asks to sign in, and comes back.
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
        transfer = self._find(request, pk)
        has_changed = request.GET.get("status") != transfer.status
        context = {**self._progress(request, transfer), "has_changed": has_changed}
        page = TemplateResponse(request, "admin/onetime_transfer/transfer/progress.html", context)
        if has_changed:
            page["HX-Trigger"] = "look-for-notices"
        return page

    def pause_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Pause it."""
        return self._do(request, pk, services.pause, by=request.user)

    def resume_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let it go on, after a pause or a failure."""
        return self._do(request, pk, services.resume)

    def cancel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask what happens to the rows that are queued, then end it."""
        if request.method == "POST":
            keep = request.POST.get("keep_queued") != "no"
            return self._do(request, pk, services.cancel, keep_queued=keep, by=request.user)
        transfer = self._find_own(request, pk)
        still_queued = services.rows_still_queued(transfer)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Cancel a transfer"),
            "opts": self.opts,
            "transfer": transfer,
            "still_queued": still_queued,
            "fetched": max(transfer.rows_done - still_queued, 0),
            "epoch": transfer.subscription.queue.epoch,
        }
        return TemplateResponse(request, "admin/onetime_transfer/transfer/cancel.html", context)

    def _progress(self, request: HttpRequest, transfer: Transfer) -> dict[str, Any]:
        """What is shown of how far it has come, and of what can be done now."""
        left = transfer.seconds_left
        waits_for = None
        if transfer.status == Status.QUEUED:
            others = Transfer.objects.filter(subscription=transfer.subscription).exclude(pk=transfer.pk)
            running = others.filter(status=Status.RUNNING).first()
            waits_for = running or others.filter(status=Status.QUEUED, pk__lt=transfer.pk).order_by("pk").first()
        return {
            "transfer": transfer,
            "percent": int(transfer.progress * 100),
            "rate": round(transfer.rows_per_second),
            "left": roughly(left) if left is not None else "",
            "took": exactly(transfer.seconds_running),
            "waits_for": waits_for,
            "is_waiting_long": transfer.status == Status.QUEUED
            and not waits_for
            and (timezone.now() - transfer.requested_at).total_seconds() > 20,
            "counts": [(" ".join(names), rows) for *names, rows in transfer.counts] if transfer.is_finished else [],
            "may_request": self._may_steer(request, transfer),
            "repeat_url": self._repeat_url(transfer),
        }

    def _asked_for(self, transfer: Transfer) -> list[tuple[Any, Any]]:
        return [
            (_("Subscription"), transfer.subscription),
            (_("Information type"), transfer.type.label),
            (_("Company"), _companies_text(transfer)),
            *described(transfer),
            (_("Requested by"), transfer.requested_by or "–"),
            (_("Requested"), transfer.requested_at),
        ]

    def _repeat_url(self, transfer: Transfer) -> str:
        values: list[tuple[str, Any]] = [("information_type", transfer.type.name), *transfer.parameters.items()]
        some = [] if transfer.company_id else list(transfer.transfer_companies.values_list("company", flat=True))
        page = "several" if some else "add"
        if transfer.company_id:
            values.append(("company", transfer.company_id))
        values += [("company", key) for key in some]
        return f"{self._url(page)}?{urlencode([('subscription', transfer.subscription_id), *values])}"

    def _find(self, request: HttpRequest, pk: int) -> Transfer:
        if not self.has_view_permission(request):
            raise PermissionDenied
        related = self.get_queryset(request).defer(None).defer("position")
        found: Transfer | None = (
            related.select_related("subscription__queue", "company", "requested_by").filter(pk=pk).first()
        )
        if found is None:
            raise Http404
        return found

    def _find_own(self, request: HttpRequest, pk: int) -> Transfer:
        """One that somebody may pause, resume and cancel."""
        self._check(request)
        transfer = self._find(request, pk)
        if not self._may_steer(request, transfer):
            raise PermissionDenied
        return transfer

    def _may_steer(self, request: HttpRequest, transfer: Transfer) -> bool:
        user = cast(User, request.user)
        if scope.may_everywhere(user, REQUEST):
            return True
        of = [transfer.company] if transfer.company else list(transfer.companies.all())
        return may_request(user, transfer.subscription, of)

    def _do(self, request: HttpRequest, pk: int, service: Callable[..., Transfer], **options: Any) -> HttpResponse:
        if request.method != "POST":
            raise PermissionDenied
        transfer = self._find_own(request, pk)
        try:
            service(transfer=transfer, **options)
        except TransferError as error:
            self.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(self._url("change", pk))


def described(transfer: Transfer) -> Sequence[tuple[Any, Any]]:
    """The parameters by their names on screen."""
    return [
        (parameter.label, _said(value))
        for parameter in transfer.type.parameters
        if (value := transfer.parameters.get(parameter.name)) is not None
    ]


def shortly(transfer: Transfer) -> str:
    """The parameters in one short line, for a list."""
    given = transfer.parameters
    parts = []
    for first, last in (("period_from", "period_to"), ("date_from", "date_to")):
        if given.get(first) or given.get(last):
            parts.append(f"{_said(given.get(first, ''))} – {_said(given.get(last, ''))}")
    parts += [str(one.label) for one in transfer.type.parameters if one.kind == "flag" and given.get(one.name)]
    return ", ".join(parts)


def _said(value: Any) -> str:
    """A parameter's value as people write it."""
    if isinstance(value, bool):
        return gettext_now("yes") if value else gettext_now("no")
    try:
        return str(date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT"))
    except ValueError:
        return str(value)


def _companies_text(transfer: Transfer) -> Any:
    if transfer.company:
        return transfer.company
    chosen = [str(one) for one in transfer.companies.order_by("number")[: MOST_COMPANIES_NAMED + 1]]
    if not chosen:
        return _("All companies of the subscription")
    named = ", ".join(chosen[:MOST_COMPANIES_NAMED])
    if len(chosen) <= MOST_COMPANIES_NAMED:
        return named
    more = transfer.companies.count() - MOST_COMPANIES_NAMED
    return gettext_now("%(companies)s and %(count)s more") % {
        "companies": named,
        "count": number_format(more, force_grouping=True),
    }
