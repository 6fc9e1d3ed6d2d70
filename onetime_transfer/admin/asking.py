"""The pages that ask for transfers: one, or several at once."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from access import scope
from access.http.admin import RegisterAdmin
from ledger.models import Company
from onetime_transfer import estimates, services
from onetime_transfer.admin.forms import MOST_CHOSEN, ParametersForm, SeveralForm, TransferForm
from onetime_transfer.admin.words import roughly
from onetime_transfer.models import Transfer
from subscriptions.models import Subscription
from subscriptions.querysets import SelectsAny

# The statistics of more aren't worth the wait.
MOST_ESTIMATED = 10


class CompaniesOfSubscription(AutocompleteJsonView):
    """The search of the field that chooses a company: only those that the subscription is of."""

    def get_queryset(self) -> QuerySet[Company]:
        """Narrow the search of the companies' own page."""
        found: QuerySet[Company] = super().get_queryset()
        number = self.request.GET.get("subscription", "")
        visible = scope.visible(Subscription.objects.all(), cast(User, self.request.user))
        subscription = visible.filter(pk=int(number)).first() if _is_key(number) else None
        return found.filter(pk__in=subscription.selected_companies().values("pk")) if subscription else found


class AskingAdmin(RegisterAdmin):
    """The part of the transfers' admin that asks for them."""

    def asking_urls(self) -> list[URLPattern]:
        """The pages and their moving parts."""
        search = CompaniesOfSubscription.as_view(admin_site=self.admin_site)
        pages: list[tuple[str, str, Callable[..., Any]]] = [
            ("add/parts/", "parts", self.parts_view),
            ("add/estimate/", "estimate", self.estimate_view),
            ("add/companies/", "companies", search),
            ("several/", "several", self.several_view),
            ("several/parts/", "several_parts", self.several_parts_view),
            ("several/estimate/", "several_estimate", self.several_estimate_view),
        ]
        return [
            path(address, self.admin_site.admin_view(view), name=f"onetime_transfer_transfer_{name}")
            for address, name, view in pages
        ]

    # One

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask what to transfer, and start it."""
        self._check(request)
        user = cast(User, request.user)
        if request.method != "POST":
            initial = {name: value for name, value in request.GET.items() if value}
            return self._form_page(request, TransferForm(user, initial=initial))
        form = TransferForm(user, request.POST)
        if not form.is_valid():
            return self._form_page(request, form)
        chosen = form.cleaned_data["subscription"], form.chosen_type, form.companies, form.parameters
        same = self._same(form)
        if same is not None and "anyway" not in request.POST:
            return self._form_page(request, form, same=same)
        transfer = self._request(request, chosen)
        return HttpResponseRedirect(self._url("change", transfer.pk))

    def parts_view(self, request: HttpRequest) -> HttpResponse:
        """Give the fields that depend on the subscription and the type, as they are filled in."""
        self._check(request)
        form = TransferForm(cast(User, request.user), initial=_filled_in(request))
        form.keep(request.POST)
        return TransferPart(request, "parts", {"form": form})

    def estimate_view(self, request: HttpRequest) -> HttpResponse:
        """Tell how much it would be and how long it would take."""
        self._check(request)
        form = TransferForm(cast(User, request.user), request.POST or request.GET)
        if not form.is_valid():
            return TransferPart(request, "estimate", {"is_incomplete": form.chosen_type is None, "form": form})
        subscription = form.cleaned_data["subscription"]
        found = estimates.estimate(
            subscription=subscription,
            information_type=cast(Any, form.chosen_type),
            companies=form.companies,
            parameters=form.parameters,
        )
        context = {
            "estimate": found,
            "duration": roughly(found.seconds),
            "same": self._same(form),
            "waits_for": subscription.transfers.filter(status=Transfer.Status.RUNNING).order_by("pk").first(),
            "is_inactive": not subscription.active,
        }
        return TransferPart(request, "estimate", context)

    def _form_page(self, request: HttpRequest, form: TransferForm, *, same: Transfer | None = None) -> HttpResponse:
        return self._asking_page(request, "request", {"title": _("One-off transfer"), "form": form, "same": same})

    def _same(self, form: TransferForm) -> Transfer | None:
        return services.find_same(
            subscription=form.cleaned_data["subscription"],
            information_type=cast(Any, form.chosen_type),
            companies=form.companies,
            parameters=form.parameters,
        )

    # Several

    def several_view(self, request: HttpRequest) -> HttpResponse:
        """Ask for transfers of several subscriptions or companies, and start them."""
        self._check(request)
        form = self._several_form(request, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            with transaction.atomic():
                made = [self._request(request, planned) for planned in form.plan]
            if len(made) == 1:
                return HttpResponseRedirect(self._url("change", made[0].pk))
            self._say_started(request, made)
            return HttpResponseRedirect(self._url("changelist"))
        return self._asking_page(request, "several", {"title": _("One-off transfers"), "form": form})

    def several_parts_view(self, request: HttpRequest) -> HttpResponse:
        """Give the parameters of the ticked types, as they are filled in."""
        self._check(request)
        form = self._several_form(request, None, initial=_filled_in(request))
        form.keep(request.POST)
        return TransferPart(request, "parameters", {"form": form})

    def several_estimate_view(self, request: HttpRequest) -> HttpResponse:
        """Tell how many transfers it would be, and where they are few how much."""
        self._check(request)
        form = self._several_form(request, request.POST)
        if not form.is_valid():
            return TransferPart(request, "several_estimate", {"is_incomplete": not form.types(), "form": form})
        found = estimates.planned_for(form.plan) if len(form.plan) <= MOST_ESTIMATED else None
        context = {"count": len(form.plan), "estimate": found, "duration": roughly(found.seconds) if found else ""}
        return TransferPart(request, "several_estimate", context)

    def _several_form(self, request: HttpRequest, data: Any, initial: dict[str, Any] | None = None) -> SeveralForm:
        user = cast(User, request.user)
        values = request.POST if request.method == "POST" else request.GET
        visible = scope.visible(Subscription.objects.all(), user)
        keys = [int(key) for key in values.getlist("company")[: MOST_CHOSEN + 1] if _is_key(key)]
        companies = list(scope.visible_companies(user).filter(pk__in=keys[:MOST_CHOSEN]).order_by("number"))
        wanted = [int(key) for key in values.getlist("subscription")[:MOST_CHOSEN] if _is_key(key)]
        offered = visible.filter(SelectsAny(keys)) if keys else visible
        if wanted:
            offered = offered.filter(pk__in=wanted)
        found = list(offered.prefetch_related("types").order_by("integration_id")[:MOST_CHOSEN])
        ticked = [one.pk for one in found] if wanted or len(found) == 1 else []
        known = {"subscriptions": ticked, "information_types": values.getlist("information_type")}
        return SeveralForm(user, found, companies, data, initial={**known, **(initial or {})})

    # What they share

    def _check(self, request: HttpRequest) -> None:
        if not self.has_add_permission(request):
            raise PermissionDenied

    def _request(self, request: HttpRequest, chosen: Any) -> Transfer:
        subscription, known, companies, parameters = chosen
        return services.request_transfer(
            subscription=subscription,
            information_type=known,
            companies=companies,
            parameters=parameters,
            requested_by=cast(User, request.user),
        )

    def _say_started(self, request: HttpRequest, made: Sequence[Transfer]) -> None:
        text = ngettext(
            "One transfer is started. You are told when it has ended.",
            "%(count)s transfers are started. You are told when each has ended.",
            len(made),
        )
        self.message_user(request, text % {"count": number_format(len(made), force_grouping=True)}, messages.SUCCESS)

    def _asking_page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
        form: ParametersForm | None = context.get("form")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media + form.media if form else self.media,
            **context,
        }
        name = f"admin/onetime_transfer/transfer/{template}.html"
        return TemplateResponse(request, name, context)


class TransferPart(TemplateResponse):
    """A part of a page, asked for again while people choose."""

    def __init__(self, request: HttpRequest, template: str, context: dict[str, Any]) -> None:
        super().__init__(request, f"admin/onetime_transfer/transfer/{template}.html", context)


def _filled_in(request: HttpRequest) -> dict[str, Any]:
    """What a page's form says now."""
    values = request.POST if request.method == "POST" else request.GET
    lists = {"subscriptions", "information_types"}
    return {name: values.getlist(name) if name in lists else values[name] for name in values}


def _is_key(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
