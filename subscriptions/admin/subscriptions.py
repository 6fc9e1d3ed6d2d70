"""Subscriptions: the list with their queues, and the page that makes and changes one."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import Count, Min, Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import action, display

from access.http.admin import RegisterAdmin
from access.http.admin.amounts import column
from information_types import registry
from subscriptions.admin.forms import SubscriptionForm
from subscriptions.exceptions import SubscriptionError
from subscriptions.models import Resync, Subscription
from subscriptions.services import change_subscription, create_subscription, delete_subscription

FIELDS = ("integration_id", "name", "companies", "negative_selection", "information_types", "active")


@admin.register(Subscription)
class SubscriptionAdmin(RegisterAdmin):
    form = SubscriptionForm
    known_refusals: ClassVar[tuple[type[Exception], ...]] = (SubscriptionError,)
    list_display = ("integration_id", "name", "state", "queued", "epoch", "missing", "application")
    # The queue's numbers are kept by an app above this one, which hangs them to the subscription.
    list_select_related = ("application", "queue", "departure")
    list_filter = ("active", ("application", AutocompleteSelectFilter))
    search_fields = ("integration_id", "name")
    ordering = ("integration_id",)
    autocomplete_fields = ("application",)
    actions = ("transfer_chosen",)
    change_form_before_template = "admin/subscriptions/subscription/queue.html"
    delete_confirmation_template = "admin/subscriptions/subscription/delete.html"

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        """With how much needs a transfer."""
        found: QuerySet[Subscription] = super().get_queryset(request)
        return found.annotate(missing_count=Count("resync"))

    @display(description=_("state"), label={"active": "success", "inactive": "warning"}, ordering="active")
    def state(self, subscription: Subscription) -> tuple[str, Any]:
        """Active or not."""
        return ("active", _("Active")) if subscription.active else ("inactive", _("Inactive"))

    @display(description=_("queued rows"))
    def queued(self, subscription: Subscription) -> str:
        """How many rows wait to be fetched, from the kept counters; the number leads to them."""
        rows = column(Decimal(_queued(subscription)), 0)
        return format_html('<a class="row-link" href="{}">{}</a>', reverse("outbox", args=[subscription.pk]), rows)

    @display(description=_("epoch"))
    def epoch(self, subscription: Subscription) -> str:
        """How often the queue was cut, and one."""
        return column(Decimal(subscription.queue.epoch), 0)

    @display(description=_("needs a new transfer"), ordering="missing_count")
    def missing(self, subscription: Subscription) -> str:
        """How much must be transferred, each type of each company counted."""
        count = getattr(subscription, "missing_count", 0)
        if not count:
            return ""
        text = ngettext("%(count)s register", "%(count)s registers", count) % {"count": _grouped(count)}
        return format_html('<a class="row-link" href="{}">{}</a>', self._url("change", subscription.pk), text)

    @action(description=_("Start a one-off transfer"))
    def transfer_chosen(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> HttpResponse:
        """Lead to the page that asks what to transfer; it changes nothing here."""
        chosen = list(queryset[:2])
        if len(chosen) > 1:
            self.message_user(request, _("Choose one subscription: a transfer is of one."), messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(_transfer_url(chosen[0]))

    # One subscription

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[tuple[Any, dict[str, Any]]]:
        """The numbered six, then who may fetch."""
        return [(None, {"fields": FIELDS}), (_("Who fetches"), {"fields": ("application", "own_changes")})]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        """The integration id never changes."""
        return ("integration_id",) if obj else ()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the queue, and what isn't in it."""
        subscription = self.get_object(request, object_id)
        context = {**(extra_context or {}), **(_facts(subscription) if subscription else {})}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def save_model(self, request: HttpRequest, obj: Subscription, form: ModelForm[Any], change: bool) -> None:
        """Make or change it by its service."""
        wish = cast(SubscriptionForm, form).wish()
        if change:
            change_subscription(subscription=obj, wish=wish)
        else:
            obj.pk = create_subscription(integration_id=form.cleaned_data["integration_id"], wish=wish).pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: the service has written companies and types."""

    # Deleting

    def delete_by_service(self, obj: Model) -> None:
        """Delete it by its service."""
        delete_subscription(subscription=cast(Subscription, obj))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say what is lost, and ask."""
        subscription = self.get_object(request, object_id)
        context = {**(extra_context or {}), **(_facts(subscription) if subscription else {})}
        return super().delete_view(request, object_id, context)


def _queued(subscription: Subscription) -> int:
    return int(subscription.queue.last_sequence - subscription.departure.rows)


def _grouped(count: int) -> str:
    return str(number_format(count, force_grouping=True))


def _transfer_url(subscription: Subscription, **choice: Any) -> str:
    return f"{reverse('admin:onetime_transfer_transfer_add')}?{urlencode({'subscription': subscription.pk, **choice})}"


def _facts(subscription: Subscription) -> dict[str, Any]:
    """What the page tells of the queue; `missing` has a line for each type and reason."""
    missing = subscription.resync.values("information_type", "reason").annotate(
        companies=Count("company"), number=Min("company__number"), only=Min("company"), since=Min("since")
    )
    return {
        "queued": _queued(subscription),
        "epoch": subscription.queue.epoch,
        "transfer_url": _transfer_url(subscription),
        "missing": [_missing(subscription, line) for line in missing.order_by("information_type", "reason")],
    }


def _missing(subscription: Subscription, line: Mapping[str, Any]) -> dict[str, Any]:
    known = registry.by_number(line["information_type"])
    choice = {"information_type": known.name} | ({"company": line["only"]} if line["companies"] == 1 else {})
    reason = Resync.Reason(line["reason"]).label
    return {**line, "label": known.label, "reason": reason, "url": _transfer_url(subscription, **choice)}
