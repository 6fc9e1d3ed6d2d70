"""Subscriptions: the list with their queues, and the page that makes and changes one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Model, OuterRef, Q, QuerySet, Subquery, Sum, prefetch_related_objects
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import conditional_page
from unfold.decorators import action, display

from access import scope
from access.accounts import offices_of
from access.http.admin import RegisterAdmin, company_picker
from access.http.admin.amounts import column
from access.http.admin.filters import SearchFilter
from access.http.admin.listing import RegisterList
from access.http.admin.moments import moment
from access.http.admin.question import with_ids
from access.models import Office
from information_types import registry
from ledger.models import Company
from subscriptions.admin import activity
from subscriptions.admin.filters import CompanyFilter, NeedFilter, SubscribedTypeFilter
from subscriptions.admin.forms import SubscriptionForm, choice_of
from subscriptions.exceptions import SubscriptionError
from subscriptions.models import MissingCount, Resync, SubscribedCompany, Subscription
from subscriptions.policies import copy_policy
from subscriptions.services import change_subscription, create_subscription, delete_subscription
from subscriptions.signals import queue_facts

COMPANIES_TOLD = 50
NUMBERED = ("integration_id", "name", "companies", "negative_selection", "information_types", "active")
# The office is shown to whoever has one to choose.
WHO = ("office", "application", "own_changes")
MOST_TRANSFERRED = 100


class SubscriptionList(RegisterList):
    """The list, with what the queues' own app knows of the subscriptions on the page."""

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, and ask once for all that is on it."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        self.model_admin.prepare_rows(self.result_list)


@admin.register(Subscription)
class SubscriptionAdmin(RegisterAdmin):
    form = SubscriptionForm
    chosen_only = (*RegisterAdmin.chosen_only, "office")
    known_refusals: ClassVar[tuple[type[Exception], ...]] = (SubscriptionError,)
    list_display = ("identity", "state", "queued", "oldest", "fetched", "missing")
    list_filter = (
        "active",
        NeedFilter,
        SubscribedTypeFilter,
        ("companies", CompanyFilter),
        ("application", SearchFilter),
    )
    exported: ClassVar = {
        "identity": lambda subscription: subscription.integration_id,
        "queued": lambda subscription: subscription.queued_rows,
        "oldest": lambda subscription: _fact(subscription, "oldest"),
        "fetched": lambda subscription: _fact(subscription, "last_fetch"),
        "missing": lambda subscription: subscription.missing_count,
    }
    search_fields = ("integration_id", "name", "application__name")
    ordering = ("integration_id",)
    autocomplete_fields = ("application",)
    actions = ("transfer_chosen", "copy_chosen", "activate_chosen", "deactivate_chosen", "purge_chosen")
    change_form_template = "admin/subscriptions/subscription/change_form.html"
    change_form_outer_before_template = "admin/subscriptions/subscription/queue.html"
    # Its charts and its backlog policy, by the app above that keeps them
    change_form_outer_after_template = "admin/watch/part.html"
    delete_confirmation_template = "admin/subscriptions/subscription/delete.html"

    class Media:
        css: ClassVar = {"all": ("subscriptions/subscription.css",)}
        js = ("subscriptions/choice.js",)

    def get_urls(self) -> list[URLPattern]:
        """Add the search for companies, and the pages that ask before they do something."""
        view, name = self.admin_site.admin_view, "subscriptions_subscription"
        return [
            path("companies/", view(company_picker.search), name=f"{name}_companies"),
            path("activate/", view(lambda request: activity.activate(request, self)), name=f"{name}_activate"),
            path("<int:pk>/standing/", view(conditional_page(self.standing_view)), name=f"{name}_standing"),
            path("deactivate/", view(lambda request: activity.deactivate(request, self)), name=f"{name}_deactivate"),
            *super().get_urls(),
        ]

    def get_autocomplete_fields(self, request: HttpRequest) -> Sequence[str]:
        """The search of applications is of their own page; who may not look at that chooses from all of them."""
        return self.autocomplete_fields if request.user.has_perm("access.view_application") else ()

    # The list

    def prepare_rows(self, rows: Sequence[Any]) -> None:
        """Hang to the subscriptions of a page, or of a file, what their queues' own app knows of them."""
        facts = queue_facts([subscription.pk for subscription in rows])
        for subscription in rows:
            subscription.facts = facts.get(subscription.pk)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[SubscriptionList]:
        """The list's own kind."""
        return SubscriptionList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        """With how many rows are queued and how much needs a transfer, from kept counters.

        The queue's numbers are kept by an app above this one, which hangs them to the subscription.
        """
        found: QuerySet[Subscription] = super().get_queryset(request)
        counts = MissingCount.objects.filter(subscription=OuterRef("pk")).order_by().values("subscription")
        return found.select_related("application", "office", "queue", "departure").annotate(
            missing_count=Coalesce(
                Subquery(counts.annotate(companies_sum=Sum("companies")).values("companies_sum")), 0
            ),
            queued_rows=F("queue__last_sequence") - F("departure__rows"),
        )

    @display(description=_("integration ID"), ordering="integration_id", header=True)
    def identity(self, subscription: Subscription) -> tuple[str, str]:
        """The integration ID over the name."""
        return subscription.integration_id, subscription.name

    @display(description=_("state"), label={"active": "success", "inactive": "warning"}, ordering="active")
    def state(self, subscription: Subscription) -> tuple[str, Any]:
        """Active or not."""
        return ("active", _("Active")) if subscription.active else ("inactive", _("Inactive"))

    @display(description=_("queued rows"), ordering="queued_rows")
    def queued(self, subscription: Subscription) -> str:
        """How many rows wait to be fetched, from the kept counters; the number leads to them."""
        rows = column(Decimal(_queued(subscription)), 0)
        return format_html('<a class="row-link" href="{}">{}</a>', reverse("outbox", args=[subscription.pk]), rows)

    @display(description=_("oldest row"))
    def oldest(self, subscription: Subscription) -> str:
        """When the row that waits longest changed."""
        return moment(_fact(subscription, "oldest"))

    @display(description=_("last fetch"))
    def fetched(self, subscription: Subscription) -> str:
        """When the integration last came."""
        return moment(_fact(subscription, "last_fetch"), str(_("never")))

    @display(description=_("needs a new transfer"), ordering="missing_count")
    def missing(self, subscription: Subscription) -> str:
        """How much must be transferred, each type of each company counted."""
        count = getattr(subscription, "missing_count", 0)
        if not count:
            return ""
        text = ngettext("%(count)s register", "%(count)s registers", count) % {"count": _grouped(count)}
        return format_html('<a class="row-link" href="{}">{}</a>', self._url("change", subscription.pk), text)

    @action(description=_("Start a one-off transfer"), permissions=("transfer",))
    def transfer_chosen(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> HttpResponse:
        """Lead to the page that asks what to transfer; it changes nothing here."""
        chosen = list(queryset[: MOST_TRANSFERRED + 1])
        if len(chosen) == 1:
            return HttpResponseRedirect(_transfer_url(chosen[0]))
        if len(chosen) > MOST_TRANSFERRED:
            text = _("Choose at most %(count)s at once.") % {"count": _grouped(MOST_TRANSFERRED)}
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(request.get_full_path())
        several = reverse("admin:onetime_transfer_transfer_several")
        return HttpResponseRedirect(f"{several}?{urlencode([('subscription', one.pk) for one in chosen])}")

    def has_transfer_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may start one-off transfers."""
        return bool(request.user.has_perm("onetime_transfer.add_transfer"))

    @action(description=_("Copy"), permissions=("add",))
    def copy_chosen(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> HttpResponse:
        """Lead to the form of a new one that chooses the same."""
        if chosen := self._only_one(request, queryset, _("Choose one subscription to copy.")):
            return HttpResponseRedirect(self._copy_url(chosen))
        return HttpResponseRedirect(request.get_full_path())

    @action(description=_("Activate"), permissions=("change",))
    def activate_chosen(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> HttpResponse:
        """Lead to the page that asks."""
        return self._ask(self._url("activate"), queryset)

    @action(description=_("Deactivate"), permissions=("change",))
    def deactivate_chosen(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> HttpResponse:
        """Lead to the page that asks."""
        return self._ask(self._url("deactivate"), queryset)

    @action(description=_("Empty the queue"), permissions=("change",))
    def purge_chosen(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> HttpResponse:
        """Lead to the page that asks."""
        return self._ask(reverse("outbox_purge"), queryset)

    def _ask(self, address: str, queryset: QuerySet[Subscription]) -> HttpResponse:
        return HttpResponseRedirect(with_ids(address, queryset.values_list("pk", flat=True)))

    def _only_one(self, request: HttpRequest, queryset: QuerySet[Subscription], otherwise: Any) -> Subscription | None:
        chosen = list(queryset[:2])
        if len(chosen) == 1:
            return chosen[0]
        self.message_user(request, otherwise, messages.WARNING)
        return None

    # One subscription

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Subscription | None:
        """The subscription with its choice, read once in a request, whoever asks."""
        read: dict[str, Subscription | None] = request.__dict__.setdefault("subscriptions_read", {})
        if object_id not in read:
            read[object_id] = super().get_object(request, object_id, from_field)
            prefetch_related_objects([found for found in (read[object_id],) if found], "companies", "types")
        return read[object_id]

    def _set_refusal(self, request: HttpRequest, error: Exception) -> None:
        """Read it anew: what was asked for stands in the one that was read."""
        super()._set_refusal(request, error)
        request.__dict__.pop("subscriptions_read", None)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[tuple[Any, dict[str, Any]]]:
        """The numbered six, then who may fetch."""
        shown: tuple[str, ...] = NUMBERED
        if obj and not self.has_change_permission(request, obj):
            told = {"companies": "companies_told", "information_types": "types_told"}
            shown = tuple(told.get(name, name) for name in NUMBERED)
        who = WHO if self._has_offices(request, obj) else WHO[1:]
        return [(None, {"fields": shown}), (_("Who fetches"), {"fields": who})]

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any
    ) -> type[ModelForm[Any]]:
        """The form, with the companies and offices for which the user has the right at hand."""
        form = super().get_form(request, obj, change, **options)
        reach = scope.reach_of(request.user, _right(obj)).companies
        form.reaches_all = reach is None  # type: ignore[attr-defined]
        if "companies" in form.base_fields:
            companies = Company.objects.all()
            if reach is not None:
                # Who was chosen as a client and has left the office may stay chosen.
                chosen = SubscribedCompany.objects.filter(subscription=obj.pk if obj else None)
                companies = companies.filter(Q(pk__in=reach.values("pk")) | Q(pk__in=chosen.values("company")))
            form.base_fields["companies"].queryset = companies  # type: ignore[attr-defined]
        if "office" in form.base_fields:
            form.base_fields["office"].queryset = self._offices(request, obj)  # type: ignore[attr-defined]
        return form

    def _has_offices(self, request: HttpRequest, obj: Model | None) -> bool:
        if obj is not None and cast(Subscription, obj).office_id is not None:
            return True
        asked: dict[str, bool] = request.__dict__.setdefault("offices_to_choose", {})
        right = _right(obj)
        if right not in asked:
            asked[right] = self._offices(request, obj).exists()
        return asked[right]

    def _own_office(self, request: HttpRequest) -> dict[str, int]:
        """The office of whoever is of one, and makes its subscriptions."""
        offices = self._offices(request, None).filter(pk__in=offices_of(cast(User, request.user)).values("pk"))
        own = list(offices.values_list("pk", flat=True)[:2])
        return {"office": own[0]} if len(own) == 1 else {}

    def _offices(self, request: HttpRequest, obj: Model | None) -> QuerySet[Office]:
        return scope.within(Office.objects.all(), request.user, _right(obj))

    @display(description=_("3. Companies"))
    def companies_told(self, subscription: Subscription) -> str:
        """The chosen companies, for whoever may look but not change."""
        chosen = subscription.companies.order_by("number")
        names = [str(company) for company in chosen[:COMPANIES_TOLD]]
        more = chosen.count() - len(names) if len(names) == COMPANIES_TOLD else 0
        if more:
            names.append(ngettext("%(count)s more", "%(count)s more", more) % {"count": _grouped(more)})
        if not names and subscription.office:
            return str(_("All clients of %(office)s") % {"office": subscription.office})
        return ", ".join(names) or str(_("All companies"))

    @display(description=_("5. Subscribe to"))
    def types_told(self, subscription: Subscription) -> str:
        """The chosen information types by their names, likewise."""
        return ", ".join(str(known.label) for known in subscription.information_types)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        """The integration id never changes."""
        return ("integration_id",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What a copy starts with: the same choice under another name, inactive."""
        copied = self._copied(request)
        if copied is None:
            given = cast(dict[str, Any], super().get_changeform_initial_data(request))
            return given if scope.may_everywhere(request.user, _right(None)) else {**self._own_office(request), **given}
        return {
            **choice_of(copied),
            "name": _("%(name)s (copy)") % {"name": copied.name},
            "negative_selection": copied.negative_selection,
            "active": False,
            "office": copied.office_id,
            "application": copied.application_id,
            "own_changes": copied.own_changes,
        }

    def _copied(self, request: HttpRequest) -> Subscription | None:
        number = request.GET.get("copy", "")
        found: Subscription | None = self.get_object(request, number) if number.isdecimal() else None
        return found

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Tell live what the choice means."""
        addresses = {"choice_url": reverse("choice_means"), "preview_url": reverse("choice_preview")}
        return super().changeform_view(request, object_id, form_url, {**addresses, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the queue, and what isn't in it."""
        subscription = self.get_object(request, object_id)
        context = {**(extra_context or {}), **(self._facts(request, subscription) if subscription else {})}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def save_model(self, request: HttpRequest, obj: Subscription, form: ModelForm[Any], change: bool) -> None:
        """Make or change it by its service."""
        wish = cast(SubscriptionForm, form).wish()
        if change:
            change_subscription(subscription=obj, wish=wish)
        else:
            made = create_subscription(integration_id=form.cleaned_data["integration_id"], wish=wish)
            obj.pk = made.pk
            if copied := self._copied(request):
                copy_policy(copied, to=made)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: the service has written companies and types."""

    def response_add(
        self, request: HttpRequest, obj: Subscription, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Lead to its page, where what needs a transfer is started."""
        if "_addanother" in request.POST:
            return cast(HttpResponse, super().response_add(request, obj, post_url_continue))
        text = _("%(subscription)s is made. Below stands what the integration doesn't have yet.")
        self.message_user(request, text % {"subscription": obj.integration_id}, messages.SUCCESS)
        return HttpResponseRedirect(self._url("change", obj.pk))

    # Deleting

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Model], request: HttpRequest
    ) -> tuple[list[Any], dict[str, Any], set[str], list[str]]:
        """What is lost with them; nothing is in the way, and the rest is the subscription's own."""
        chosen = [cast(Subscription, subscription) for subscription in objs]
        transfers = Subscription.objects.filter(pk__in=[subscription.pk for subscription in chosen])
        counts = {
            str(self.opts.verbose_name_plural): len(chosen),
            str(_("queued rows")): _grouped(sum(_queued(subscription) for subscription in chosen)),
            str(_("one-off transfers")): _grouped(transfers.aggregate(count=Count("transfers"))["count"]),
        }
        return [self._named(subscription) for subscription in chosen], counts, set(), []

    def delete_by_service(self, obj: Model) -> None:
        """Delete it by its service."""
        delete_subscription(subscription=cast(Subscription, obj))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Say what is lost, and ask."""
        subscription = self.get_object(request, object_id)
        lost = {"queued": _queued(subscription), "transfers": subscription.transfers.count()} if subscription else {}
        return super().delete_view(request, object_id, {**(extra_context or {}), **lost})

    # What the page tells

    def standing_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of a subscription's page that lives: its outbox, and what needs a transfer."""
        subscription = self.get_object(request, str(pk))
        if subscription is None:
            raise Http404
        if not self.has_view_permission(request, subscription):
            raise PermissionDenied
        context = {"original": subscription, **self._facts(request, subscription)}
        return render(request, "admin/subscriptions/subscription/standing.html", context)

    def _copy_url(self, subscription: Subscription) -> str:
        return f"{self._url('add')}?{urlencode({'copy': subscription.pk})}"

    def _facts(self, request: HttpRequest, subscription: Subscription) -> dict[str, Any]:
        facts = queue_facts([subscription.pk]).get(subscription.pk)
        switch = self._url("deactivate" if subscription.active else "activate")
        return {
            "queued": _queued(subscription),
            "epoch": subscription.queue.epoch,
            "facts": facts,
            "missing": _missing_lines(subscription),
            "may_transfer": request.user.has_perm("onetime_transfer.add_transfer", subscription),
            "transfer_url": _transfer_url(subscription),
            "missing_url": _missing_url(subscription),
            "reconciliation_url": reverse("subscription_reconciliation", args=[subscription.pk]),
            "standing_url": self._url("standing", subscription.pk),
            "copy_url": self._copy_url(subscription) if self.has_add_permission(request) else None,
            "switch_url": with_ids(switch, [subscription.pk]),
            "purge_url": with_ids(reverse("outbox_purge"), [subscription.pk]),
            "passed_over_url": reverse("passed_over", args=[subscription.pk]),
            "reported_url": reverse("feedback_notice", args=[subscription.pk]),
            "may_change": self.has_change_permission(request, subscription),
        }


def _right(obj: Model | None) -> str:
    return f"subscriptions.{'change' if obj else 'add'}_subscription"


def _missing_lines(subscription: Subscription) -> list[dict[str, Any]]:
    """What needs a transfer: a line for each type and reason, from the kept counters."""
    under_way: Mapping[int, int] = dict(
        subscription.transfers.filter(status__in=("queued", "running", "paused")).values_list("information_type", "pk")
    )
    lines = []
    for count in subscription.missing_counts.order_by("information_type", "reason"):
        known = registry.by_number(count.information_type)
        lines.append(
            {
                "label": known.label,
                "companies": count.companies,
                "company": _only_company(subscription, count) if count.companies == 1 else None,
                "reason": Resync.Reason(count.reason).label,
                "since": count.since,
                "url": _missing_url(subscription, information_type=known.name),
                "transfer": under_way.get(count.information_type),
            }
        )
    return lines


def _only_company(subscription: Subscription, count: MissingCount) -> str | None:
    kind = subscription.resync.filter(information_type=count.information_type, reason=count.reason)
    return kind.values_list("company__number", flat=True).first()


def _queued(subscription: Subscription) -> int:
    return int(subscription.queue.last_sequence - subscription.departure.rows)


def _fact(subscription: Subscription, name: str) -> datetime | None:
    if not hasattr(subscription, "facts"):
        subscription.facts = queue_facts([subscription.pk]).get(subscription.pk)  # type: ignore[attr-defined]
    found: datetime | None = getattr(subscription.facts, name, None)  # type: ignore[attr-defined]
    return found


def _grouped(count: int) -> str:
    return str(number_format(count, force_grouping=True))


def _transfer_url(subscription: Subscription) -> str:
    return f"{reverse('admin:onetime_transfer_transfer_add')}?{urlencode({'subscription': subscription.pk})}"


def _missing_url(subscription: Subscription, **choice: Any) -> str:
    return f"{reverse('missing_transfers')}?{urlencode({'subscription': subscription.pk, **choice})}"
